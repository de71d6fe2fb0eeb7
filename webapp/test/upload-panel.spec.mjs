// What people see of uploads without looking for it, the panel by keyboard, and the frame around it.

import assert from "node:assert/strict";
import test from "node:test";
import { axeProblems, LOOKS } from "./harness/browser.mjs";
import {
  BUCKET, choose, go, hasFocus, item, MIB, open, openPanel, page, put, reached, ROOT, world,
} from "./harness/transfers.mjs";
import { until } from "./harness/world.mjs";

const button = (name) => page.getByRole("button", { name, exact: true });
const panel = () => page.getByRole("dialog", { name: "Transfers" });
const focused = (name) => until(() => hasFocus(button(name)));
const toast = (text) => page.getByRole("alert").getByText(text, { exact: true }).waitFor();

test("pausing and cancelling by keyboard", async () => {
  await open();
  world.front.rate = 2 * MIB;
  const files = await Promise.all(["first.bin", "second.bin"].map((name) => world.file(name, 20 * MIB)));
  await choose(files.map(({ path }) => path), "keys/");
  await toast("Upload of 2 files has started");
  await until(async () => (await item("first.bin"))?.sent !== 0 && (await item("second.bin"))?.percent >= 2);
  await openPanel();
  await button("Pause first.bin").focus();
  await page.keyboard.press("Enter");
  await focused("Continue first.bin");
  await world.picture(page, "upload paused");
  await page.keyboard.press("Enter");
  await focused("Pause first.bin");
  await button("Cancel first.bin").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("alertdialog").getByText('Cancel the upload of "first.bin"?').waitFor();
  await world.picture(page, "upload cancel");
  // a second Enter keeps it
  await page.keyboard.press("Enter");
  await focused("Cancel first.bin");
  assert.notEqual((await item("first.bin")).state, "cancelled");
  await page.keyboard.press("Enter");
  await page.getByRole("alertdialog").getByRole("button", { name: "Cancel Upload" }).click();
  await focused("Cancel second.bin");
  assert.ok(await panel().isVisible());
  await button("Remove first.bin from the list").click();
  await focused("Cancel second.bin");
  assert.equal(await item("first.bin"), undefined);
  await page.evaluate(() => globalThis.uploads.pauseAll());
});

/** What the service says to who may not write. */
function refuse(request, answer) {
  if (request.method !== "PUT") return false;
  request.resume().on("end", () => {
    answer.writeHead(403, { "content-type": "application/json", "x-correlation-id": "c1" });
    answer.end('{"error":{"code":"Forbidden","message":"You are not permitted to write objects"}}');
  });
  return true;
}

test("an upload that failed is told of, and stands above those that went well", async () => {
  await open();
  // looked for from the beginning, because it is gone after some seconds
  await Promise.all([toast('"stored.txt" has been uploaded'), choose([await world.text("stored.txt", "x")], "told/")]);
  world.front.instead = refuse;
  await Promise.all([toast("Not everything was uploaded. Failed: 1"), choose([await world.text("refused.txt", "x")], "told/")]);
  assert.ok(await button("Transfers (Failed: 1, Stored: 1)").isVisible());
  await page.getByText("Uploads need your attention. Failed: 1").waitFor();
  await world.picture(page, "upload failed");
  await page.getByRole("link", { name: "Show", exact: true }).click();
  await panel().waitFor();
  await until(async () => /refused/.test(await panel().getByRole("row").nth(1).textContent()));
  assert.ok(await panel().getByText("Ask your administrator for the group S3CatalogWriter.").isVisible());
  await world.picture(page, "upload failed panel");
  assert.deepEqual(await axeProblems(page), []);
  await button("Remove refused.txt from the list").click();
  await until(async () => !(await page.getByText("Uploads need your attention").isVisible()));
  await panel().getByRole("link", { name: "stored.txt" }).click();
  await until(() => page.title().then((title) => title.startsWith("stored.txt – ")));
});

