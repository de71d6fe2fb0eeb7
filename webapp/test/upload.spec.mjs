// Rules of uploads that need no browser.

import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./harness/amd.mjs";

const Keys = load("s3catalog/upload/Keys");
const Pace = load("s3catalog/upload/Pace");
const Entries = load("s3catalog/upload/Entries");
const Problem = load("s3catalog/model/Problem");
const Http = load("s3catalog/upload/Http", { "s3catalog/model/Problem": Problem });
const { Failure } = Http;
const Transfer = load("s3catalog/upload/Transfer", {
  "s3catalog/upload/Http": Http,
  "sap/ui/dom/includeScript": async () => {},
});
const MIB = 1 << 20;

test("a second one of a name gets a number before its ending", () => {
  const numbered = Object.fromEntries([
    "a.txt", "docs/report.pdf", "x/y.tar.gz", ".env", "README", "v1.2/notes", "a b.c d", "ends.",
  ].map((key) => [key, Keys.numbered(key, 2)]));
  assert.deepEqual(numbered, {
    "a.txt": "a (2).txt",
    "docs/report.pdf": "docs/report (2).pdf",
    "x/y.tar.gz": "x/y (2).tar.gz",
    ".env": ".env (2)",
    "README": "README (2)",
    "v1.2/notes": "v1.2/notes (2)",
    "a b.c d": "a b.c d (2)",
    "ends.": "ends. (2)",
  });
});

test("files go below the folder that is looked at", () => {
  assert.equal(Keys.below("", "a.txt"), "a.txt");
  assert.equal(Keys.below("docs/", "sub/a.txt"), "docs/sub/a.txt");
  assert.equal(Keys.below("docs", "a.txt"), "docs/a.txt");
});

test("speed is that of the last seconds, and nothing is told before it is known", () => {
  let now = 0;
  const pace = new Pace(() => now);
  assert.equal(pace.speed, 0);
  assert.equal(pace.left(100), null);
  for (; now <= 20000; now += 1000) pace.tell(now < 10000 ? now : 10000 + (now - 10000) * 3);
  now -= 1000;
  assert.ok(Math.abs(pace.speed - 3000) < 1, `${pace.speed}`);
  assert.ok(Math.abs(pace.left(30000) - 10) < 0.1);
  pace.rest();
  assert.equal(pace.speed, 0);
});

test("chunks take about ten seconds, whatever the network", () => {
  // 100 MB/s: as much as is allowed, but no more than four times what it was
  assert.equal(Pace.nextChunk(8 * MIB, 8 * MIB, 0.08), 32 * MIB);
  assert.equal(Pace.nextChunk(MIB, MIB, 0.01), 4 * MIB);
  // 1 MB/s
  assert.equal(Pace.nextChunk(8 * MIB, 8 * MIB, 8), 10 * MIB);
  // 50 KB/s: no request of 30 seconds
  const slow = Pace.nextChunk(8 * MIB, 8 * MIB, 164);
  assert.ok(slow / (8 * MIB / 164) <= 10.1 && slow >= MIB / 4, `${slow}`);
  assert.equal(Pace.smallerChunk(MIB / 4), MIB / 4);
});

test("an answer says what to do next", () => {
  const kind = (status, headers = {}, body = "") => Failure.of(status, (name) => headers[name] ?? null, body).kind;
  assert.equal(kind(401), "signin");
  assert.equal(kind(403), "refused");
  assert.equal(kind(403, { "x-csrf-token": "Required" }), "csrf");
  assert.equal(kind(404), "gone");
  assert.equal(kind(410), "gone");
  assert.equal(kind(409), "later");
  assert.equal(kind(412), "exists");
  assert.equal(kind(413), "refused");
  assert.equal(kind(503, { "retry-after": "5" }), "later");
  assert.equal(kind(502, {}, "<html>Bad Gateway</html>"), "later");
  const told = Failure.of(503, (name) => ({ "retry-after": "7", "x-correlation-id": "c1" })[name] ?? null,
    '{"error":{"code":"NoSession","message":"no"}}');
  assert.deepEqual([told.code, told.retryAfter, told.correlationId], ["NoSession", 7, "c1"]);
});

