// A page with its uploads at hand, and a service behind a network that can be cut: what tests of
// uploads share. Whoever imports this gets the hooks that begin, tidy and end it.

import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before } from "node:test";
import { until, World } from "./world.mjs";

export const MIB = 1 << 20;
export const BUCKET = "invoices-2026";
/** Folders of this run alone: what is there already would be asked about. */
export const ROOT = `page ${Date.now().toString(36)}/`;

export let world;
export let page;

before(async () => {
  world = await World.begin();
});
after(() => world.end());
afterEach(async () => {
  world.front.mend();
  Object.assign(world.front, { isSignedOut: false, csrf: null, rate: Infinity, seen: [], instead: () => false });
  assert.deepEqual(page.problems, [], "errors of scripts, or something that the page's policy forbids");
  await page.close();
});

/** Another window of the same browser; the one before is given back. */
export async function openWindow() {
  const before = page;
  page = await world.page();
  await expose();
  return before;
}

/** A page that looks at a folder of a bucket, with its uploads at hand. */
export async function open(user, looks) {
  await world.renew(looks);
  page = await world.page(user);
  await expose();
  return page;
}

export function expose() {
  return page.evaluate(() => new Promise((resolve, reject) => {
    sap.ui.require(["s3catalog/upload/Uploads", "sap/ui/core/Component"], (Uploads, Component) => {
      globalThis.uploads = Uploads.of(Component.getComponentById("container-s3catalog"));
      resolve();
    }, reject);
  }));
}

export async function choose(paths, folder, { directory = false } = {}) {
  const [chooser] = await Promise.all([
    page.waitForEvent("filechooser"),
    page.evaluate(([target, it]) => globalThis.uploads.pick(target, it), [{ bucket: BUCKET, folder: ROOT + folder }, { directory }]),
  ]);
  await chooser.setFiles(paths);
}

export const stored = (key) => world.stored(BUCKET, ROOT + key);
export const ask = (key, init) => world.ask(BUCKET, ROOT + key, init);
export const put = (key, ...what) => world.put(BUCKET, ROOT + key, ...what);
export const items = () => page.evaluate(() => globalThis.uploads.model.getData().items);
export const item = async (name) => (await items()).find((it) => it.name === name);

export function reached(name, state, seconds = 60) {
  return until(async () => {
    const found = await item(name);
    assert.ok(found?.state !== "failed" || state === "failed", JSON.stringify(found));
    return found?.state === state && found;
  }, { seconds });
}

export async function openPanel() {
  await page.getByRole("button", { name: /transfers/i }).first().click();
  await page.getByRole("dialog", { name: "Transfers" }).waitFor();
}

/** Whether this has the keyboard's focus. */
export const hasFocus = (locator) => locator.evaluate((element) => element.contains(document.activeElement));

/** Goes to a place of the page, like `bucket/x`. */
export const go = (at) => page.evaluate((hash) => {
  location.hash = hash;
}, `#/${at}`);

export const sentTo = (method) => world.front.seen.filter((it) => it.method === method);

export async function tree() {
  const root = join(world.folder, "tree");
  await mkdir(join(root, "deep", "deeper"), { recursive: true });
  await mkdir(join(root, "empty"), { recursive: true });
  await writeFile(join(root, "top.txt"), "top");
  await writeFile(join(root, "deep", "deeper", "leaf.txt"), "leaf");
  for (let at = 0; at < 120; at += 1) await writeFile(join(root, "deep", `many-${at}.txt`), `${at}`);
  return root;
}

export async function drop(paths, x = 400, y = 400) {
  const session = await world.context.newCDPSession(page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"]) {
    await session.send("Input.dispatchDragEvent", { type, x, y, data });
  }
}

/** Takes whatever is dropped anywhere, as the page does over its table. */
export function takeDrops(folder) {
  return page.evaluate((target) => {
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      event.stopImmediatePropagation();
      globalThis.uploads.addDropped(event.dataTransfer, target);
    }, true);
  }, { bucket: BUCKET, folder: ROOT + folder });
}
