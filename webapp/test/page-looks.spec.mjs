// How it looks: themes, languages, narrow screens, and what axe-core says of each.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { LOOKS, axeProblems, screenshot } from "./harness/browser.mjs";
import { Scene, button, row, select } from "./support/page.mjs";

const BUCKET = "sales-reports";
/** Others leave much in a sandbox that is used for long. */
const FOLDER = "looks/";
const AT_FOLDER = `bucket/${BUCKET}/${encodeURIComponent(encodeURIComponent(FOLDER))}`;
let scene;

before(async () => {
  scene = await Scene.begin();
  await scene.put(BUCKET, `${FOLDER}README.md`, "# Sales reports\n\nOne folder a year.\n", "text/markdown");
});
after(() => scene.end());

const PLACES = {
  buckets: { at: "", text: BUCKET },
  objects: { at: AT_FOLDER, text: "README.md" },
  object: { at: `bucket/${BUCKET}/object/${encodeURIComponent(encodeURIComponent(`${FOLDER}README.md`))}`, text: "One folder a year." },
  connection: { at: "connection", text: "Bindings", user: "alice" },
};
const THEMES = {
  ...LOOKS,
  contrast: { colorScheme: "dark", contrast: "more", viewport: { width: 1280, height: 900 } },
};

for (const [name, look] of Object.entries(THEMES)) {
  test(`nothing serious is found, ${name}`, async () => {
    for (const [place, { at, text, user = "carol" }] of Object.entries(PLACES)) {
      const page = await scene.page(user, { at, look });
      await page.getByText(text).first().waitFor();
      await page.waitForTimeout(700); // columns slide in
      await screenshot(page, `${place}-${name}`);
      assert.deepEqual(await axeProblems(page), [], `${place}, ${name}`);
      const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(width <= 0, `${place} is ${width} px too wide`);
      await scene.close(page);
    }
  });
}

test("the page goes along with the system until somebody chooses, and remembers that", async () => {
  const page = await scene.page("alice", { look: LOOKS.light });
  const theme = (name) => page.waitForFunction((wanted) => (
    document.documentElement.classList.contains(`sapUiTheme-${wanted}`)), name);
  await row(page, BUCKET).waitFor();
  await theme("sap_horizon");
  await page.emulateMedia({ colorScheme: "dark" });
  await theme("sap_horizon_dark");
  await choose(page, "Theme", "High contrast (white)");
  await theme("sap_horizon_hcw");
  await page.reload();
  await theme("sap_horizon_hcw");
  await row(page, BUCKET).waitFor();
  await choose(page, "Theme", "As the system");
  await theme("sap_horizon_dark");
  await scene.close(page);
});

