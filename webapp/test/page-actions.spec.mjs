// What is done to objects: folders made, objects renamed, moved, copied, deleted; judged by what
// the service has afterwards.

import assert from "node:assert/strict";
import test, { after, afterEach, before, beforeEach } from "node:test";
import { Scene, button, focused, row, select } from "./support/page.mjs";

const BUCKET = "sales-reports";
let run = 0;
let scene;
let page;
let root;

before(async () => {
  scene = await Scene.begin();
});
after(() => scene.end());
beforeEach(async () => {
  root = `actions-${Date.now().toString(36)}-${(run += 1)}/`;
  await scene.put(BUCKET, `${root}one.txt`, "one");
  await scene.put(BUCKET, `${root}two.txt`, "two");
  await scene.put(BUCKET, `${root}sub/three.txt`, "three");
  page = await scene.page("carol", { at: `bucket/${BUCKET}/${encodeURIComponent(encodeURIComponent(root))}` });
  await row(page, "one.txt").waitFor();
});
afterEach(() => scene.close(page));

const below = async () => (await scene.keys(BUCKET, root)).map((key) => key.slice(root.length));
const dialog = () => page.getByRole("dialog").or(page.getByRole("alertdialog")).last();

test("a folder is made, and its name is judged where it is typed", async () => {
  await button(page, "New Folder").click();
  await button(dialog(), "Create").click();
  await page.getByText("Enter a name that is not empty").last().waitFor();
  await dialog().getByRole("textbox").fill("a/b");
  await button(dialog(), "Create").click();
  await page.getByText("has no slash").last().waitFor();
  // also one that only its objects make a folder
  await dialog().getByRole("textbox").fill("sub");
  await button(dialog(), "Create").click();
  await page.getByText("There is something of this name already").last().waitFor();
  await dialog().getByRole("textbox").fill("Ordner ä");
  await button(dialog(), "Create").click();
  await focused(page, "Ordner ä");
  assert.deepEqual(await below(), ["Ordner ä/", "one.txt", "sub/three.txt", "two.txt"]);
});

test("an object and a folder are renamed", async () => {
  await select(page, "one.txt");
  await button(page, "Rename").click();
  await dialog().getByRole("textbox").fill("uno.txt");
  await button(dialog(), "Rename").click();
  await row(page, "uno.txt").waitFor();
  await select(page, "sub");
  await button(page, "Rename").click();
  await dialog().getByRole("textbox").fill("suburb");
  await page.keyboard.press("Enter");
  await row(page, "suburb").waitFor();
  assert.deepEqual(await below(), ["suburb/three.txt", "two.txt", "uno.txt"]);
});

test("a name that is taken is told, and replaced only if asked for", async () => {
  await select(page, "one.txt");
  await button(page, "Rename").click();
  await dialog().getByRole("textbox").fill("two.txt");
  await button(dialog(), "Rename").click();
  await page.getByText("There is something of this name already").last().waitFor();
  assert.equal(await dialog().getByRole("textbox").inputValue(), "two.txt");
  assert.deepEqual(await below(), ["one.txt", "sub/three.txt", "two.txt"]);

  await dialog().getByRole("checkbox", { name: "Replace what is already there" }).click();
  await button(dialog(), "Rename").click();
  await row(page, "one.txt").waitFor({ state: "detached" });
  assert.deepEqual(await below(), ["sub/three.txt", "two.txt"]);
  assert.equal(await (await scene.ask(`${scene.object(BUCKET, `${root}two.txt`)}/content`)).text(), "one");
});

test("objects and folders are copied and moved to another folder", async () => {
  const transfer = async (action, folder) => {
    await button(page, action).click();
    await dialog().getByLabel("Target folder").first().fill(folder);
    if (!folder.endsWith("/")) {
      await dialog().getByText("does not exist yet. It will be created").waitFor();
    }
    await button(dialog(), action).click();
    await page.getByText(`to “${folder.replace(/\/?$/, "/")}”`).first().waitFor();
  };
  await select(page, "two.txt", "sub");
  await transfer("Copy", `${root}copies`);
  await row(page, "copies").waitFor();
  await select(page, "one.txt");
  await transfer("Move", `${root}sub/`);
  await row(page, "one.txt").waitFor({ state: "detached" });
  assert.deepEqual(await below(), ["copies/sub/three.txt", "copies/two.txt", "sub/one.txt", "sub/three.txt", "two.txt"]);
});

