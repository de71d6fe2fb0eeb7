// Addresses: how a list is said by them, and what follows from what they say.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { BUCKET, choice, fill, names, placeOf } from "./support/folder.mjs";
import { Scene, button, row } from "./support/page.mjs";

/** A folder of this run alone. */
const ROOT = `address-${Date.now().toString(36)}/`;
const HERE = placeOf(BUCKET, ROOT);
let scene;

before(async () => {
  scene = await Scene.begin();
  await fill(scene, ROOT);
});
after(() => scene.end());

test("a word that was searched in one folder is searched in the next as well", async () => {
  const page = await scene.page("alice", { at: HERE });
  const search = page.getByRole("searchbox", { name: "Search in this folder" });
  await search.fill("e");
  await page.getByText("Objects (2)").waitFor();
  await row(page, "deep").getByText("deep").click();
  await row(page, "er").waitFor();
  await search.fill("e");
  await page.getByText("Objects (1)").waitFor();
  await search.fill("x");
  await page.getByText("No matching objects").waitFor();
  await scene.close(page);
});

test("an address says how the list is: after a reload, on the way back, and to whom it is sent", async () => {
  const page = await scene.page();
  const hash = (wanted) => page.waitForURL((url) => url.hash === wanted);
  await page.getByRole("searchbox", { name: "Search buckets" }).pressSequentially("INVO", { delay: 5 });
  await hash("#/?search=INVO");
  await page.getByRole("heading", { name: "Buckets (1)" }).waitFor();
  await row(page, BUCKET).getByText(BUCKET).click();
  await row(page, ROOT.slice(0, -1)).getByText(ROOT.slice(0, -1)).click();
  await page.getByText("Objects (4)").waitFor();

  await page.getByRole("searchbox", { name: "Search in this folder" }).fill("a.T");
  await page.getByText("Objects (1)").waitFor();
  await page.getByRole("searchbox", { name: "Search in this folder" }).fill("&/?%");
  await hash(`#/${HERE}?search=%2526%252F%253F%2525`);
  await page.getByRole("searchbox", { name: "Search in this folder" }).fill(".");
  await page.getByText("Objects (2)").waitFor();
  await button(page.locator("[id$=midColumn]"), "Sort").click();
  await choice(page, "Descending").click();
  await button(page, "OK").click();
  await hash(`#/${HERE}?search=.&sort=-objectKey`);
  await page.waitForFunction(() => document.querySelector("[id$=midColumn] tbody tr .named")?.innerText === "B.csv");
  const seen = async (target) => {
    await target.getByText("Objects (2)").waitFor();
    assert.deepEqual((await names(target, "mid")).map((name) => name.split("\n")[0]), ["B.csv", "a.txt"]);
    assert.equal(await target.getByRole("searchbox", { name: "Search in this folder" }).inputValue(), ".");
  };

  await page.reload();
  await seen(page);
  await row(page, "a.txt").getByText("a.txt").click();
  await page.getByText("first", { exact: true }).waitFor();
  await page.reload();
  await page.getByText("first", { exact: true }).waitFor();
  await seen(page);
  await page.waitForTimeout(700); // columns slide in, and the toolbar with them
  for (const term of ["a", "."]) { // also beside an object
    await page.getByRole("searchbox", { name: "Search in this folder" }).fill(term);
    await page.waitForURL(({ hash: now }) => now.includes("/object/") && now.endsWith(`?search=${term}&sort=-objectKey`));
  }
  await seen(page);
  await button(page, "Close column").last().click();
  await hash(`#/${HERE}?search=.&sort=-objectKey`);
  await seen(page);
  const other = await scene.page("bob", { at: page.url().split("#/")[1] });
  await seen(other);
  await scene.close(other);

  await page.goBack();
  await page.getByText("first", { exact: true }).waitFor();
  await page.goBack();
  await seen(page);
  await page.goBack();
  await hash(`#/bucket/${BUCKET}`);
  await page.goBack();
  await hash("#/?search=INVO");
  await page.reload();
  await page.getByRole("heading", { name: "Buckets (1)" }).waitFor();
  await button(page, "All buckets").click();
  await page.getByRole("heading", { name: /^Buckets \((?!1\))/ }).waitFor();
  await scene.close(page);
});

test("an address can filter, and lead to the recycle bin", async () => {
  const page = await scene.page("alice", { at: `${HERE}?kind=image.archive&size=large&age=week` });
  await page.getByText("Objects (2)").waitFor();
  await page.getByText("Filtered By: Type (Images, Archives), Size (100 MB and larger), Modified (In the last 7 days)").last().waitFor();
  await button(page, "Filter").click();
  await choice(page, "Size").click();
  assert.ok(await page.getByRole("dialog").getByRole("listitem").filter({ hasText: "100 MB and larger" }).getByRole("checkbox").isChecked());
  await button(page, "Cancel").click();
  await button(page, "Clear filter").click();
  await page.getByText("Objects (4)").waitFor();
  await page.waitForURL((url) => url.hash === `#/${HERE}`);
  await button(page, "Recycle Bin").click();
  await page.waitForURL((url) => url.hash.endsWith("?deleted=true"));
  await page.reload();
  await button(page, "Back to Objects").waitFor();
  await scene.close(page);
});

test("what an address can't mean is as if it were not there", async () => {
  const nonsense = [
    "sort=-constructor&kind=toString.__proto__&age=century&size=&deleted=maybe&search=%2500&__proto__=x&=&search",
    "search=%25E0%25A4&sort=size", // can't be decoded
    `search=${"x".repeat(1025)}&sort=%257Bpath%257D`,
  ];
  const page = await scene.page();
  for (const query of nonsense) {
    await scene.go(page, `${HERE}?${query}`);
    await page.getByText("Objects (4)").waitFor();
    assert.deepEqual(await names(page, "mid"), ["50% off & more", "deep", "a.txt", "B.csv"]);
    await page.goto(`${scene.url}/#/?${query}`);
    await page.getByRole("heading", { name: /^Buckets \(\d/ }).waitFor();
  }
  await scene.go(page, `${HERE}?search=50%25`); // as people type it
  await page.getByText("Objects (1)").waitFor();
  assert.deepEqual(await names(page, "mid"), ["50% off & more"]);
  await scene.close(page);
});

test("who comes back sees how it is by now, and links without their last slash lead to the folder", async () => {
  const page = await scene.page("alice");
  await page.route("**/objects?*", (route) => route.fulfill({ status: 503, json: { error: { code: "StorageUnavailable", message: "x" } } }));
  await scene.go(page, `bucket/${BUCKET}/${encodeURIComponent(encodeURIComponent(ROOT.slice(0, -1)))}`);
  await button(page, "Try Again").first().waitFor();
  await page.unroute("**/objects?*");
  await page.goBack();
  await page.goto(`${scene.url}/#/`);
  await row(page, BUCKET).getByText(BUCKET).click();
  await row(page, ROOT.slice(0, -1)).waitFor();
  await page.goto(`${scene.url}/#/bucket/${BUCKET}/${encodeURIComponent(encodeURIComponent(ROOT.slice(0, -1)))}`);
  await row(page, "a.txt").waitFor();
  await page.getByRole("link", { name: `${BUCKET} ` }).waitFor();
  await scene.close(page);
});
