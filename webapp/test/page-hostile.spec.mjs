// Names and contents that want to be code or bindings of the page: they are shown as they are, and
// nothing of them runs. A script that runs would set `pwned`.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import test, { after, before } from "node:test";
import { Scene, row } from "./support/page.mjs";

const BUCKET = "sales-reports";
const ROOT = `hostile-${Date.now().toString(36)}/`;
const SCRIPT = `${ROOT}evil.js`;
/** A binding whose formatter, any function of the page, would load an object as a script. */
const LOADER = `{parts:[{value:['s3catalog/catalog/Buckets(\\'${BUCKET}\\')/objects(\\'${encodeURIComponent(SCRIPT)}\\')/content?x']}],formatter:'sap.ui.require'}`;
const NAMES = [
  `${LOADER.replaceAll("/", "\\u002f")}.bin`, "b{x}.txt", "{= 1+1}.md", "{=broken.csv", "{path:'c',formatter:'alert'}.json",
  "r{1}.pdf", "{i18n>title}.mp3", "<img src=x onerror=pwned=1>.txt", "__proto__", "constructor.txt",
];
let scene;

before(async () => {
  scene = await Scene.begin();
  await scene.put(BUCKET, SCRIPT, "globalThis.pwned = 1", "text/javascript");
});
after(() => scene.end());

const open = (name) => scene.page("alice", { at: `bucket/${BUCKET}/object/${encodeURIComponent(encodeURIComponent(ROOT + name))}` });

async function nothingRan(page) {
  await page.waitForTimeout(300);
  assert.equal(await page.evaluate(() => typeof globalThis.pwned), "undefined");
  await scene.close(page);
}

test("a cell of a table's head is text", async () => {
  await scene.put(BUCKET, `${ROOT}heads.csv`, `"${LOADER}",{= 1+1},{x}\n1,2,3\n`, "text/csv");
  const page = await open("heads.csv");
  const scripts = [];
  page.on("request", (request) => request.resourceType() === "script" && scripts.push(request.url()));
  const heads = page.locator("[id$=endColumn] thead").filter({ hasText: "{x}" }).locator("th .sapMText");
  await heads.first().waitFor();
  assert.deepEqual(await heads.allInnerTexts(), [LOADER, "{= 1+1}", "{x}"]);
  assert.deepEqual(scripts.filter((url) => url.includes("/catalog/")), []);
  await nothingRan(page);
});

for (const name of NAMES) {
  test(`a name is text: ${name}`, async () => {
    await scene.put(BUCKET, ROOT + name, "content", "application/x-unknown");
    const page = await open(name);
    await page.getByRole("heading", { name, exact: true }).first().waitFor();
    await page.getByRole("region", { name, exact: true }).or(page.getByText(`"${name}"`)).or(page.locator("[id$=endColumn] thead th .sapMText")).first().waitFor();
    await row(page, name).waitFor();
    await nothingRan(page);
  });
}

test("content of the page's own origin is refused as a script", async () => {
  const page = await scene.page("alice");
  const loaded = await page.evaluate((url) => new Promise((resolve) => {
    const script = Object.assign(document.createElement("script"), { src: url });
    script.onload = () => resolve("loaded");
    script.onerror = () => resolve("refused");
    document.head.append(script);
  }), `/catalog/${scene.object(BUCKET, SCRIPT)}/content`);
  assert.equal(loaded, "refused");
  await nothingRan(page);
});

test("no text but the page's own goes into a constructor, where braces are bindings", async () => {
  const folder = new URL("../src/", import.meta.url);
  const found = [];
  for (const name of (await readdir(folder, { recursive: true })).filter((it) => it.endsWith(".js") && !it.startsWith("thirdparty"))) {
    const source = await readFile(new URL(name, folder), "utf8");
    for (const [line] of source.matchAll(/^.*\b(?:text|title|label|tooltip|header|description|alt): (?!"|'|\{|[\w.#]*[tT]ext\("?\w+"?\)|new Text\(.*\)\.set).*$/gm)) {
      if (/new (?!JSONModel|Problem)[A-Z]\w*\(/.test(line)) found.push(`${name}: ${line.trim()}`);
    }
  }
  assert.deepEqual(found, []);
});
