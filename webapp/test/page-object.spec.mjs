// One object: what is shown of it, and what is changed only if nobody else did meanwhile.

import assert from "node:assert/strict";
import test, { after, afterEach, before, beforeEach } from "node:test";
import { Scene, button, row } from "./support/page.mjs";

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

/** Deletes it, by the question that the list asks too. */
const remove = async () => {
  await button(page, "Delete").last().click();
  const dialog = page.getByRole("alertdialog", { name: `Delete “${key}”?` });
  await dialog.getByText("Objects: 1 – size: ").waitFor();
  await dialog.getByText("Unless the bucket keeps versions, this can’t be undone.").waitFor();
  await focused(button(dialog, "Cancel"));
  await button(dialog, "Delete").click();
};
/** A new entry takes the focus as soon as it is drawn. */
const add = async (at) => {
  await button(page, "Add").nth(at).click();
  await page.waitForTimeout(500);
};
const focused = (what) => what.and(page.locator(":focus")).waitFor();
const read = async () => (await scene.ask(scene.object(BUCKET, key))).json();

test("preview and properties are shown", async () => {
  await page.getByText("what is in it").waitFor();
  await page.locator("[id$=propertiesSection]").getByText("13 Bytes", { exact: true }).waitFor();
  await page.getByText((await read()).eTag.replaceAll('"', ""), { exact: true }).waitFor();
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
  await focused(button(page, "Edit"));
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
  await dialog.getByText("Somebody else has changed this in the meantime").first().waitFor();
  await dialog.getByText(/^Correlation id: \S+/).waitFor();
  await button(dialog, "Close").click();
  await page.locator("[id$=propertiesSection]").getByText("17 Bytes", { exact: true }).waitFor();
  assert.equal((await read()).contentType, "text/plain");
});

test("nor is what somebody else changed deleted", async () => {
  await scene.put(BUCKET, key, "changed meanwhile");
  await remove();
  const dialog = page.getByRole("alertdialog").filter({ hasText: "Somebody else has changed this in the meantime" });
  await button(dialog, "Close").click();
  await page.locator("[id$=propertiesSection]").getByText("17 Bytes", { exact: true }).waitFor();
  assert.equal(Number((await read()).size), 17);
});

