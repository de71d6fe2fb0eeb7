// Deleted objects and versions, in a bucket that keeps them.

import assert from "node:assert/strict";
import test, { after, afterEach, before, beforeEach } from "node:test";
import { Scene, button, focused, row, select } from "./support/page.mjs";

const BUCKET = "shared-templates";
let scene;
let page;
let key;

before(async () => {
  scene = await Scene.begin();
});
after(() => scene.end());
beforeEach(async () => {
  key = `version-${Date.now().toString(36)}.txt`;
  await scene.put(BUCKET, key, "first");
  await scene.put(BUCKET, key, "second, longer");
});
afterEach(() => scene.close(page));

const content = async () => (await scene.ask(`${scene.object(BUCKET, key)}/content`)).text();

test("what was deleted is found among the deleted and restored", async () => {
  page = await scene.page("carol", { at: `bucket/${BUCKET}` });
  await select(page, key);
  await button(page, "Delete").click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByText("Objects: 1 – size: 14 Bytes").waitFor();
  await dialog.getByText("can be restored from the recycle bin").waitFor();
  await button(dialog, "Delete").click();
  await row(page, key).waitFor({ state: "detached" });
  assert.deepEqual(await scene.keys(BUCKET, key), []);

  await button(page, "Recycle Bin").click();
  await select(page, key);
  await button(page, "Restore").click();
  await row(page, key).waitFor({ state: "detached" });
  await button(page, "Back to Objects").click();
  await row(page, key).waitFor();
  assert.equal(await content(), "second, longer");
});

test("the address of a deleted object offers to restore it", async () => {
  await scene.ask(scene.object(BUCKET, key), { method: "DELETE" });
  page = await scene.page("carol", { at: `bucket/${BUCKET}/object/${key}` });
  await page.getByText("This object was deleted").waitFor();
  await button(page, "Restore").click();
  await page.getByText("second, longer").waitFor();
});

test("versions stand the latest first; an older one is looked at and made the latest", async () => {
  page = await scene.page("carol", { at: `bucket/${BUCKET}/object/${key}` });
  await page.getByText("second, longer").waitFor();
  const rows = page.locator("[id$=versions] tbody tr");
  await rows.first().filter({ hasText: "Latest" }).filter({ hasText: "14 Bytes" }).waitFor();
  const older = rows.filter({ hasText: "5 Bytes" });
  const time = /\d+:\d\d:\d\d/.exec(await older.innerText())?.[0];
  assert.ok(time, "to the second");
  const [download] = await Promise.all([page.waitForEvent("download"), button(older, "Download this version").click()]);
  assert.equal(download.suggestedFilename(), key);
  await button(older, "Make this version the latest").click();
  const question = page.getByRole("alertdialog").filter({ hasText: time });
  await button(question, "Make Latest").click();
  await page.getByText("first", { exact: true }).waitFor();
  assert.equal(await content(), "first");
  await rows.first().filter({ hasText: "Latest" }).filter({ hasText: "5 Bytes" }).and(page.locator(":focus")).waitFor();
});

test("a deletion is taken back where it was told, from the object's page too", async () => {
  page = await scene.page("carol", { at: `bucket/${BUCKET}/object/${key}` });
  await page.getByText("second, longer").waitFor();
  await button(page, "Delete").last().click();
  const dialog = page.getByRole("alertdialog", { name: `Delete “${key}”?` });
  await dialog.getByText("can be restored from the recycle bin").waitFor();
  await button(dialog, "Delete").click();
  const undo = page.getByRole("link", { name: "Undo" });
  await undo.waitFor();
  assert.deepEqual(await scene.keys(BUCKET, key), []);
  await undo.click();
  await focused(page, key);
  assert.equal(await undo.count(), 0);
  assert.equal(await content(), "second, longer");
});
