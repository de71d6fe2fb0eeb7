// Uploads in Chromium, before the real service: what is stored is compared by SHA-256.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import {
  ask, choose, expose, item, items, MIB, open, openPanel, page, put, reached, sentTo, stored, world,
} from "./harness/transfers.mjs";
import { until } from "./harness/world.mjs";

test("a small file goes by one request, with its digest, and is stored as it is", async () => {
  await open();
  const { path, sha256 } = await world.file("small.bin", 3 * MIB);
  await choose([path], "up/");
  await reached("small.bin", "done");
  assert.equal(await stored("up/small.bin"), sha256);
  const [put] = sentTo("PUT");
  assert.equal(put.headers["if-none-match"], "*");
  assert.match(put.headers["repr-digest"], /^sha-256=:/);
  assert.equal(sentTo("PATCH").length, 0);
});

test("names with blanks, quotes, hashes, umlauts and of no length of content", async () => {
  await open();
  const name = "O'Neill & Söhne #1 100% (x).txt";
  const path = await world.text(name, "");
  await choose([path], "up/a b/");
  await reached(name, "done");
  assert.equal(await stored(`up/a b/${name}`), createHash("sha256").digest("hex"));
});

test("300 MB survive a network that is cut twice in the middle", async () => {
  await open();
  const { path, sha256 } = await world.file("large.bin", 300 * MIB);
  await choose([path], "up/");
  await until(async () => (await item("large.bin"))?.percent >= 15);
  world.front.cut();
  await reached("large.bin", "offline");
  world.front.mend();
  await until(async () => (await item("large.bin"))?.percent >= 45);
  // this time the browser knows
  await world.context.setOffline(true);
  await reached("large.bin", "offline");
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await world.context.setOffline(false);
  await reached("large.bin", "done", 120);
  assert.equal(await stored("up/large.bin"), sha256);
  assert.equal(sentTo("POST").filter(({ url }) => url.endsWith("/uploads")).length, 1, "one upload from end to end");
  assert.ok(sentTo("PATCH").every(({ headers }) => Number(headers["content-length"]) <= 32 * MIB));
});

test("pause stops the bytes, continue goes on from there", async () => {
  await open();
  world.front.rate = 20 * MIB;
  const { path, sha256 } = await world.file("paused.bin", 60 * MIB);
  await choose([path], "up/");
  await until(async () => (await item("paused.bin"))?.percent >= 20);
  await openPanel();
  await page.getByRole("button", { name: "Pause paused.bin" }).click();
  await reached("paused.bin", "paused");
  const before = (await item("paused.bin")).percent;
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.equal((await item("paused.bin")).percent, before);
  world.front.rate = Infinity;
  await page.getByRole("button", { name: "Continue paused.bin" }).click();
  await reached("paused.bin", "done");
  assert.equal(await stored("up/paused.bin"), sha256);
});

test("after a reload the same file, chosen again, goes on; another one doesn't", async () => {
  await open();
  world.front.rate = 10 * MIB;
  const { path, sha256 } = await world.file("reloaded.bin", 64 * MIB);
  await choose([path], "up/");
  await until(async () => (await item("reloaded.bin"))?.percent >= 30);
  await world.load(page);
  await expose();
  world.front.rate = Infinity;
  await reached("reloaded.bin", "file");
  await page.getByText("Uploads need your attention. File needed: 1").waitFor();
  await openPanel();
  await page.getByRole("heading", { name: "File needed: 1" }).waitFor();
  await world.picture(page, "upload reloaded");
  const again = async (file) => {
    const [chooser] = await Promise.all([
      page.waitForEvent("filechooser"),
      page.getByRole("button", { name: "Choose reloaded.bin again" }).click(),
    ]);
    await chooser.setFiles([file]);
  };
  await mkdir(join(world.folder, "other"), { recursive: true });
  const other = await world.file("other/reloaded.bin", 64 * MIB);
  await again(other.path);
  await page.getByText("This is a different file").waitFor();
  assert.equal((await item("reloaded.bin")).state, "file");
  world.front.seen = [];
  await again(path);
  await reached("reloaded.bin", "done");
  assert.equal(await stored("up/reloaded.bin"), sha256);
  const [first] = sentTo("PATCH");
  assert.ok(Number(first.headers["upload-offset"]) >= 0.2 * 64 * MIB, first.headers["upload-offset"]);
  assert.equal(sentTo("POST").filter(({ url }) => url.endsWith("/uploads")).length, 0);
  // nothing is left to be asked for
  await world.load(page);
  await expose();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  assert.deepEqual(await items(), []);
});

test("what another user left behind is not shown", async () => {
  await open("alice");
  world.front.rate = MIB;
  const { path } = await world.file("private.bin", 20 * MIB);
  await choose([path], "up/");
  await until(async () => (await item("private.bin"))?.state === "running");
  await page.request.post(`${world.front.url}/login`, {
    form: { user: "carol", next: "/" }, maxRedirects: 0, headers: { origin: world.front.url },
  });
  await world.load(page);
  await expose();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.deepEqual(await items(), []);
});

