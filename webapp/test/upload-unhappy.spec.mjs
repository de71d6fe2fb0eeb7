// What goes wrong beside the network: files that are mistaken for others, people who change, what
// can't be read.

import assert from "node:assert/strict";
import { mkdir, utimes } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { signIn } from "./harness/browser.mjs";
import { choose, expose, item, items, MIB, open, openPanel, page, put, reached, ROOT, BUCKET, stored, world } from "./harness/transfers.mjs";
import { until } from "./harness/world.mjs";

test("a file that only looks like one that waits is uploaded as well", async () => {
  await open();
  world.front.rate = 4 * MIB;
  const first = await world.file("twin.bin", 10 * MIB);
  await mkdir(join(world.folder, "other"), { recursive: true });
  const other = await world.file("other/twin.bin", 10 * MIB);
  const when = new Date("2026-01-01T00:00:00Z");
  for (const { path } of [first, other]) await utimes(path, when, when);
  await choose([first.path], "twins/");
  await until(async () => (await item("twin.bin"))?.percent >= 20);
  await world.load(page);
  await expose();
  world.front.rate = Infinity;
  await reached("twin.bin", "file");
  await choose([other.path], "twins/");
  await until(async () => (await items()).some(({ state }) => state === "done"));
  assert.equal(await stored("twins/twin.bin"), other.sha256);
});

test("after Later, whoever signed in elsewhere goes on by adding something", async () => {
  await open();
  world.front.isSignedOut = true;
  await choose([await world.text("first.txt", "first")], "later/");
  await page.getByRole("alertdialog").getByRole("button", { name: "Later" }).click();
  await reached("first.txt", "signin");
  world.front.isSignedOut = false;
  await choose([await world.text("second.txt", "second")], "later/");
  await reached("second.txt", "done");
  await reached("first.txt", "done");
});

test("Later holds, whatever an answer says that was asked for before", async () => {
  await open();
  world.front.isSignedOut = true;
  await choose([await world.text("held.txt", "held")], "later/");
  const dialog = page.getByRole("alertdialog");
  await dialog.waitFor();
  const held = [];
  world.front.instead = ({ method, url }, answer) => method === "HEAD" && url === "/catalog/" && held.push(answer);
  world.front.isSignedOut = false;
  await until(() => held.length > 0);
  await dialog.getByRole("button", { name: "Later" }).click();
  await dialog.waitFor({ state: "detached" });
  const answered = page.waitForResponse((answer) => answer.request().method() === "HEAD");
  held.forEach((answer) => answer.writeHead(200).end());
  await answered;
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
  assert.equal((await item("held.txt")).state, "signin");
});

test("unfinished uploads wait until it is known whose page this is", async () => {
  await open();
  world.front.rate = 4 * MIB;
  await choose([(await world.file("waiting.bin", 10 * MIB)).path], "whose/");
  await until(async () => (await item("waiting.bin"))?.percent >= 20);
  let asked = 0;
  world.front.instead = ({ url }, answer) => url === "/user-api/currentUser" && (asked += 1) && answer.writeHead(503).end();
  await world.load(page);
  await expose();
  await until(() => asked > 0);
  assert.deepEqual(await items(), []);
  Object.assign(world.front, { rate: Infinity, instead: () => false });
  await openPanel();
  await reached("waiting.bin", "file");
});

test("another person does not go on with the uploads of the one before", async () => {
  await open("carol");
  world.front.isSignedOut = true;
  await choose([await world.text("hers.txt", "hers")], "hers/");
  await page.getByRole("alertdialog").getByText("Sign in again in a new window").waitFor();
  const other = await world.context.newPage();
  await signIn(other, world.front.url, "alice");
  await other.close();
  const loaded = page.waitForEvent("load");
  world.front.isSignedOut = false;
  await loaded;
  await page.getByRole("button", { name: /Alice/ }).waitFor();
  await expose();
  assert.deepEqual(await items(), []);
  assert.equal(await stored("hers/hers.txt"), null);
});

test("an empty folder that is there already is done", async () => {
  await open();
  await put("made/empty/", "", "application/x-directory").catch(() => {});
  await page.evaluate(([bucket, folder]) => globalThis.uploads.add([{ folder: "empty/" }], { bucket, folder }), [BUCKET, `${ROOT}made/`]);
  await reached("empty", "done");
  await page.evaluate(([bucket, folder]) => globalThis.uploads.add([{ folder: "empty/" }], { bucket, folder }), [BUCKET, `${ROOT}made/`]);
  await until(async () => (await items()).filter(({ state }) => state === "done").length === 2);
});

test("what can't be read takes nothing else with it", async () => {
  await open();
  await page.evaluate(async ([bucket, folder]) => {
    const good = new File(["good"], "good.txt");
    const entry = (name, file) => ({ isFile: true, name, file });
    const items = [
      entry("bad.txt", (_, fail) => fail(new DOMException("gone", "NotFoundError"))),
      entry("good.txt", (done) => done(good)),
    ].map((it) => ({ kind: "file", webkitGetAsEntry: () => it, getAsFile: () => null }));
    await globalThis.uploads.addDropped({ items }, { bucket, folder });
  }, [BUCKET, `${ROOT}drop/`]);
  await reached("good.txt", "done");
  const bad = await reached("bad.txt", "failed");
  assert.match(bad.sentence, /can no longer be read/);
});

test("a large file that can't be read for a moment stops nobody, and itself neither", async () => {
  await open();
  await page.evaluate(([bucket, folder, size]) => {
    const large = new File([new Uint8Array(size)], "large.bin");
    large.slice = () => {
      delete large.slice;
      throw new DOMException("locked", "NotReadableError");
    };
    const files = [large, new File(["small"], "small.txt")];
    return globalThis.uploads.add(files.map((file) => ({ file, path: file.name })), { bucket, folder });
  }, [BUCKET, `${ROOT}moment/`, 9 * MIB]);
  await reached("small.txt", "done");
  await reached("large.bin", "done");
});

test("what large files are sent with is fetched when the network is back", async () => {
  await open();
  await page.route("**/thirdparty/tus.js", (route) => route.abort());
  const { path, sha256 } = await world.file("fetched.bin", 9 * MIB);
  await choose([path], "fetched/");
  await reached("fetched.bin", "offline");
  await page.unroute("**/thirdparty/tus.js");
  await reached("fetched.bin", "done");
  assert.equal(await stored("fetched/fetched.bin"), sha256);
});

test("a question stays answerable when all is paused, whatever is in the name", async () => {
  await open();
  const name = "r{1} {= 1+1}\n.txt";
  await put(`asked/${name}`, "old", "text/plain");
  await page.evaluate(([bucket, folder, it]) => (
    globalThis.uploads.add([{ file: new File(["new"], it), path: it }], { bucket, folder })
  ), [BUCKET, `${ROOT}asked/`, name]);
  const dialog = page.getByRole("alertdialog");
  await dialog.getByText("r{1} {= 1+1}").first().waitFor();
  await page.evaluate(() => globalThis.uploads.pauseAll());
  await dialog.getByRole("button", { name: "Replace" }).click();
  await until(async () => (await items())[0].state === "done");
});
