// Buckets and objects: what is listed, searched, sorted and selected.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { LOOKS } from "./harness/browser.mjs";
import { BUCKET, STRANGE, choice, fill, names, placeOf } from "./support/folder.mjs";
import { Scene, button, focused, row, select } from "./support/page.mjs";
import { Sight } from "./support/sight.mjs";

/** A folder of this run alone. */
const ROOT = `lists-${Date.now().toString(36)}/`;
const HERE = placeOf(BUCKET, ROOT);
/** UI5 takes a narrow window for a desktop's, unless a phone says that it is one. */
const PHONE = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36";
let scene;

before(async () => {
  scene = await Scene.begin();
  await fill(scene, ROOT);
});
after(() => scene.end());

test("buckets are listed as the service has them, searched and sorted", async () => {
  const page = await scene.page();
  const { value } = await (await scene.ask("Buckets?$orderby=name")).json();
  const ids = value.map(({ id }) => id);
  await page.getByRole("heading", { name: `Buckets (${ids.length})` }).waitFor();
  assert.deepEqual(await names(page, "begin"), ids);

  await page.getByRole("searchbox", { name: "Search buckets" }).fill("PHOTO");
  await page.getByRole("heading", { name: "Buckets (1)" }).waitFor();
  assert.deepEqual(await names(page, "begin"), ids.filter((id) => id.includes("photo")));
  await page.getByRole("searchbox", { name: "Search buckets" }).fill("no such bucket");
  await page.getByText("No bucket has such a name").waitFor();
  await page.getByRole("heading", { name: "Buckets (0)" }).waitFor();
  await page.getByRole("searchbox", { name: "Search buckets" }).fill("");
  await page.getByRole("heading", { name: `Buckets (${ids.length})` }).waitFor();

  await button(page, "Sort").click();
  await choice(page, "Descending").click();
  await button(page, "OK").click();
  await page.waitForFunction((first) => document.querySelector("tbody tr .named")?.innerText === first, ids.at(-1));
  assert.deepEqual(await names(page, "begin"), [...ids].reverse());
  await scene.close(page);
});

test("what is there can be opened while buckets are read anew, and the open one is marked whatever is searched", async () => {
  const page = await scene.page();
  await row(page, BUCKET).waitFor();
  const held = new Promise((resolve) => page.route("**/$batch", resolve));
  await button(page, "Refresh").first().click();
  const request = await held;
  await row(page, BUCKET).getByText(BUCKET).click();
  await page.getByRole("heading", { name: BUCKET, exact: true }).waitFor();
  await request.continue();
  await page.unroute("**/$batch");
  const marked = page.locator("[id$=beginColumn] tbody tr[aria-selected=true]");
  await marked.getByText(BUCKET).waitFor();
  const search = page.getByRole("searchbox", { name: "Search buckets" });
  for (const term of [BUCKET.slice(0, 5), BUCKET, ""]) {
    await search.fill(term);
    await page.waitForTimeout(600);
    await marked.getByText(BUCKET).waitFor();
    assert.equal(await marked.count(), 1);
  }
  await scene.close(page);
});

test("a search that another one follows says nothing", async () => {
  const page = await scene.page();
  await row(page, BUCKET).waitFor();
  const requests = [];
  await page.route("**/$batch", (route) => requests.push(route));
  const search = page.getByRole("searchbox", { name: "Search buckets" });
  await search.fill("nowhere");
  await page.waitForTimeout(700);
  await search.fill(BUCKET);
  await page.waitForTimeout(700);
  assert.equal(await page.getByText("Buckets (0)").count(), 0);
  await Promise.all(requests.map((route) => route.continue().catch(() => {}))); // the first was given up
  await page.unroute("**/$batch");
  await page.getByRole("heading", { name: "Buckets (1)" }).waitFor();
  await scene.close(page);
});