test("a target is reached folder by folder", async () => {
  await select(page, "one.txt");
  await button(page, "Move").click();
  const field = dialog().getByLabel("Target folder").first();
  await dialog().getByText("sub", { exact: true }).click();
  await dialog().getByText("No folders here").or(dialog().getByText("Folder Above")).first().waitFor();
  assert.equal(await field.inputValue(), `${root}sub/`);
  await dialog().getByText("Folder Above").click();
  await dialog().getByText("sub", { exact: true }).click();
  await button(dialog(), "Move").click();
  await focused(page, "two.txt");
  assert.deepEqual(await below(), ["sub/one.txt", "sub/three.txt", "two.txt"]);
});

test("keys and the menu of a row do what buttons do", async () => {
  await row(page, "one.txt").focus();
  await page.keyboard.press("F2");
  await dialog().getByRole("textbox").waitFor();
  await page.keyboard.press("Escape");
  await dialog().waitFor({ state: "hidden" });
  await page.waitForFunction(() => document.activeElement.localName === "tr");
  await page.keyboard.press("F2");
  await dialog().getByRole("textbox").waitFor();
  // typing replaces the name, not the ending
  await page.waitForFunction(() => document.activeElement.selectionEnd === 3);
  await page.keyboard.type("uno");
  await page.keyboard.press("Enter");
  await focused(page, "uno.txt");
  await page.keyboard.press("Delete");
  await dialog().getByText("Delete “uno.txt”?").waitFor();
  await button(dialog(), "Cancel").click();
  await row(page, "sub").click({ button: "right" });
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await dialog().getByText("Delete folder “sub”?").waitFor();
  await button(dialog(), "Delete").click();
  await row(page, "sub").waitFor({ state: "detached" });
  assert.deepEqual(await below(), ["two.txt", "uno.txt"]);
});

test("of several that are selected, F2 is about the one that has the focus", async () => {
  await select(page, "one.txt", "two.txt");
  await row(page, "two.txt").focus();
  await page.keyboard.press("F2");
  await dialog().getByRole("textbox").fill("due.txt");
  await page.keyboard.press("Enter");
  await focused(page, "due.txt");
  assert.deepEqual(await below(), ["due.txt", "one.txt", "sub/three.txt"]);
});

test("what is confirmed twice is done once", async () => {
  let asked = 0;
  await page.route("**/CatalogService.createFolder", async (route) => {
    asked += 1;
    await route.continue();
  });
  await button(page, "New Folder").click();
  await dialog().getByRole("textbox").fill("twice");
  await page.evaluate(() => {
    const press = () => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", keyCode: 13, which: 13, bubbles: true }));
    press();
    setTimeout(press, 20);
    setTimeout(press, 40);
  });
  await focused(page, "twice");
  assert.equal(asked, 1);
});

test("who does not wait for the counting is not told of it", async () => {
  const held = [];
  await page.route("**/CatalogService.summary*", (route) => held.push(route));
  await select(page, "sub");
  const asked = page.waitForRequest(/summary/);
  await button(page, "Delete").click();
  await asked;
  await page.keyboard.press("Escape");
  await dialog().waitFor({ state: "hidden" });
  await held[0].fulfill({ status: 503, body: "" });
  await button(page, "Rename").click(); // what is asked by now stays
  await dialog().getByRole("textbox").waitFor();
  await button(dialog(), "Cancel").click();
  await dialog().waitFor({ state: "hidden" });
});

test("a failure is told once", async () => {
  await select(page, "one.txt");
  await button(page, "Delete").click();
  await dialog().getByRole("button", { name: "Delete", disabled: false }).waitFor();
  await page.route("**/catalog/**", (route) => route.fulfill({ status: 503, body: "" }));
  await button(dialog(), "Delete").click();
  await dialog().getByText("The service does not answer").waitFor();
  await button(dialog(), "Close").click();
  await dialog().waitFor({ state: "hidden" });
  await page.waitForTimeout(500);
  assert.equal(await dialog().count(), 0);
  assert.equal((await below()).length, 3);
});