test("the language is the browser's, or the one chosen", async () => {
  const page = await scene.page("alice", { locale: "de-AT" });
  await page.getByRole("heading", { name: /^Buckets \(/ }).waitFor();
  await page.getByRole("searchbox", { name: "Buckets suchen" }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "de-AT");
  const { created } = await (await scene.ask(`Buckets('${BUCKET}')`)).json();
  await row(page, BUCKET).getByText(new Date(created).toLocaleDateString("de-AT", { dateStyle: "medium" }), { exact: true }).waitFor();
  await choose(page, "Sprache", "日本語");
  await page.getByRole("searchbox", { name: "バケットを検索" }).waitFor();
  await page.getByRole("heading", { name: /^バケット \(/ }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: /^バケット \(/ }).waitFor();
  await scene.go(page, AT_FOLDER);
  await page.getByRole("heading", { name: "オブジェクト (1)" }).waitFor();
  await choose(page, "言語", "Français");
  await page.getByRole("heading", { name: "Objets (1)" }).waitFor();
  await scene.close(page);
});

test("the user menu says who is signed in, and what that person may do", async () => {
  const menus = [
    ["alice", "en-GB", BUCKET, ["Editor: view, upload, change, delete", "Administrator: check the connection"]],
    ["bob", "de-DE", BUCKET, ["Leser: ansehen, herunterladen"]],
    ["dave", "en-GB", "You have no access yet", ["No access yet"]],
  ];
  for (const [user, locale, text, rights] of menus) {
    const page = await scene.page(user, { locale });
    const { firstname, lastname, email } = await (await page.request.get(`${scene.url}/user-api/currentUser`)).json();
    await page.getByText(text).last().waitFor();
    await page.locator("[id$=profile]").click();
    const entries = page.getByRole("menuitem");
    await entries.filter({ hasText: rights.at(-1) }).waitFor();
    assert.deepEqual((await entries.allInnerTexts()).slice(0, rights.length + 1), [`${firstname} ${lastname} (${email})`, ...rights]);
    await entries.first().click();
    assert.ok(await entries.first().isVisible(), "it says something and does nothing");
    await screenshot(page, `user-menu-${user}`);
    assert.deepEqual(await axeProblems(page), []);
    await scene.close(page);
  }
});

async function choose(page, menu, item) {
  await page.locator("[id$=profile]").click();
  await page.getByRole("menuitem", { name: menu }).click();
  await page.getByText(item, { exact: true }).click();
}

test("the dialogs have nothing serious either", async () => {
  const page = await scene.page("alice", { at: AT_FOLDER });
  await select(page, "README.md");
  for (const name of ["Delete", "Rename", "Move", "New Folder", "Filter"]) {
    await button(page, name).click();
    const dialog = page.getByRole("dialog").or(page.getByRole("alertdialog")).first();
    await dialog.waitFor();
    await page.waitForTimeout(500);
    await screenshot(page, `dialog-${name.toLowerCase().replaceAll(" ", "-")}`);
    assert.deepEqual(await axeProblems(page), [], name);
    await button(dialog, "Cancel").click();
    await dialog.waitFor({ state: "hidden" });
  }
  await scene.close(page);
});

test("nor have fields that are wrong, with the focus and without it", async () => {
  const page = await scene.page("alice", { at: AT_FOLDER });
  const judge = async (field, name) => {
    await page.locator(`[id$=${field}][aria-invalid=true]:focus`).waitFor();
    await page.locator("[id$=-message]").waitFor();
    await screenshot(page, `wrong-${name}`);
    assert.deepEqual(await axeProblems(page), [], `${name}, focused`);
    await page.evaluate(() => document.activeElement.blur());
    await page.locator("[id$=-message]").waitFor({ state: "detached" });
    assert.deepEqual(await axeProblems(page), [], name);
  };
  const dialogs = {
    "New Folder": { field: "folderName-inner", confirm: "Create", typed: "a/b" },
    Rename: { field: "newName-inner", confirm: "Rename", typed: "a/b" },
    Move: { field: "targetFolder-inner", confirm: "Move", typed: "/" },
  };
  await select(page, "README.md");
  for (const [name, { field, confirm, typed }] of Object.entries(dialogs)) {
    await button(page, name).click();
    const dialog = page.getByRole("dialog");
    await dialog.locator(`[id$=${field}]`).fill(typed);
    await button(dialog, confirm).click();
    await judge(field, name);
    await button(dialog, "Cancel").click();
    await dialog.waitFor({ state: "hidden" });
  }
  await row(page, "README.md").getByText("README.md").click();
  await button(page, "Edit").click();
  for (const list of ["metadata", "tags"]) {
    await button(page, "Add").nth(list === "tags" ? 1 : 0).click();
    await page.locator(`[id$=${list}] input`).nth(1).fill("of no name");
    await button(page, "Save").click();
    await judge("inner", list);
    await page.locator(`[id$=${list}]`).getByRole("button", { name: "Remove" }).click();
  }
  await scene.close(page);
});

test("what happens is told to screen readers", async () => {
  const page = await scene.page("alice", { at: AT_FOLDER });
  await row(page, "README.md").waitFor();
  await page.evaluate(() => {
    globalThis.told = [];
    for (const live of document.querySelectorAll("[aria-live]")) {
      new MutationObserver(() => live.textContent && told.push(live.textContent)).observe(live, { childList: true, characterData: true, subtree: true });
    }
  });
  await page.getByRole("searchbox", { name: "Search in this folder" }).fill("readme");
  await page.waitForFunction(() => told.some((text) => text.includes("Objects: 1")));
  await scene.close(page);
});