test("folders are gone through by rows, trail and address, whatever is in their names", async () => {
  const page = await scene.page("alice", { at: `bucket/${BUCKET}` });
  await row(page, ROOT.slice(0, -1)).getByText(ROOT.slice(0, -1)).click();
  await page.getByText("Objects (4)").waitFor();
  assert.deepEqual(await names(page, "mid"), ["50% off & more", "deep", "a.txt", "B.csv"]);
  await row(page, "50% off & more").getByText("50% off & more").click();
  await row(page, STRANGE).waitFor();

  await page.reload();
  await row(page, STRANGE).getByText(STRANGE).click();
  await page.getByRole("heading", { name: STRANGE }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: STRANGE }).waitFor();
  await page.getByText("strange", { exact: true }).waitFor();

  await page.getByRole("link", { name: `${ROOT.slice(0, -1)} ` }).click();
  await row(page, "a.txt").waitFor();
  await page.getByRole("link", { name: `${BUCKET} ` }).click();
  await row(page, ROOT.slice(0, -1)).waitFor();
  await page.goBack();
  await row(page, "a.txt").waitFor();
  await scene.close(page);
});

test("objects are searched, sorted and filtered by the service", async () => {
  const page = await scene.page("alice", { at: HERE });
  await page.getByText("Objects (4)").waitFor();
  await page.getByRole("searchbox", { name: "Search in this folder" }).fill("b.");
  await page.getByText("Objects (1)").waitFor();
  assert.deepEqual(await names(page, "mid"), ["B.csv"]);
  await page.getByRole("searchbox", { name: "Search in this folder" }).fill("");
  await page.getByText("Objects (4)").waitFor();

  await button(page.locator("[id$=midColumn]"), "Sort").click();
  await choice(page, "Size").click();
  await choice(page, "Descending").click();
  await button(page, "OK").click();
  await page.waitForFunction(() => document.querySelector("[id$=midColumn] tbody tr .named")?.innerText === "B.csv");

  await button(page, "Filter").click();
  await choice(page, "Size").click();
  await choice(page, "100 MB and larger").click();
  await button(page, "OK").click();
  // folders stay: one has to get through them
  await page.getByText("Objects (2)").waitFor();
  await button(page, "Clear filter").click();
  await page.getByText("Objects (4)").waitFor();
  await scene.close(page);
});

test("a column's header sorts", async () => {
  const buckets = await scene.page();
  const ids = (await (await scene.ask("Buckets?$orderby=name")).json()).value.map(({ id }) => id);
  await buckets.getByRole("columnheader", { name: "Name" }).click();
  await buckets.getByRole("dialog").getByRole("option", { name: "Descending" }).click();
  await buckets.waitForFunction((first) => document.querySelector("tbody tr .named")?.innerText === first, ids.at(-1));
  await scene.close(buckets);

  const page = await scene.page("alice", { at: HERE });
  await row(page, "a.txt").waitFor();
  await page.getByRole("columnheader", { name: "Name" }).last().click();
  await page.getByRole("dialog").getByRole("option", { name: "Descending" }).click();
  await page.waitForFunction(() => document.querySelector("[id$=midColumn] tbody tr .named")?.innerText === "deep");
  assert.deepEqual(await names(page, "mid"), ["deep", "50% off & more", "B.csv", "a.txt"]);
  await scene.close(page);
});

test("while a list is renewed, its rows and what is selected stay", async () => {
  const page = await scene.page("alice", { at: HERE });
  await select(page, "a.txt");
  const held = new Promise((resolve) => page.route("**/objects?*", resolve));
  await button(page, "Refresh").last().click();
  const request = await held;
  await row(page, "B.csv").waitFor();
  await scene.put(BUCKET, `${ROOT}a-new.txt`, "new");
  await request.continue();
  await row(page, "a-new.txt").waitFor();
  assert.ok(await row(page, "a.txt").getByRole("checkbox").isChecked());
  assert.ok(!await row(page, "a-new.txt").getByRole("checkbox").isChecked());
  assert.ok(await button(page, "Download").isEnabled());
  await scene.ask(scene.object(BUCKET, `${ROOT}a-new.txt`), { method: "DELETE" });
  await scene.close(page);
});

test("on a phone, selecting begins and ends with nothing", async () => {
  const page = await scene.page("carol", { at: HERE, look: LOOKS.phone, userAgent: PHONE });
  await row(page, "a.txt").waitFor();
  const toggle = () => button(page, "Select").click();
  assert.equal(await button(page, "Download").count(), 0, "what can't be done is offered");
  await toggle();
  await select(page, "a.txt", "B.csv");
  await toggle();
  await row(page, "a.txt").getByRole("checkbox").waitFor({ state: "hidden" });
  await toggle();
  await row(page, "a.txt").getByRole("checkbox").waitFor();
  assert.equal(await page.getByRole("checkbox", { checked: true }).count(), 0);
  await page.locator("[id$=tools-overflowButton]").last().click();
  assert.ok(await button(page, "Delete").isDisabled(), "nothing is selected");
  await scene.close(page);
});

