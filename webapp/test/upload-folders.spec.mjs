// Uploads of folders and of many files, by drop, in the panel, over reloads and windows.

import assert from "node:assert/strict";
import test from "node:test";
import {
  ask, BUCKET, choose, drop, expose, item, items, MIB, open, openPanel, openWindow,
  page, put, reached, ROOT, sentTo, stored, takeDrops, tree, world,
} from "./harness/transfers.mjs";
import { until } from "./harness/world.mjs";

for (const [way, prepare] of [
  ["by handles", () => {}],
  ["by entries, as in browsers without handles", () => delete DataTransferItem.prototype.getAsFileSystemHandle],
]) {
  const folder = `tree ${way.length}/`;
  test(`a folder that is dropped comes with all that is in it, ${way}`, async () => {
    await open();
    await page.evaluate(prepare);
    await takeDrops(folder);
    await drop([await tree(), (await world.file("beside.bin", 1000)).path]);
    await until(async () => (await items()).length === 124, { seconds: 20 });
    await until(async () => (await items()).every(({ state }) => state === "done"), { seconds: 120 });
    const text = async (key) => (await ask(folder + key)).text();
    assert.equal(await text("tree/top.txt"), "top");
    assert.equal(await text("tree/deep/deeper/leaf.txt"), "leaf");
    assert.equal(await text("tree/deep/many-119.txt"), "119");
    assert.equal((await ask(`${folder}tree/empty/`, { method: "HEAD" })).status, 200);
    assert.equal((await ask(`${folder}beside.bin`, { method: "HEAD" })).status, 200);
  });
}

test("a folder that is chosen keeps its shape", async () => {
  await open();
  await choose(await tree(), "chosen/", { directory: true });
  await until(async () => (await items()).length === 122, { seconds: 20 });
  await until(async () => (await items()).every(({ state }) => state === "done"), { seconds: 120 });
  assert.equal(await (await ask("chosen/tree/deep/deeper/leaf.txt")).text(), "leaf");
});

test("files that are chosen or dropped in the panel go to the folder that is looked at", async () => {
  await open();
  const folder = `${ROOT}panel/`;
  await put("panel/there.txt", "x");
  await page.evaluate(([bucket, it]) => sap.ui.require("sap/ui/core/Component").getComponentById("container-s3catalog")
    .getRouter().navTo("objects", { bucket: encodeURIComponent(bucket), folder: encodeURIComponent(it) }), [BUCKET, folder]);
  await until(() => page.evaluate((it) => sap.ui.require("sap/ui/core/Component").getComponentById("container-s3catalog")
    .getModel("app").getProperty("/folder") === it, folder));
  await openPanel();
  const input = page.locator("#transfers--transfers input[type=file]");
  await input.setInputFiles([await world.text("one.txt", "1"), await world.text("two.txt", "2")]);
  await reached("one.txt", "done");
  await reached("two.txt", "done");
  const table = await page.locator("#transfers--transfers-listUl").boundingBox();
  await drop([await tree(), await world.text("three.txt", "3")], table.x + 50, table.y + 50);
  await until(async () => (await items()).length === 126, { seconds: 20 });
  await until(async () => (await items()).every(({ state }) => state === "done"), { seconds: 120 });
  assert.equal(await (await ask("panel/two.txt")).text(), "2");
  assert.equal(await (await ask("panel/three.txt")).text(), "3");
  assert.equal(await (await ask("panel/tree/deep/deeper/leaf.txt")).text(), "leaf");
});

test("a file that was dropped goes on by itself after a reload", async () => {
  await open();
  await takeDrops("held/");
  world.front.rate = 8 * MIB;
  const { path, sha256 } = await world.file("held.bin", 40 * MIB);
  await drop([path]);
  await until(async () => (await item("held.bin"))?.percent >= 25);
  await world.load(page);
  await expose();
  world.front.rate = Infinity;
  await reached("held.bin", "done");
  assert.equal(await stored("held/held.bin"), sha256);
  assert.equal(sentTo("POST").filter(({ url }) => url.endsWith("/uploads")).length, 1);
});

test("what was dropped is asked for again where the browser does not say whether it may be read", async () => {
  await open();
  await takeDrops("unsaid/");
  world.front.rate = 4 * MIB;
  await drop(await Promise.all(["one.bin", "two.bin"].map(async (name) => (await world.file(name, 20 * MIB)).path)));
  await until(async () => (await items()).filter(({ percent }) => percent >= 10).length === 2);
  await page.addInitScript(() => {
    FileSystemHandle.prototype.queryPermission = () => Promise.reject(new DOMException("gone", "NotFoundError"));
  });
  await world.load(page);
  await expose();
  await until(async () => (await items()).filter(({ state }) => state === "file").length === 2);
});

test("a second window leaves the uploads of the first alone", async () => {
  await open();
  world.front.rate = 4 * MIB;
  const { path } = await world.file("first.bin", 20 * MIB);
  await choose([path], "windows/");
  await until(async () => (await item("first.bin"))?.state === "running");
  const first = await openWindow();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.deepEqual(await items(), []);
  await first.close();
});

test("thousands of files can be added without freezing the page", async () => {
  await open();
  const longest = await page.evaluate(async ([bucket, folder]) => {
    // what makes them is not what is measured
    const files = Array.from({ length: 5000 }, (_, at) => ({ file: new File(["x"], `f${at}.txt`), path: `f${at}.txt` }));
    await new Promise((resolve) => setTimeout(resolve, 500));
    let [worst, last] = [0, performance.now()];
    const clock = setInterval(() => {
      worst = Math.max(worst, performance.now() - last);
      last = performance.now();
    }, 20);
    globalThis.uploads.add(files, { bucket, folder });
    await new Promise((resolve) => setTimeout(resolve, 4000));
    globalThis.uploads.pauseAll();
    clearInterval(clock);
    return worst;
  }, [BUCKET, `${ROOT}thousands/`]);
  assert.ok(longest < 1500, `the page stood still for ${longest} ms`);
  assert.equal((await items()).length, 5000);
});

test("no more than three are under way at once", async () => {
  await open();
  world.front.rate = 4 * MIB;
  const files = await Promise.all([1, 2, 3, 4, 5, 6].map((at) => world.file(`many-${at}.bin`, 4 * MIB)));
  await choose(files.map(({ path }) => path), "many/");
  let most = 0;
  await until(async () => {
    const all = await items();
    most = Math.max(most, all.filter(({ state }) => ["running", "checking"].includes(state)).length);
    return all.length === 6 && all.every(({ state }) => state === "done");
  });
  assert.equal(most, 3);
});
