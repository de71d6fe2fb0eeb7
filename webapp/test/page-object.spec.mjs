// One object: what is shown of it, and what is changed only if nobody else did meanwhile.

import assert from "node:assert/strict";
import test, { after, afterEach, before, beforeEach } from "node:test";
import { Scene, button } from "./support/page.mjs";

const BUCKET = "sales-reports";
let scene;
let page;
let key;

before(async () => {
  scene = await Scene.begin();
});
after(() => scene.end());
beforeEach(async () => {
  key = `object-${Date.now().toString(36)}.txt`;
  await scene.put(BUCKET, key, "what is in it");
  page = await scene.page("carol", { at: `bucket/${BUCKET}/object/${encodeURIComponent(encodeURIComponent(key))}` });
  await page.getByRole("heading", { name: key }).waitFor();
});
afterEach(() => scene.close(page));

/** A new entry takes the focus as soon as it is drawn. */
const add = async (at) => {
  await button(page, "Add").nth(at).click();
  await page.waitForTimeout(500);
};
const read = async () => (await scene.ask(scene.object(BUCKET, key))).json();

test("preview and properties are shown", async () => {
  await page.getByText("what is in it").waitFor();
  await page.getByText("13 Bytes (13 B)").waitFor();
  await page.getByText((await read()).eTag).waitFor();
});

test("type, metadata and tags are edited", async () => {
  await button(page, "Edit").click();
  await page.locator("[id$=contentType-inner]").fill("text/markdown");
  await add(0);
  await page.locator("[id$=metadata] input").nth(0).fill("author");
  await page.locator("[id$=metadata] input").nth(1).fill("Ünal");
  await add(1);
  await page.locator("[id$=tags] input").nth(0).fill("year");
  await page.locator("[id$=tags] input").nth(1).fill("2026");
  await button(page, "Save").click();
  await button(page, "Edit").waitFor();
  const { contentType, metadata, tags } = await read();
  assert.deepEqual({ contentType, metadata, tags }, {
    contentType: "text/markdown",
    metadata: [{ key: "author", value: "Ünal" }],
    tags: [{ key: "year", value: "2026" }],
  });
});

test("a change of somebody else is not overwritten", async () => {
  await button(page, "Edit").click();
  await page.locator("[id$=contentType-inner]").fill("text/csv");
  await scene.put(BUCKET, key, "changed meanwhile");
  await button(page, "Save").click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByText("Somebody else has changed it meanwhile").first().waitFor();
  await dialog.getByText(/^Correlation id: \S+/).waitFor();
  await button(dialog, "Close").click();
  await page.getByText("17 Bytes (17 B)").waitFor();
  assert.equal((await read()).contentType, "text/plain");
});

test("what was typed is not thrown away unasked", async () => {
  await button(page, "Edit").click();
  await page.locator("[id$=contentType-inner]").fill("text/csv");
  await button(page, "Cancel").click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByText("Discard changes?").waitFor();
  await button(dialog, "Cancel").click();
  assert.equal(await page.locator("[id$=contentType-inner]").inputValue(), "text/csv");
});

test("it is deleted after a question, and an address of what is gone says so", async () => {
  await button(page, "Delete").last().click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByText("13 Bytes").waitFor();
  await button(dialog, "Delete").click();
  await page.waitForURL(new RegExp(`#/bucket/${BUCKET}$`));
  await page.goBack();
  await page.getByText("This does not exist, or no longer").waitFor();
});