test("on a phone the focus goes along, where what was pressed is hidden", async () => {
  const page = await scene.page("carol", { look: LOOKS.phone, userAgent: PHONE });
  const focusIn = (column) => page.waitForFunction((id) => document.activeElement.closest(id)?.checkVisibility(), `[id$=${column}Column]`);
  await row(page, BUCKET).click();
  await focusIn("mid");
  await scene.go(page, HERE);
  await row(page, "a.txt").click();
  await focusIn("end");
  await button(page, "Close column").last().click();
  await page.waitForFunction(() => document.activeElement.closest("tr")?.innerText.includes("a.txt"));
  await scene.close(page);
});

test("when most of a list is deleted at its end, the rest is seen", async () => {
  const names = Array.from({ length: 120 }, (_, at) => `${String(at).padStart(3, "0")}.txt`);
  await Promise.all(names.map((name) => scene.put(BUCKET, `${ROOT}long/${name}`, "x")));
  const page = await scene.page("alice", { at: `bucket/${BUCKET}/${encodeURIComponent(encodeURIComponent(`${ROOT}long/`))}` });
  await page.getByText("Objects (120)").waitFor();
  const sight = new Sight(page, "mid", (at) => names[at]);
  await sight.reach(119);
  await row(page, names[119]).focus();
  await page.keyboard.press("Control+a");
  await page.getByRole("heading", { name: "120 selected" }).waitFor();
  for (const name of names.slice(110)) {
    await row(page, name).getByRole("checkbox").click();
  }
  await page.getByRole("heading", { name: "110 selected" }).waitFor();
  await button(page, "Delete").click();
  await button(page.getByRole("alertdialog"), "Delete").click();
  await page.getByRole("heading", { name: "Objects (10)", exact: true }).waitFor();
  names.splice(0, 110);
  const { rows, head } = await sight.look();
  assert.equal(rows.length, 10);
  assert.ok(rows[0].top - head < 100, `a blank of ${rows[0].top - head} pixels`);
  await scene.close(page);
});

test("rows that come or go above what is seen do not move it", async () => {
  const folder = `above-${Date.now()}/`;
  const names = Array.from({ length: 300 }, (_, at) => `m${String(at).padStart(3, "0")}.txt`);
  for (let at = 0; at < names.length; at += 20) {
    await Promise.all(names.slice(at, at + 20).map((name) => scene.put(BUCKET, folder + name, "x")));
  }
  const page = await scene.page("alice", { at: placeOf(BUCKET, folder) });
  await row(page, "m000.txt").focus();
  await page.keyboard.press("End");
  await focused(page, "m299.txt");
  await page.keyboard.press("PageUp");
  await page.keyboard.press("PageUp");
  await page.waitForTimeout(500);
  const place = () => page.evaluate(() => {
    const { innerText } = document.activeElement.querySelector(".named");
    return [innerText, document.activeElement.getBoundingClientRect().top];
  });
  const before = await place();
  const stays = async () => {
    await button(page, "Refresh").last().click();
    await page.waitForTimeout(700);
    await page.keyboard.press("Escape");
    const [name, top] = await page.evaluate((wanted) => {
      const seen = [...document.querySelectorAll("[id$=midColumn] tbody tr[aria-rowindex]")].find((each) => each.querySelector(".named").innerText === wanted);
      return [seen?.querySelector(".named").innerText, seen?.getBoundingClientRect().top];
    }, before[0]);
    assert.equal(name, before[0]);
    assert.ok(Math.abs(top - before[1]) < 2, `it was at ${before[1]} and is at ${top}`);
  };
  await Promise.all(Array.from({ length: 80 }, (_, at) => scene.put(BUCKET, `${folder}a${at}.txt`, "x")));
  await stays();
  await Promise.all(Array.from({ length: 120 }, (_, at) => scene.ask(scene.object(BUCKET, folder + names[at]), { method: "DELETE" })));
  await stays();
  await scene.close(page);
});

