// Uploads in Chromium, before the real service: what is stored is compared by SHA-256.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test, { after, afterEach, before } from "node:test";
import { World, until } from "./support/world.mjs";

const MIB = 1 << 20;
const BUCKET = "invoices-2026";
/** Folders of this run alone: what is there already would be asked about. */
const ROOT = `page ${Date.now().toString(36)}/`;

let world;
let page;

before(async () => {
  world = await World.begin();
});
after(() => world.end());
afterEach(async () => {
  world.front.mend();
  Object.assign(world.front, { isSignedOut: false, csrf: null, rate: Infinity, seen: [] });
  assert.deepEqual(page.problems, [], "errors of scripts, or something that the page's policy forbids");
  await page.close();
});

/** A page that looks at a folder of a bucket, with its uploads at hand. */
async function open(user) {
  await world.renew();
  page = await world.page(user);
  await expose();
  return page;
}

function expose() {
  return page.evaluate(() => new Promise((resolve) => {
    sap.ui.require(["s3catalog/upload/Uploads", "sap/ui/core/Component"], (Uploads, Component) => {
      globalThis.uploads = Uploads.of(Component.getComponentById("container-s3catalog"));
      resolve();
    });
  }));
}

async function choose(paths, folder, { directory = false } = {}) {
  const [chooser] = await Promise.all([
    page.waitForEvent("filechooser"),
    page.evaluate(([target, it]) => globalThis.uploads.pick(target, it), [{ bucket: BUCKET, folder: ROOT + folder }, { directory }]),
  ]);
  await chooser.setFiles(paths);
}

const stored = (key) => world.stored(BUCKET, ROOT + key);
const ask = (key, init) => world.ask(BUCKET, ROOT + key, init);
const put = (key, ...what) => world.put(BUCKET, ROOT + key, ...what);
const items = () => page.evaluate(() => globalThis.uploads.model.getData().items);
const item = async (name) => (await items()).find((it) => it.name === name);

function reached(name, state, seconds = 60) {
  return until(async () => {
    const found = await item(name);
    assert.ok(found?.state !== "failed" || state === "failed", JSON.stringify(found));
    return found?.state === state && found;
  }, { seconds });
}

async function openPanel() {
  await page.getByRole("button", { name: /transfers/i }).first().click();
  await page.getByRole("dialog", { name: "Transfers" }).waitFor();
}

const sentTo = (method) => world.front.seen.filter((it) => it.method === method);

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
  await openPanel();
  await page.screenshot({ path: join(world.folder, "reloaded.png") });
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
  await page.getByText("This is not the file that was begun").waitFor();
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
    const text = await dialog.getByText(/exists already/).textContent();
    const name = /"(.)\.txt"/.exec(text)[1];
    await dialog.getByRole("button", { name: button }).click();
    await until(async () => !(await dialog.getByText(`"${name}.txt" exists already`).isVisible()));
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
  await dialog.getByText('"race.bin" exists already').waitFor();
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
  assert.equal((await item("signin.bin")).state, "signin");
  await page.screenshot({ path: join(world.folder, "signin.png") });
  world.front.isSignedOut = false;
  world.front.rate = Infinity;
  await reached("signin.bin", "done");
  assert.equal(await stored("up/signin.bin"), sha256);
});

test("a refusal says what to do, and can be tried again", async () => {
  await open("bob"); // a reader
  const path = await world.text("refused.txt", "x");
  await choose([path], "up/");
  const failed = await reached("refused.txt", "failed");
  assert.ok(failed.sentence && failed.remedy, JSON.stringify(failed));
  assert.match(failed.correlationId, /[0-9a-f-]{36}/);
});

async function tree() {
  const root = join(world.folder, "tree");
  await mkdir(join(root, "deep", "deeper"), { recursive: true });
  await mkdir(join(root, "empty"), { recursive: true });
  await writeFile(join(root, "top.txt"), "top");
  await writeFile(join(root, "deep", "deeper", "leaf.txt"), "leaf");
  for (let at = 0; at < 120; at += 1) await writeFile(join(root, "deep", `many-${at}.txt`), `${at}`);
  return root;
}

async function drop(paths, x = 400, y = 400) {
  const session = await world.context.newCDPSession(page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"]) {
    await session.send("Input.dispatchDragEvent", { type, x, y, data });
  }
}

/** Takes whatever is dropped anywhere, as the page does over its table. */
function takeDrops(folder) {
  return page.evaluate((target) => {
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      event.stopImmediatePropagation();
      globalThis.uploads.addDropped(event.dataTransfer, target);
    }, true);
  }, { bucket: BUCKET, folder: ROOT + folder });
}

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

test("a second window leaves the uploads of the first alone", async () => {
  await open();
  world.front.rate = 4 * MIB;
  const { path } = await world.file("first.bin", 20 * MIB);
  await choose([path], "windows/");
  await until(async () => (await item("first.bin"))?.state === "running");
  const first = page;
  page = await world.page();
  await expose();
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