test("what failed stays when the list is cleared", async () => {
  await open();
  await choose([await world.text("finished.txt", "x")], "clear/");
  await reached("finished.txt", "done");
  world.front.instead = refuse;
  await choose([await world.text("unfinished.txt", "x")], "clear/");
  await reached("unfinished.txt", "failed");
  await openPanel();
  await button("Clear Finished").click();
  await until(async () => !(await item("finished.txt")));
  assert.equal((await item("unfinished.txt")).state, "failed");
  await until(() => button("Clear Finished").isDisabled());
  await until(() => hasFocus(panel().getByRole("row").filter({ hasText: "unfinished.txt" })));
  await button("Remove unfinished.txt from the list").click();
  await until(async () => !(await item("unfinished.txt")));
});

test("what clears the list does not lose the focus", async () => {
  await open();
  await choose([await world.text("last.txt", "x")], "clear/");
  await reached("last.txt", "done");
  await openPanel();
  await button("Clear Finished").focus();
  await page.keyboard.press("Enter");
  await panel().getByText("No uploads yet").waitFor();
  await page.waitForTimeout(700);
  assert.ok(await hasFocus(panel()), "the focus is not in the panel");
  await page.keyboard.press("Escape");
  await until(async () => !(await panel().isVisible()));
});

test("what was stored opens beside the list, which stays as it is searched and sorted", async () => {
  await open();
  await choose([await world.text("shown.txt", "x")], "shown/");
  await reached("shown.txt", "done");
  const query = "?search=SHOWN&sort=-objectKey";
  await go(`bucket/${BUCKET}/${encodeURIComponent(encodeURIComponent(`${ROOT}shown/`))}${query}`);
  await page.getByRole("row").filter({ hasText: "shown.txt" }).waitFor();
  await openPanel();
  await panel().getByRole("link", { name: "shown.txt" }).click();
  await until(() => page.title().then((title) => title.startsWith("shown.txt – ")));
  assert.ok(page.url().endsWith(query), page.url());
});

test("a file alone is not asked about for all", async () => {
  await open();
  await put("alone/alone.txt", "old", "text/plain");
  await choose([await world.text("alone.txt", "new")], "alone/");
  const dialog = page.getByRole("alertdialog");
  await dialog.getByText('"alone.txt" already exists').waitFor();
  assert.equal(await dialog.getByRole("checkbox").count(), 0);
  await world.picture(page, "upload conflict");
  await dialog.getByRole("button", { name: "Skip" }).click();
  await reached("alone.txt", "skipped");
});

test("the window is named after what it shows, in the language that is chosen", async () => {
  await open();
  await choose([await world.text("sized.txt", "x".repeat(1500))], "sized/");
  assert.equal((await reached("sized.txt", "done")).amount, "1.5 KB");
  const titled = (title) => until(async () => (await page.title()) === title);
  await titled("Buckets – S3 Catalogue");
  await go(`bucket/${BUCKET}`);
  await titled(`${BUCKET} – S3 Catalogue`);
  await go(`bucket/${BUCKET}/${encodeURIComponent(encodeURIComponent("a/b c/"))}`);
  await titled(`b c – ${BUCKET} – S3 Catalogue`);
  await go("nowhere");
  await titled("There is no such page – S3 Catalogue");
  await go("");
  await page.evaluate(() => sap.ui.require("sap/base/i18n/Localization").setLanguage("de"));
  await titled("Buckets – S3-Katalog");
  await until(async () => (await item("sized.txt")).amount === "1,5 KB");
});

test("the empty panel on a phone", async () => {
  await open("alice", LOOKS.phone);
  await page.evaluate(() => globalThis.uploads.openPanel(sap.ui.require("sap/ui/core/Element").getElementById("container-s3catalog---app--profile")));
  await panel().getByText("No uploads yet").waitFor();
  await until(async () => (await page.getByRole("heading", { name: "S3 Catalogue" }).count()) === 1);
  await world.picture(page, "upload empty phone");
  assert.deepEqual(await axeProblems(page), []);
});
