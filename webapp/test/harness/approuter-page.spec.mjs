// A day of an editor's work on the built page, through the real approuter and the sign-in page of
// the sandbox's SAP Cloud Identity Services; what is stored is compared past all of it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { button, row, select } from "../support/page.mjs";
import { startApprouter } from "./approuter.mjs";
import { axeProblems, screenshot, signInAtApprouter, startBrowser } from "./browser.mjs";
import { startSandbox } from "./sandbox.mjs";
import { contentPath, direct } from "./service.mjs";
import { until, World } from "./world.mjs";

const BUCKET = "shared-templates"; // it keeps versions
const FOLDER = `day ${Date.now().toString(36)} 100%/`;
const MIB = 1 << 20;
const SIZE = 300 * MIB;

let sandbox, approuter, browser, page, file;
const world = new World();

before(async () => {
  sandbox = await startSandbox();
  approuter = await startApprouter(sandbox);
  browser = await startBrowser();
  world.ready = sandbox;
  await world.makeFolder();
  file = await world.file("film.bin", SIZE);
  await put("notes.md", "# Monday\n\nbuy paper", "text/markdown");
  page = await browser.page();
  page.setDefaultTimeout(45_000);
  page.on("dialog", (dialog) => dialog.accept());
}, { timeout: 30 * 60_000 });

after(async () => {
  await browser?.end();
  await approuter?.end();
  await world.removeFolder();
  await sandbox?.end();
});

const put = (name, body, type) => world.put(BUCKET, FOLDER + name, body, type);
const dialog = () => page.getByRole("dialog").or(page.getByRole("alertdialog")).last();
const names = () => page.locator("[id$=beginColumn] tbody tr .named").allInnerTexts();

test("who comes by an address signs in and is there", async () => {
  await signInAtApprouter(page, `${approuter.url}/`, "editor");
  await page.getByRole("heading", { name: /^Buckets \(\d/ }).waitFor();
  assert.ok((await names()).includes(BUCKET));
});

test("buckets are sorted and searched, a folder is opened", async () => {
  const before = await names();
  await button(page, "Sort").click();
  await page.getByRole("dialog").getByRole("listitem").getByText("Descending", { exact: true }).last().click();
  await button(page, "OK").click();
  await until(async () => (await names())[0] === before.at(-1));
  await page.getByRole("searchbox", { name: "Search buckets" }).fill("templates");
  await page.getByRole("heading", { name: "Buckets (1)" }).waitFor();
  await row(page, BUCKET).getByText(BUCKET).click();
  await row(page, FOLDER.slice(0, -1)).getByText(FOLDER.slice(0, -1)).click();
  await row(page, "notes.md").waitFor();
});

test("300 MB arrive over a network that is cut and a page that is loaded anew", async () => {
  const session = await page.context().newCDPSession(page);
  const network = (uploadThroughput, offline = false) => session.send("Network.emulateNetworkConditions", {
    offline, latency: 0, downloadThroughput: -1, uploadThroughput,
  });
  await session.send("Network.enable");
  await network(25 * MIB);
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), button(page, "Upload").click()]);
  await chooser.setFiles([file.path]);
  const transfers = () => page.getByRole("button", { name: /^Transfers/ }).first().click();
  const progress = row(page, "film.bin").getByRole("progressbar");
  const percent = async () => Number(await progress.getAttribute("aria-valuenow"));
  await transfers();
  await until(async () => (await percent()) >= 15, { seconds: 60 });
  await screenshot(page, "approuter upload");
  await network(0, true);
  await page.getByText("No network: continues by itself").first().waitFor();
  await network(25 * MIB);
  await until(async () => (await percent()) >= 45, { seconds: 60 });
  await page.reload();
  await row(page, "notes.md").waitFor();
  await transfers();
  const first = page.waitForRequest((request) => request.method() === "PATCH");
  const [again] = await Promise.all([
    page.waitForEvent("filechooser"), page.getByRole("button", { name: "Choose film.bin again" }).click(),
  ]);
  await again.setFiles([file.path]);
  await network(-1);
  const offset = Number((await first).headers()["upload-offset"]);
  assert.ok(offset >= 0.3 * SIZE, `what was sent is not sent again: it goes on at ${offset}`);
  await page.getByText("Stored", { exact: true }).first().waitFor({ timeout: 120_000 });
  await page.keyboard.press("Escape");
  await page.getByRole("dialog", { name: "Transfers" }).waitFor({ state: "hidden" });
  await row(page, "film.bin").waitFor();
  assert.equal(await world.stored(BUCKET, `${FOLDER}film.bin`), file.sha256);
});

test("an object is looked at", async () => {
  await row(page, "notes.md").getByText("notes.md").click();
  await page.getByRole("heading", { name: "Monday" }).waitFor();
  await page.waitForTimeout(700); // columns slide in
  await screenshot(page, "approuter preview");
  assert.deepEqual(await axeProblems(page), []);
  await page.reload();
  await page.getByRole("heading", { name: "Monday" }).waitFor();
  await page.goBack();
});

test("it is renamed, deleted and brought back", async () => {
  await select(page, "notes.md");
  await button(page, "Rename").click();
  await dialog().getByRole("textbox").fill("50% off.md");
  await button(dialog(), "Rename").click();
  await row(page, "50% off.md").waitFor();
  await select(page, "50% off.md");
  await button(page, "Delete").click();
  await button(dialog(), "Delete").click();
  await row(page, "50% off.md").waitFor({ state: "detached" });
  assert.equal(await world.stored(BUCKET, `${FOLDER}50% off.md`), null);
  await button(page, "Recycle Bin").click();
  await select(page, "50% off.md");
  await button(page, "Restore").click();
  await row(page, "50% off.md").waitFor({ state: "detached" });
  await button(page, "Back to Objects").click();
  await row(page, "50% off.md").waitFor();
  const kept = await direct(sandbox, contentPath(BUCKET, `${FOLDER}50% off.md`));
  assert.equal(await kept.text(), "# Monday\n\nbuy paper");
});

test("nothing was refused by the page's policy, no script failed", () => {
  assert.deepEqual(page.problems, []);
});
