// What goes wrong beside the network: files that are mistaken for others, people who change, what
// can't be read.

import assert from "node:assert/strict";
import { mkdir, utimes } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { signIn } from "./harness/browser.mjs";
import { choose, expose, item, items, MIB, open, page, put, reached, ROOT, BUCKET, stored, world } from "./harness/transfers.mjs";
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
