// The rows that a long table has: the right ones wherever somebody looks, with what is selected, has
// the focus or is on its way. The lists are those of page-size.spec.mjs.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { AT_FOLDER, startPlenty, bucketName, FOLDER, objectName } from "./support/plenty.mjs";
import { BUCKETS, List, MOST_ROWS, OBJECTS } from "./support/list.mjs";
import { button, focused, row, Scene } from "./support/page.mjs";
import { Sight } from "./support/sight.mjs";

let plenty;

before(async () => {
  plenty = await Scene.begin(await startPlenty());
});
after(() => plenty?.end());

test("the scrollbar leads to the rows of its place, and opening a bucket leaves them where they are", async () => {
  const page = await plenty.page("alice");
  const list = await List.of(page, BUCKETS);
  const sight = new Sight(page, BUCKETS.column, bucketName);
  await sight.look(Number.MAX_SAFE_INTEGER); // at once, before the table has all the rows it will have
  assert.equal((await sight.rows()).at(-1).number, 9_999, "the end is elsewhere");
  await sight.drag();
  await sight.keepsFocus();

  const { name, number } = await sight.middle();
  const before = await sight.rows();
  await row(page, name).getByText(name).click();
  await page.getByText("This folder is empty").waitFor();
  assert.ok((await sight.rows()).some((each) => each.number === number), "what was opened is out of sight");
  await button(page, "Close column").last().click();
  await page.getByRole("main", { name: "Buckets" }).waitFor();
  assert.ok(Math.abs((await sight.rows())[0].number - before[0].number) <= 1, "other rows are seen than before");

  await row(page, name).getByText(name).click();
  await page.getByText("This folder is empty").waitFor();
  await sight.look(0); // looked for something else meanwhile
  await button(page, "Close column").last().click();
  await focused(page, name);
  assert.ok((await sight.rows()).some((each) => each.number === number), "what was closed is elsewhere");
  assert.ok(await list.rows.count() < MOST_ROWS, "too many rows at once");
  await plenty.close(page);
});

test("the scrollbar leads to the objects of its place, and opening one leaves them where they are", async () => {
  const page = await plenty.page("alice");
  await plenty.go(page, AT_FOLDER);
  await List.of(page, OBJECTS);
  const sight = new Sight(page, OBJECTS.column, objectName);
  await sight.reach(2500);
  await sight.drag();
  await sight.keepsFocus();

  const { name, number } = await sight.middle();
  await row(page, name).getByText(name).click();
  await page.getByRole("heading", { name }).waitFor();
  const beside = await sight.rows();
  assert.ok(beside.some((each) => each.number === number), "what was opened is out of sight");
  await button(page, "Close column").last().click();
  await focused(page, name);
  const after = await sight.rows();
  assert.ok(after.some((each) => each.number === number), "what was closed is out of sight");

  await row(page, name).getByText(name).click();
  await page.getByRole("heading", { name }).waitFor();
  await sight.look(0); // looked for something else meanwhile
  await button(page, "Close column").last().click();
  await focused(page, name);
  assert.ok((await sight.rows()).some((each) => each.number === number), "what was closed is elsewhere");
  await plenty.close(page);
});