test("a part of the page that does not come is told", async () => {
  await page.route(/rest\.js$/, (route) => route.abort());
  await scene.go(page, "");
  await row(page, BUCKET).waitFor();
  await page.route(/\/controller\/.*\.js$/, (route) => route.abort()); // as when another release has taken its place
  await row(page, BUCKET).click();
  await dialog().getByText("Something unexpected happened").waitFor();
  await page.unroute(/rest\.js$/);
  await button(dialog(), "Try Again").click();
  await row(page, "README.md").waitFor();
  page.problems.length = 0; // the browser tells of it, too
});

test("an object that is open leaves with its row, or is followed", async () => {
  await row(page, "one.txt").getByText("one.txt").click();
  await page.getByRole("heading", { name: "one.txt" }).waitFor();
  await row(page, "one.txt").focus();
  await page.keyboard.press("F2");
  await dialog().getByRole("textbox").fill("uno.txt");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "uno.txt" }).waitFor();
  await row(page, "uno.txt").focus();
  await page.keyboard.press("Delete");
  await button(dialog(), "Delete").click();
  await page.waitForURL((url) => !url.hash.includes("/object/"));
  await focused(page, "two.txt");
  assert.deepEqual(await below(), ["sub/three.txt", "two.txt"]);
});

test("number and size are told before anything is deleted", async () => {
  await select(page, "one.txt", "sub");
  await button(page, "Delete").click();
  await dialog().getByText("Objects: 2 – size: 8 Bytes").waitFor();
  await dialog().getByText("Unless the bucket keeps versions, this can’t be undone.").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.innerText), "Cancel");
  await page.keyboard.press("Enter");
  assert.equal((await below()).length, 3);
  await dialog().waitFor({ state: "hidden" });
  await button(page, "Delete").click();
  await button(dialog(), "Delete").click();
  await row(page, "sub").waitFor({ state: "detached" });
  assert.deepEqual(await below(), ["two.txt"]);
  await focused(page, "two.txt");
});

test("who may only read is offered nothing else", async () => {
  const reader = await scene.page("bob", { at: `bucket/${BUCKET}/${encodeURIComponent(encodeURIComponent(root))}` });
  await row(reader, "one.txt").waitFor();
  await button(reader, "Download").waitFor();
  for (const name of ["Delete", "Rename", "Move", "Copy", "New Folder", "Upload", "Transfers"]) {
    assert.equal(await button(reader, name).count(), 0, name);
  }
  await scene.close(reader);
});

test("what is asked is about where it was asked, and not asked any more elsewhere", async () => {
  const other = "invoices-2026";
  const key = `${root}one.txt`;
  await scene.put(other, key, "of another bucket");
  const here = page.url();
  await page.evaluate(([from, to]) => { location.hash = location.hash.replace(from, to); }, [BUCKET, other]);
  await page.getByText("Objects (1)").waitFor();
  for (const name of ["Delete", "Rename", "Move", "New Folder"]) {
    await page.goBack();
    await page.getByText("Objects (3)").waitFor();
    await select(page, "one.txt");
    await button(page, name).click();
    await dialog().waitFor();
    await page.goForward();
    await page.getByText("Objects (1)").waitFor();
    await dialog().waitFor({ state: "hidden" });
  }
  await page.goBack();
  await page.getByText("Objects (3)").waitFor();
  assert.equal(page.url(), here);
  await select(page, "one.txt");
  await button(page, "Delete").click();
  const confirm = button(dialog(), "Delete");
  await dialog().getByRole("button", { name: "Delete", disabled: false }).waitFor();
  await confirm.focus();
  await page.keyboard.press("Enter");
  await page.evaluate(() => history.forward()); // while the dialog closes
  await page.getByText("Objects (1)").waitFor();
  await page.waitForTimeout(1000);
  assert.deepEqual(await scene.keys(other, root), [key]);
  assert.deepEqual(await below(), ["sub/three.txt", "two.txt"]);
});