test("what is being typed stays when the object changes meanwhile", async () => {
  const read = page.waitForResponse((response) => response.url().endsWith(`objects('${key}')`));
  const changed = () => page.evaluate(([bucket, name]) => Object.values(sap.ui.require("sap/ui/core/Component").registry.all())[0]
    .getEventBus().publish("s3catalog", "stored", { bucket, key: name }), [BUCKET, key]);
  await changed();
  await button(page, "Edit").click();
  await page.locator("[id$=contentType-inner]").fill("text/csv");
  await read;
  await page.waitForTimeout(300);
  assert.equal(await page.locator("[id$=contentType-inner]").inputValue(), "text/csv");
  assert.equal(await button(page, "Make this version the latest").count(), 0);
  await page.route(/objects\('[^/]*$/, (route) => route.fulfill({ status: 503, body: "" }));
  const failed = page.waitForResponse((response) => response.status() === 503);
  await changed();
  await failed;
  await page.waitForTimeout(300);
  assert.equal(await page.locator("[id$=contentType-inner]").inputValue(), "text/csv");
});

test("a name that is missing or stands twice is marked where it is", async () => {
  await button(page, "Edit").click();
  await add(0);
  await add(0);
  const fields = page.locator("[id$=metadata] input");
  await fields.nth(0).fill("author");
  await fields.nth(2).fill("Author");
  await fields.nth(3).fill("Ünal");
  await button(page, "Save").click();
  await focused(fields.nth(2));
  await page.getByText("This name is already in the list").first().waitFor();
  await fields.nth(2).fill("editor");
  await button(page, "Save").click();
  await button(page, "Edit").waitFor();
  assert.deepEqual((await read()).metadata, [{ key: "author", value: "" }, { key: "editor", value: "Ünal" }]);
});

test("there is no room for more than ten tags, and that is said", async () => {
  await button(page, "Edit").click();
  for (let at = 0; at < 10; at += 1) {
    await button(page, "Add").nth(1).click();
  }
  await page.getByText("An object has room for 10 tags").waitFor();
  assert.ok(await button(page, "Add").nth(1).isDisabled());
});

test("what was typed is not thrown away unasked", async () => {
  const typed = page.locator("[id$=contentType-inner]");
  await scene.go(page, `bucket/${BUCKET}`);
  await row(page, key).click();
  await button(page, "Edit").waitFor();
  const address = page.url();
  const question = page.getByRole("alertdialog").filter({ hasText: "Discard changes?" });
  const stay = async () => {
    await button(question, "Cancel").click();
    await question.waitFor({ state: "detached" });
    await page.waitForURL(address);
    assert.equal(await typed.inputValue(), "text/csv");
  };
  await button(page, "Edit").click();
  await typed.fill("text/csv");
  await button(page, "Cancel").click();
  await stay();
  await button(page, "Close column").last().click();
  await stay();
  await page.getByRole("row").filter({ hasText: "2025" }).click();
  await stay();
  for (const act of ["Delete", "F2"]) { // what is done to it in the list asks before
    await row(page, key).focus();
    await page.keyboard.press(act);
    await stay();
  }
  await page.goBack();
  await stay();
  page.once("dialog", (dialog) => {
    assert.equal(dialog.type(), "beforeunload");
    dialog.dismiss();
  });
  await Promise.all([page.waitForEvent("dialog"), page.evaluate(() => setTimeout(() => location.reload()))]);
  await page.goBack(); // the history is as it was
  await button(question, "Discard").click();
  await page.waitForURL(new RegExp(`#/bucket/${BUCKET}$`));
  assert.equal((await read()).contentType, "text/plain");
});

test("it is renamed, copied and moved from its page, which goes along", async () => {
  const folder = `${key}.d/`;
  const dialog = page.getByRole("dialog");
  const to = async (action, target) => {
    await button(page, action).last().click();
    await dialog.getByLabel(action === "Rename" ? "New name" : "Target folder").first().fill(target);
    await button(dialog, action).click();
    await dialog.waitFor({ state: "hidden" });
  };
  const at = (where) => page.waitForURL((url) => decodeURIComponent(decodeURIComponent(url.hash)).endsWith(`/object/${where}`));
  await to("Rename", `new-${key}`);
  await at(`new-${key}`);
  await page.getByRole("heading", { name: `new-${key}` }).waitFor();
  await focused(button(page, "Rename").last());
  await to("Copy", `${folder}copies/`);
  await page.getByText(`to “${folder}copies/”: 1`).first().waitFor();
  await at(`new-${key}`);
  await to("Move", folder);
  await at(`${folder}new-${key}`);
  await page.getByText("what is in it").waitFor();
  await row(page, "copies").waitFor(); // the list goes along as well
  assert.deepEqual(await scene.keys(BUCKET, folder), [`${folder}copies/new-${key}`, `${folder}new-${key}`]);
  assert.deepEqual(await scene.keys(BUCKET, `new-${key}`), []);
  await button(page, "Edit").click();
  assert.equal(await button(page, "Move").locator("visible=true").count(), 0, "first save, or cancel");
});

/** What the object page asks of the list. */
const listen = () => page.evaluate(() => new Promise((resolve) => {
  sap.ui.require(["sap/ui/core/Component"], (Component) => {
    globalThis.asked = [];
    const bus = Component.getComponentById("container-s3catalog").getEventBus();
    bus.subscribe("objects", "focusRow", (channel, name, { key }) => globalThis.asked.push(key));
    resolve();
  });
}));
const asked = async () => (await page.waitForFunction(() => globalThis.asked.length && globalThis.asked)).jsonValue();

test("the focus goes on to the row when the column is closed", async () => {
  await listen();
  await button(page, "Close column").last().click();
  await page.waitForURL(new RegExp(`#/bucket/${BUCKET}$`));
  assert.deepEqual(await asked(), [key]);
});

test("it is deleted after a question, and an address of what is gone says so", async () => {
  await listen();
  await remove();
  await page.waitForURL(new RegExp(`#/bucket/${BUCKET}$`));
  assert.deepEqual(await asked(), [key]);
  await page.goBack();
  await page.getByText("This does not exist, or no longer").waitFor();
});