test("the focus goes along into folders and back from objects", async () => {
  const page = await scene.page("alice", { at: HERE });
  await row(page, "deep").waitFor();
  await row(page, "deep").focus();
  await page.keyboard.press("Enter");
  await focused(page, "er");
  await page.getByRole("link", { name: `${ROOT.slice(0, -1)} ` }).press("Enter");
  await focused(page, "deep");
  await row(page, "a.txt").focus();
  await page.keyboard.press("Enter");
  await page.getByText("first", { exact: true }).waitFor();
  await button(page, "Close column").last().press("Enter");
  await focused(page, "a.txt");
  await page.keyboard.press("Control+f");
  await page.waitForFunction(() => document.activeElement.type === "search");
  await scene.close(page);
});

test("themes are complete from the start, so that nothing closes when they come", async () => {
  const page = await scene.page();
  await row(page, BUCKET).waitFor();
  await page.locator("link[href*='sap/uxap/themes']").waitFor({ state: "attached" });
  await scene.close(page);
});

test("one place is the main one, whichever columns are seen", async () => {
  const page = await scene.page();
  await row(page, BUCKET).waitFor();
  assert.equal(await page.getByRole("main").count(), 1);
  await row(page, BUCKET).getByText(BUCKET).click();
  await page.getByRole("navigation", { name: "Buckets" }).waitFor();
  await page.getByRole("main", { name: "Objects" }).waitFor();
  assert.equal(await page.getByRole("main").count(), 1);
  await scene.close(page);
});

test("what does not exist is not offered, and trouble is told to screen readers", async () => {
  const page = await scene.page();
  await row(page, BUCKET).waitFor();
  await page.evaluate(() => {
    globalThis.told = "";
    const listen = (live) => new MutationObserver(() => { told += live.textContent; }).observe(live, { childList: true, characterData: true, subtree: true });
    document.querySelectorAll("[aria-live]").forEach(listen);
    location.hash = "#/bucket/no-such-bucket";
  });
  await page.waitForFunction(() => told.includes("This does not exist"));
  await page.getByText("This does not exist, or no longer").last().waitFor();
  assert.equal(await button(page, "Upload").count() + await button(page, "New Folder").count(), 0);
  await scene.go(page, `${HERE}no%252Fsuch%252F`);
  await page.getByText("There is no such folder").waitFor();
  await button(page, "Folder Above").click();
  await page.waitForURL((url) => decodeURIComponent(decodeURIComponent(url.hash)).endsWith(`${ROOT}no/`));
  await scene.close(page);
});

test("who has no role reads how to get one, and nothing else", async () => {
  const page = await scene.page("dave");
  await page.getByText("You have no access yet").last().waitFor();
  await button(page, "Copy Request").waitFor();
  assert.equal(await page.getByRole("searchbox").count(), 0);
  await scene.go(page, `bucket/${BUCKET}`);
  await page.getByText("You are not allowed to do this").last().waitFor();
  await button(page, "Close column").last().click();
  await page.getByText("You have no access yet").last().waitFor();
  await scene.close(page);
});

test("everything is reached by keyboard", async () => {
  const page = await scene.page();
  await row(page, BUCKET).waitFor();
  await page.getByRole("searchbox", { name: "Search buckets" }).focus();
  for (let i = 0; i < 12 && !(await page.evaluate(() => document.activeElement.closest("tbody tr"))); i += 1) {
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForURL(/#\/bucket\//);
  await page.getByText(/^Objects \(\d/).waitFor();
  await scene.close(page);
});

test("one object is downloaded as it is, several as an archive", async () => {
  const page = await scene.page("bob", { at: HERE });
  await select(page, "a.txt");
  const read = async (download) => {
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  let [download] = await Promise.all([page.waitForEvent("download"), button(page, "Download").click()]);
  assert.equal(download.suggestedFilename(), "a.txt");
  assert.equal((await read(download)).toString(), "first");
  await select(page, "deep");
  [download] = await Promise.all([page.waitForEvent("download"), button(page, "Download").click()]);
  assert.match(download.suggestedFilename(), /\.zip$/);
  assert.equal((await read(download)).subarray(0, 2).toString(), "PK");
  await scene.close(page);
});
