// How large and how fast: the first load, ten thousand buckets, a hundred thousand objects. They are
// real, in a sandbox of this test alone (support/plenty.mjs). `ROWS=10000` scrolls further.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { AT_FOLDER, startPlenty, bucketName, objectName } from "./support/plenty.mjs";
import { BUCKETS, List, OBJECTS } from "./support/list.mjs";
import { button, focused, row, Scene } from "./support/page.mjs";

const MOST_BYTES = 1_500_000;
const MOST_MS = 3000;
let scene;
let plenty;

before(async () => {
  scene = await Scene.begin();
  plenty = await Scene.begin(await startPlenty());
});
after(async () => {
  await scene?.end();
  await plenty?.end();
});

test("the first load is small and quick", async () => {
  const loads = [];
  // others may keep the machine busy: one undisturbed load of three is enough
  for (let round = 0; round < 3 && !loads.some(({ took }) => took < MOST_MS); round += 1) {
    loads.push(await firstLoad());
  }
  console.log("first load:", loads.map(({ took, bytes }) => `${took} ms, ${bytes} bytes`).join("; "));
  assert.ok(loads.every(({ bytes }) => bytes < MOST_BYTES), "too many bytes");
  assert.ok(loads.some(({ took }) => took < MOST_MS), "too slow");
});

/** Of a browser that has never been here. */
async function firstLoad() {
  const page = await scene.page("alice");
  await page.getByText("sales-reports").waitFor();
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.clearBrowserCache");
  await page.goto("about:blank");
  let bytes = 0;
  session.on("Network.loadingFinished", ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  const began = Date.now();
  await page.goto(scene.url);
  await page.getByText("sales-reports").waitFor();
  const took = Date.now() - began;
  await scene.close(page);
  return { took, bytes };
}

test("ten thousand buckets are scrolled, searched and opened without freezing", async () => {
  const page = await plenty.page("alice");
  const list = await List.of(page, BUCKETS);
  await page.getByRole("heading", { name: "Buckets (10,000)" }).waitFor();
  await list.scroll();
  const last = await list.lastName();
  await list.act("open", async () => {
    await row(page, last).getByText(last).click();
    await page.getByText("This folder is empty").waitFor();
  });
  await list.act("close", async () => {
    await page.goBack();
    await row(page, last).waitFor();
  });
  await list.act("home", async () => {
    await row(page, last).focus();
    await page.keyboard.press("Home");
    await focused(page, bucketName(0));
  });
  await list.act("search", async () => {
    await list.search("bucket-09999");
    await page.getByRole("heading", { name: "Buckets (1)" }).waitFor();
  });
  await plenty.close(page);
});

test("a hundred thousand objects are scrolled, searched, selected and opened without freezing", async () => {
  const page = await plenty.page("alice");
  await plenty.go(page, AT_FOLDER);
  const list = await List.of(page, OBJECTS);
  await page.getByText(/^Objects \(first/).waitFor();
  await list.scroll();
  const last = await list.lastName();
  await list.act("open", async () => {
    await row(page, last).getByText(last).click();
    await page.getByRole("heading", { name: last }).waitFor();
  });
  await list.act("close", async () => {
    await button(page, "Close column").last().click();
    await focused(page, last); // its row is seen again
  });
  await list.act("select all", async () => {
    await page.keyboard.press("Control+a");
    await page.getByRole("button", { name: "Delete", disabled: false }).waitFor();
  });
  await list.act("home", async () => {
    await page.keyboard.press("Home");
    await focused(page, objectName(0));
  });
  assert.ok(await row(page, objectName(0)).getByRole("checkbox").isChecked(), "all are not all");
  await list.act("search", async () => {
    await list.search("object-09999");
    await page.getByText("Objects (10)").waitFor();
    await page.getByText("There are too many objects here to look into every name").waitFor();
  });
  await plenty.close(page);
});