test("all rows are selected, and those from one to another, whether the table has them or not", async () => {
  const page = await plenty.page("alice");
  await plenty.go(page, AT_FOLDER);
  await List.of(page, OBJECTS);
  const sight = new Sight(page, OBJECTS.column, objectName);
  const tick = async (at, ...modifiers) => {
    await sight.to(at);
    await row(page, objectName(at)).getByRole("checkbox").click({ modifiers });
  };
  await tick(30);
  await tick(330, "Shift");
  await page.getByRole("heading", { name: "301 selected", exact: true }).waitFor();
  await tick(10, "Shift");
  await page.getByRole("heading", { name: "321 selected", exact: true }).waitFor();
  assert.ok(!await row(page, objectName(9)).getByRole("checkbox").isChecked());

  const all = page.locator("[id$=midColumn] thead").getByRole("checkbox");
  await all.click();
  const title = page.getByRole("heading", { name: / selected$/ });
  const count = async () => Number((await title.innerText()).replace(/\D/g, ""));
  await page.getByRole("heading", { name: /^First \d,\d+ selected$/ }).waitFor();
  const first = await count();
  await button(page, "Delete").click();
  const question = page.getByRole("alertdialog");
  await question.getByText(`Only the first ${first.toLocaleString("en")} will be deleted.`).waitFor();
  await button(question, "Cancel").click();
  await question.waitFor({ state: "hidden" });
  assert.ok(first > 321);
  await sight.reach(first + 100);
  await sight.to(0);
  assert.ok(!await all.isChecked(), "not all are selected any more");
  await row(page, objectName(0)).focus();
  await page.keyboard.press("Control+a");
  await page.locator("[id$=midColumn] thead [role=checkbox][aria-checked=true]").waitFor();
  assert.ok(await count() > first + 100, "all are not all");
  await all.click();
  await page.getByRole("heading", { name: /^Objects \(/ }).waitFor();
  await plenty.close(page);
});

test("the last of ten thousand buckets is a key away", async () => {
  const page = await plenty.page("alice");
  await List.of(page, BUCKETS);
  await row(page, bucketName(3)).focus();
  await page.keyboard.press("End");
  await focused(page, bucketName(9_999));
  await page.keyboard.press("ArrowUp");
  await focused(page, bucketName(9_998));
  await page.keyboard.press("Enter");
  await page.getByText("This folder is empty").waitFor();
  await plenty.close(page);
});

test("what is deep down stays right while buckets are read anew, and when that fails", async () => {
  const page = await plenty.page("alice");
  await List.of(page, BUCKETS);
  const sight = new Sight(page, BUCKETS.column, bucketName);
  await sight.look(100_000);
  const { name } = await sight.middle();
  let hold = new Promise((resolve) => page.route("**/$batch", resolve));
  await button(page, "Refresh").first().click();
  const refresh = await hold;
  await row(page, name).focus();
  await page.keyboard.press("Shift+Tab"); // where the focus is does not matter
  assert.ok((await sight.rows()).some((each) => each.name === name), "it is gone while others are asked for");
  await refresh.fulfill({ status: 503, body: "" });
  const problem = page.getByRole("alertdialog");
  await button(problem, "Close").click();
  await problem.waitFor({ state: "hidden" });
  await page.unroute("**/$batch");
  await page.getByRole("heading", { name: "Buckets (10,000)" }).waitFor();
  await sight.look(50_000);
  await sight.look(100_000);
  await row(page, name).getByText(name).click();
  await page.getByRole("heading", { name, exact: true }).waitFor();
  await button(page, "Close column").last().click();
  await page.getByRole("main", { name: "Buckets" }).waitFor();

  hold = new Promise((resolve) => page.route("**/$batch", resolve));
  await page.getByRole("searchbox", { name: "Search buckets" }).fill("bucket-0777");
  await (await hold).fulfill({ status: 503, body: "" });
  await page.unroute("**/$batch");
  await button(page, "Try Again").click();
  await page.getByRole("heading", { name: "Buckets (10)" }).waitFor();
  await page.waitForFunction(() => document.activeElement.closest("[id$=beginColumn]"));
  await plenty.close(page);
});

test("a list goes on where a page of it failed, and where it was read anew meanwhile", async () => {
  const page = await plenty.page("alice");
  await plenty.go(page, AT_FOLDER);
  await List.of(page, OBJECTS);
  const sight = new Sight(page, OBJECTS.column, objectName);
  await page.route("**/objects?*", (route) => route.fulfill({ status: 503, body: "" }));
  await sight.look(12_000);
  const problem = page.getByRole("alertdialog");
  await button(problem, "Close").click();
  await problem.waitFor({ state: "hidden" });
  await page.getByRole("heading", { name: "Objects (first 500)" }).waitFor();
  await page.unroute("**/objects?*");
  await sight.look(11_000);
  await page.getByRole("heading", { name: /^Objects \(first [1-9],\d{3}\)/ }).waitFor();

  await plenty.go(page, AT_FOLDER);
  await List.of(page, OBJECTS);
  await page.getByRole("heading", { name: "Objects (first 500)" }).waitFor();
  await page.route("**/objects?*", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 800));
    await route.continue();
  });
  await sight.look(12_000);
  await button(page, "Refresh").last().click();
  await page.getByRole("heading", { name: /^Objects \(first [1-9],\d{3}\)/ }).waitFor();
  await plenty.close(page);
});

test("keys do to a row what they do, wherever it was scrolled to", async () => {
  const page = await plenty.page("alice");
  await plenty.go(page, AT_FOLDER);
  await List.of(page, OBJECTS);
  const sight = new Sight(page, OBJECTS.column, objectName);
  await sight.to(200);
  const { name } = await sight.middle();
  const away = async () => {
    await row(page, name).focus();
    const { top } = await sight.look();
    await sight.look(0);
    return () => sight.look(top);
  };
  await away();
  await page.keyboard.press("Delete");
  const question = page.getByRole("alertdialog");
  await question.getByText(name).first().waitFor();
  await button(question, "Cancel").click();
  await focused(page, name);
  await page.keyboard.press("Space"); // deleting had selected it
  await page.getByRole("heading", { name: /^Objects \(/ }).waitFor();
  await away();
  await page.keyboard.press("Space");
  await page.getByRole("heading", { name: "1 selected" }).waitFor();
  await focused(page, name);
  await away();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Tab");
  await page.waitForFunction(() => document.activeElement.closest("[id$=midColumn]"));
  await row(page, name).focus();
  const back = await away();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name }).waitFor();
  await back();
  await plenty.close(page);
});