test("cancel ends the upload at the service as well", async () => {
  await open();
  world.front.rate = 5 * MIB;
  const { path } = await world.file("cancelled.bin", 40 * MIB);
  await choose([path], "up/");
  await until(async () => (await item("cancelled.bin"))?.percent >= 10);
  await openPanel();
  await page.getByRole("button", { name: "Cancel cancelled.bin" }).click();
  await page.getByRole("button", { name: "Cancel Upload" }).click();
  await reached("cancelled.bin", "cancelled");
  const [gone] = await until(() => sentTo("DELETE").length > 0 && sentTo("DELETE"));
  const answer = await fetch(`${world.ready.service}${gone.url}`, {
    method: "HEAD", headers: { authorization: `Bearer ${world.ready.token.alice}`, "tus-resumable": "1.0.0" },
  });
  assert.ok([404, 410].includes(answer.status), `${answer.status}`);
  assert.equal(await stored("up/cancelled.bin"), null);
});

test("keep both, replace and skip, and the choice for all", async () => {
  await open();
  const texts = Object.fromEntries(["a", "b", "c", "d"].map((name) => [`${name}.txt`, `old ${name}`]));
  for (const [name, text] of Object.entries(texts)) await put(`conflict/${name}`, text, "text/plain");
  const paths = await Promise.all(Object.keys(texts).map((name) => world.text(name, `new ${name}`)));
  const read = async (key) => {
    const answer = await ask(`conflict/${key}`);
    return answer.ok ? answer.text() : null;
  };
  await choose(paths, "conflict/");
  const dialog = page.getByRole("alertdialog");
  /** Answers the question that is open; it may be about any of them, since all were looked for at once. */
  const answer = async (button) => {
    const text = await dialog.getByText(/already exists/).textContent();
    const name = /"(.)\.txt"/.exec(text)[1];
    await dialog.getByRole("button", { name: button }).click();
    await until(async () => !(await dialog.getByText(`"${name}.txt" already exists`).isVisible()));
    return name;
  };
  const both = await answer("Keep Both");
  const replaced = await answer("Replace");
  await dialog.getByRole("checkbox").click();
  const skipped = await answer("Skip");
  await until(async () => (await items()).every(({ state }) => ["done", "skipped"].includes(state)));
  const last = ["a", "b", "c", "d"].find((name) => ![both, replaced, skipped].includes(name));
  assert.deepEqual(await Promise.all([both, `${both} (2)`, replaced, skipped, last].map((name) => read(`${name}.txt`))),
    [`old ${both}`, `new ${both}.txt`, `new ${replaced}.txt`, `old ${skipped}`, `old ${last}`]);
  assert.equal((await item(`${last}.txt`)).state, "skipped");
});

test("whoever is faster is not overwritten", async () => {
  await open();
  world.front.rate = 20 * MIB;
  const { path } = await world.file("race.bin", 40 * MIB);
  await choose([path], "conflict/");
  await until(async () => (await item("race.bin"))?.percent >= 20);
  await put("conflict/race.bin", "faster");
  world.front.rate = Infinity;
  const dialog = page.getByRole("alertdialog");
  await dialog.getByText('"race.bin" already exists').waitFor();
  assert.equal(await (await ask("conflict/race.bin")).text(), "faster");
  await dialog.getByRole("button", { name: "Keep Both" }).click();
  await reached("race (2).bin", "done");
  assert.equal(await (await ask("conflict/race.bin")).text(), "faster");
});

test("the approuter's token is fetched, and fetched again when it is refused", async () => {
  world.front.csrf = "first";
  await open();
  const { path, sha256 } = await world.file("token.bin", 20 * MIB);
  const small = await world.file("token-small.bin", 1000);
  await choose([small.path], "up/");
  await reached("token-small.bin", "done");
  world.front.csrf = "second";
  await choose([path], "up/");
  await reached("token.bin", "done");
  assert.equal(await stored("up/token.bin"), sha256);
});

test("a sign-in that ended is asked for, and uploads go on after it", async () => {
  await open();
  world.front.rate = 10 * MIB;
  const { path, sha256 } = await world.file("signin.bin", 40 * MIB);
  await choose([path], "up/");
  await until(async () => (await item("signin.bin"))?.percent >= 20);
  world.front.isSignedOut = true;
  await page.getByRole("alertdialog").getByText("Sign in again in a new window").waitFor();
  await reached("signin.bin", "signin");
  await world.picture(page, "upload signin");
  world.front.isSignedOut = false;
  world.front.rate = Infinity;
  await reached("signin.bin", "done");
  assert.equal(await stored("up/signin.bin"), sha256);
});

test("a service that is busy is asked again, and not for ever", async () => {
  await open();
  let asked = 0;
  world.front.instead = (request, answer) => {
    if (request.method !== "PUT") return false;
    asked += 1;
    request.resume().on("end", () => {
      answer.writeHead(503, { "retry-after": "0.05", "content-type": "application/json" });
      answer.end('{"error":{"code":"StorageUnavailable","message":"S3 is away"}}');
    });
    return true;
  };
  await choose([await world.text("busy.txt", "x")], "up/");
  const failed = await reached("busy.txt", "failed");
  assert.equal(asked, 9);
  assert.match(failed.sentence, /storage|S3/i);
  world.front.instead = () => false;
  await openPanel();
  await page.getByRole("button", { name: "Try busy.txt again" }).click();
  await until(async () => (await item("busy.txt")).state === "done");
});

test("a refusal says what to do, and can be tried again", async () => {
  await open("bob"); // a reader
  const path = await world.text("refused.txt", "x");
  await choose([path], "up/");
  const failed = await reached("refused.txt", "failed");
  assert.ok(failed.sentence && failed.remedy, JSON.stringify(failed));
  assert.match(failed.correlationId, /[0-9a-f-]{36}/);
});