test("a network that is broken is waited for, whatever the browser calls it", async (t) => {
  const Service = load("s3catalog/model/Service", { "s3catalog/model/Problem": Problem });
  const http = new Http(new Service("/catalog/"));
  const fetch = t.mock.method(globalThis, "fetch", async () => {
    throw new TypeError("Load failed");
  });
  await assert.rejects(http.look("b", "k"), { kind: "network", code: "Offline" });
  await assert.rejects(http.headers(), { kind: "network", code: "Offline" });
  fetch.mock.mockImplementation(async () => {
    throw new DOMException("The operation timed out.", "TimeoutError");
  });
  await assert.rejects(http.headers(), { kind: "network", code: "Timeout" });
  fetch.mock.mockImplementation(async () => ({ ok: true, json: () => Promise.reject(new TypeError("Load failed")) }));
  await assert.rejects(new Service("/catalog/").get("x"), { code: "Offline" });
  // not all that is wrong with a type is a network
  assert.equal(Failure.from(new TypeError("x is undefined")).kind, "refused");
});

/** A queue for one transfer, which writes down what is kept. */
function house({ owner = "alice" } = {}) {
  const kept = new Map();
  return {
    kept,
    http: { look: async () => null },
    store: { keep: async (record) => kept.set(record.id, record), forget: async (id) => kept.delete(id) },
    owner: async () => owner,
    changed() {},
    next() {},
  };
}

const told = (file) => ({ id: "1", bucket: "b", key: "k", file, size: file.size });
const large = () => new Blob([new Uint8Array(9 * MIB)]);
const unreadable = () => Object.assign(large(), {
  slice() {
    throw new DOMException("gone", "NotReadableError");
  },
});

test("what is unfinished is kept for whoever it belongs to", async () => {
  const queue = house();
  await new Transfer(told(large()), queue).remember();
  assert.deepEqual([queue.kept.get("1").owner, queue.kept.get("1").size], ["alice", 9 * MIB]);
  const nobodys = house({ owner: "" });
  await new Transfer(told(large()), nobodys).remember();
  assert.equal(nobodys.kept.size, 0);
});

test("a file that can't be read is not taken for another one, and stops nobody", async () => {
  const queue = house();
  await new Transfer(told(unreadable()), queue).remember();
  assert.equal(queue.kept.size, 0, "nobody could know it again");
  const transfer = new Transfer(told(large()), queue);
  await transfer.remember();
  assert.equal(await transfer.take(unreadable()), false);
});

test("what was cancelled while it was written down is not kept", async () => {
  const queue = house();
  const transfer = new Transfer(told(large()), queue);
  const remembered = transfer.remember();
  queue.store.forget = () => remembered;
  await transfer.cancel();
  assert.deepEqual([transfer.state, queue.kept.size], ["cancelled", 0]);
});

test("a folder is walked to its end, and empty folders are found", async () => {
  const file = (name) => ({ isFile: true, name, file: (resolve) => resolve({ name }) });
  const folder = (name, children) => ({
    isFile: false,
    name,
    createReader() {
      const left = [...children];
      return { readEntries: (resolve) => resolve(left.splice(0, 100)) };
    },
  });
  const many = Array.from({ length: 250 }, (_, at) => file(`f${at}`));
  const entry = folder("root", [folder("empty", []), folder("e\u0301t\u00e9", many), file("a.txt")]);
  const items = [{ kind: "file", webkitGetAsEntry: () => entry, getAsFile: () => null }, { kind: "string" }];
  const found = await Entries.ofDrop({ items });
  assert.equal(found.length, 252);
  assert.deepEqual(found[0], { folder: "root/empty/" });
  assert.equal(found[1].path, "root/\u00e9t\u00e9/f0");
  assert.equal(found.at(-1).path, "root/a.txt");
});