test("the focus is not lost when an object is deleted whose row was never loaded", async () => {
  const page = await plenty.page("alice", { at: `bucket/${bucketName(0)}/object/${encodeURIComponent(encodeURIComponent(`${FOLDER}${objectName(50_000)}`))}` });
  await page.getByRole("heading", { name: objectName(50_000) }).waitFor();
  await button(page, "Delete").last().click();
  await button(page.getByRole("alertdialog"), "Delete").click();
  await page.waitForFunction(() => document.activeElement.closest("[id$=midColumn]"));
  await plenty.close(page);
});

test("who jumps where rows do not come is told so, and stays there", async () => {
  const page = await plenty.page("alice");
  await List.of(page, BUCKETS);
  const sight = new Sight(page, BUCKETS.column, bucketName);
  await row(page, bucketName(3)).focus();
  await page.clock.install();
  await page.route("**/$batch", () => {}); // no answer
  const box = page.locator("[id$=beginColumn] .sapFDynamicPageContentWrapper");
  await box.evaluate((it) => it.scrollTo(0, it.scrollHeight / 2));
  await page.locator("[id$=beginColumn] [aria-busy=true]").waitFor();
  await page.clock.fastForward(46_000);
  const problem = page.getByRole("alertdialog");
  await problem.getByText("There was no answer in time").waitFor();
  assert.equal(await page.locator("[id$=beginColumn] [aria-busy=true]").count(), 0, "it is busy for ever");
  await page.unroute("**/$batch");
  await page.clock.resume();
  const top = await box.evaluate((it) => it.scrollTop);
  await button(problem, "Try Again").click();
  const { rows, top: now } = await sight.look();
  assert.equal(now, top, "the view went elsewhere");
  assert.ok(rows.length > 5 && rows[0].number > 4_000, "the rows do not come");
  await page.keyboard.press("ArrowDown");
  await focused(page, bucketName(4));
  await plenty.close(page);
});

test("who does something else does not wait for a row any more", async () => {
  const page = await plenty.page("alice");
  await List.of(page, BUCKETS);
  const box = page.locator("[id$=beginColumn] .sapFDynamicPageContentWrapper");
  const search = page.getByRole("searchbox", { name: "Search buckets" });
  const end = async (act) => {
    const held = new Promise((resolve) => page.route("**/$batch", resolve, { times: 1 }));
    await row(page, bucketName(3)).focus();
    await page.keyboard.press("End");
    const answer = await held;
    await act();
    const read = page.waitForResponse("**/$batch");
    await answer.continue();
    await read;
    await page.waitForTimeout(400);
  };
  await end(() => search.click());
  await page.waitForFunction(() => document.activeElement.type === "search");
  assert.equal(await box.evaluate((it) => it.scrollTop), 0, "thrown to the end");
  await page.goto("about:blank"); // what was read is read anew
  await plenty.go(page, "");
  await List.of(page, BUCKETS);
  await end(() => page.mouse.wheel(0, 100));
  assert.ok(await box.evaluate((it) => it.scrollTop) < 1000, "thrown to the end");
  await plenty.close(page);
});

test("a list that is read anew neither bars its toolbar nor takes the focus or the view", async () => {
  for (const { at, list, asked } of [{ at: "", list: BUCKETS, asked: "**/$batch" }, { at: AT_FOLDER, list: OBJECTS, asked: "**/objects?*" }]) {
    const page = await plenty.page("alice");
    await plenty.go(page, at);
    await List.of(page, list);
    const sight = new Sight(page, list.column, list === BUCKETS ? bucketName : objectName);
    const refresh = page.locator(`[id$=${list.column}Column]`).getByRole("button", { name: "Refresh" });
    await sight.look(3000);
    const { name } = await sight.middle();
    const held = new Promise((resolve) => page.route(asked, resolve, { times: 1 }));
    await refresh.click();
    const answer = await held;
    await row(page, name).focus();
    await page.waitForTimeout(500);
    await refresh.click({ trial: true }); // nothing lies above it
    const { top } = await sight.look(3600);
    const read = page.waitForResponse(asked);
    await answer.continue();
    await read;
    assert.equal((await sight.look()).top, top, "thrown back to the focus");
    await plenty.close(page);
  }
});

test("what is searched and what is sorted is seen from its beginning", async () => {
  const page = await plenty.page("alice");
  await List.of(page, BUCKETS);
  const sight = new Sight(page, BUCKETS.column, bucketName);
  await sight.look(100_000);
  await page.getByRole("searchbox", { name: "Search buckets" }).fill("bucket-09");
  await page.getByRole("heading", { name: "Buckets (1,000)" }).waitFor();
  await row(page, bucketName(9000)).waitFor();
  assert.equal(await page.locator("[id$=beginColumn] .sapFDynamicPageContentWrapper").evaluate((it) => it.scrollTop), 0);
  await plenty.close(page);
});
