// Previews in Chromium: each kind as it should be, and what means harm as what it is.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { pdf, png } from "./support/samples.mjs";
import { BUCKET, ROOT, beginStage } from "./support/stage.mjs";

let world, page, build, look, show, shown, assertNothingRan;

before(async () => {
  ({ world, page, build, look, show, shown, assertNothingRan } = await beginStage());
});
after(() => world.end());

test("a picture", async () => {
  await look("dot.png", png(40, 30), "image/png");
  const size = await page.locator("#stage img").evaluate((it) => [it.naturalWidth, it.naturalHeight, it.alt, it.src.slice(0, 5)]);
  assert.deepEqual(size, [40, 30, "dot.png", "blob:"]);
});

test("a picture that is none", async () => {
  await look("broken.png", "<script>pwned=1</script>", "image/png");
  assert.match(await shown(), /can't be shown/);
  await page.getByRole("button", { name: "Download" }).waitFor();
  await assertNothingRan();
});

test("a picture that is too large is not even asked for", async () => {
  await show({ key: `${ROOT}huge.png`, contentType: "image/png", size: 21 << 20 });
  assert.match(await shown(), /too large/);
});

test("text, with more of it on demand, and never more than its beginning", async () => {
  const line = "All work and no play makes Jack a dull boy.\n";
  await look("long.txt", line.repeat(20000), "text/plain");
  const length = () => page.locator("#stage pre").evaluate((it) => it.textContent.length);
  assert.equal(await length(), 256 << 10);
  assert.match(await shown(), /first 256 KB/);
  await page.getByRole("button", { name: "Show More" }).click();
  await page.waitForFunction(() => document.querySelector("#stage pre").textContent.length > 800000);
  assert.equal(await length(), line.length * 20000);
});

test("of one endless line no more is shown than a browser can lay out", async () => {
  await look("endless.json", `["${"x".repeat(6 << 20)}"]`, "application/json");
  await page.getByRole("button", { name: "Show More" }).click();
  await page.waitForFunction(() => document.querySelector("#stage pre").textContent.length > 1_000_000);
  await page.getByRole("button", { name: "Show More" }).waitFor({ state: "hidden" });
});

test("1 GB of text costs its first 256 KB, even if the server knows no ranges", async () => {
  let sent = 0;
  const piece = Buffer.alloc(64 << 10, "log line of no interest\n");
  world.front.instead = (request, answer) => {
    if (!request.url.includes("giant.log")) return false;
    assert.equal(request.headers.range, "bytes=0-262143");
    answer.writeHead(200, { "content-type": "text/plain", "content-length": 1 << 30 });
    const send = () => {
      while (!answer.destroyed && sent < 1 << 30) {
        sent += piece.length;
        if (!answer.write(piece)) return answer.once("drain", send);
      }
      return answer.end();
    };
    send();
    return true;
  };
  await show({ key: `${ROOT}giant.log`, contentType: "text/plain", size: 1 << 30 });
  world.front.instead = () => false;
  assert.equal(await page.locator("#stage pre").evaluate((it) => it.textContent.length), 256 << 10);
  assert.match(await shown(), /first 256 KB/);
  await page.waitForTimeout(500);
  assert.ok(sent < 64 << 20, `${sent} bytes were sent`);
});

test("when the rest of a text can't be read, the reason is told below what is shown", async () => {
  await look("halved.txt", "x".repeat(300 << 10), "text/plain");
  const deleted = await world.ask(BUCKET, `${ROOT}halved.txt`, { method: "DELETE" });
  assert.equal(deleted.status, 204);
  await page.getByRole("button", { name: "Show More" }).click();
  await page.locator("#stage").getByText("This does not exist, or no longer").waitFor();
  assert.match(await shown(), /Correlation id: [0-9a-f-]{36}/);
  assert.equal(await page.locator("#stage pre").evaluate((it) => it.textContent.length), 256 << 10);
  await world.put(BUCKET, `${ROOT}halved.txt`, "x".repeat(300 << 10), "text/plain");
  await page.getByRole("button", { name: "Show More" }).click();
  await page.waitForFunction(() => document.querySelector("#stage pre").textContent.length > 300_000);
  assert.doesNotMatch(await shown(), /Correlation id/);
});

test("text in other encodings, and none at all", async () => {
  await look("utf16.txt", Buffer.from("\ufeffGrüße, 世界", "utf16le"), "text/plain");
  assert.equal(await page.locator("#stage pre").textContent(), "Grüße, 世界");
  await look("latin.txt", Buffer.from("Gr\xfc\xdfe", "latin1"), "text/plain");
  assert.equal(await page.locator("#stage pre").textContent(), "Grüße");
  await look("one-bad-byte.txt", Buffer.concat([Buffer.from("Grüße aus Köln "), Buffer.from([0xff])]), "text/plain");
  assert.equal(await page.locator("#stage pre").textContent(), "Grüße aus Köln \ufffd");
  await look("replacement.txt", "what was lost: \ufffd", "text/plain");
  assert.equal(await page.locator("#stage pre").textContent(), "what was lost: \ufffd");
  await look("binary.txt", Buffer.from([1, 0, 2, 0, 3]), "text/plain");
  assert.match(await shown(), /is no text/);
  await look("empty.txt", "", "text/plain");
  assert.match(await shown(), /"empty.txt" is empty/);
});

test("HTML is text", async () => {
  const html = "<!doctype html><script>globalThis.pwned = 1</script><img src=x onerror='top.pwned=1'>";
  await look("page.html", html, "text/html");
  assert.equal(await page.locator("#stage pre").textContent(), html);
  await look("page.xhtml", html, "application/xhtml+xml");
  assert.equal(await page.locator("#stage pre").textContent(), html);
  await assertNothingRan();
});

test("SVG is a picture, and its scripts stay asleep", async () => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="100" height="80" onload="top.pwned=1">
    <script>top.pwned = 1; globalThis.pwned = 1</script><rect width="100" height="80" fill="teal"/>
    <foreignObject width="50" height="50"><iframe xmlns="http://www.w3.org/1999/xhtml" srcdoc="&lt;script&gt;top.pwned=1&lt;/script&gt;"/></foreignObject>
    <image href="/catalog/" /></svg>`;
  await look("drawing.svg", svg, "image/svg+xml");
  assert.match(await page.locator("#stage img").getAttribute("src"), /^data:image\/svg\+xml;base64,/);
  assert.equal(await page.locator("#stage img").evaluate((it) => it.naturalWidth), 100);
  assert.equal(await page.locator("#stage svg").count(), 0);
  await assertNothingRan();
});

test("Markdown is rendered, without HTML, scripts, or pictures from elsewhere", async () => {
  const text = [
    "# Title", "", "### Leaves one out", "", "Some *text* with `code` and <https://example.com/>.", "", "| a | b |", "|---|---|", "| 1 | 2 |", "",
    "[bad](javascript:globalThis.pwned=1) [worse](JaVaScRiPt&colon;globalThis.pwned=1) [data](data:text/html,<script>1</script>)",
    "[here](/logout) [good](https://example.com/x)", "", "![spy](https://spy.example/x.png)", "![own](/logout)",
    "", "<img src=x onerror=globalThis.pwned=1><script>globalThis.pwned=1</script>", "<a href='javascript:pwned=1'>x</a>",
    "", "[ref]: javascript:globalThis.pwned=1", "", "[ref]",
  ].join("\n");
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await look("notes.md", text, "text/markdown");
  assert.equal(await page.locator("#stage article h1").innerText(), "Title");
  const levels = () => page.locator("#stage article :is(h1, h3)").evaluateAll((all) => all.map((it) => it.ariaLevel));
  assert.deepEqual(await levels(), ["4", "5"], "none is left out for who hears them");
  assert.equal(await page.locator("#stage article td").count(), 2);
  const links = await page.locator("#stage article a[href]").evaluateAll((all) => all.map((it) => [it.getAttribute("href"), it.rel, it.target]));
  assert.deepEqual(links, [
    ["https://example.com/", "noopener noreferrer", "_blank"],
    ["https://example.com/x", "noopener noreferrer", "_blank"],
  ]);
  assert.equal(await page.locator("#stage article img, #stage article script, #stage article [onerror]").count(), 0);
  assert.ok(!asked.some((url) => /spy|logout/.test(url)), asked.join("\n"));
  await assertNothingRan();
});

test("CSV is a table; formulas, markup and braces are text", async () => {
  const csv = 'Name;Amount;Note\r\n"Müller; Söhne";1,5;"=HYPERLINK(""http://x"")"\r\n{/x};"a ""quoted"" {= 1 + 1 }";<b onclick=pwned=1>bold</b>\r\n';
  await look("list.csv", csv, "text/csv");
  const cells = await page.locator("#stage tbody td .sapMText").allInnerTexts();
  assert.deepEqual(cells.filter(Boolean), [
    "Müller; Söhne", "1,5", '=HYPERLINK("http://x")', "{/x}", 'a "quoted" {= 1 + 1 }', "<b onclick=pwned=1>bold</b>",
  ]);
  assert.deepEqual(await page.locator("#stage thead th .sapMText").allInnerTexts(), ["Name", "Amount", "Note"]);
  assert.match(await shown(), /Rows: 2/);
  await page.locator("#stage").getByRole("grid", { name: "list.csv" }).waitFor();
  await look("aligned.csv", "Customer;Net amount;Share\nA;1.234,50;12 %\nB;-7;\n", "text/csv");
  const sides = await page.locator("#stage thead th .sapMColumnHeader").evaluateAll((all) => all.map((it) => getComputedStyle(it).textAlign));
  assert.equal(sides.length, 3);
  assert.deepEqual(sides.map((it) => /end|right/.test(it)), [false, true, true]);
  await assertNothingRan();
});

test("a long CSV is cut, and says so", async () => {
  await look("long.csv", `a,b\n${"1,2\n".repeat(9000)}`, "text/csv");
  assert.match(await shown(), /first 5,?000 rows/);
});

test("JSON is indented and loses nothing", async () => {
  await look("data.json", '{"id":12345678901234567890,"list":[1,2],"html":"<script>pwned=1</script>"}', "application/json");
  assert.equal(await page.locator("#stage pre").textContent(),
    '{\n  "id": 12345678901234567890,\n  "list": [\n    1,\n    2\n  ],\n  "html": "<script>pwned=1</script>"\n}');
});

test("what nobody knows is offered for download, as the page does it", async () => {
  await look("things.zip", "PK", "application/zip");
  assert.match(await shown(), /no preview for "things.zip"/);
  await page.locator("#stage").getByRole("button", { name: "Download" }).click();
  assert.equal(await page.evaluate(() => globalThis.downloads), 1);
  const other = await world.page();
  const twice = (it) => encodeURIComponent(encodeURIComponent(it));
  await other.goto(`${world.front.url}/#/bucket/${BUCKET}/object/${twice(`${ROOT}things.zip`)}`);
  const button = other.locator("[id$=previewSection]").getByRole("button", { name: "Download" });
  const [download] = await Promise.all([other.waitForEvent("download"), button.click()]);
  assert.equal(download.suggestedFilename(), "things.zip");
  world.front.isSignedOut = true;
  await button.click();
  await other.getByRole("alertdialog").getByRole("button", { name: "Sign In Again" }).waitFor();
  world.front.isSignedOut = false;
  await other.close();
});

test("a type that lies", async () => {
  await look("lie.png", "<svg xmlns='http://www.w3.org/2000/svg' onload='pwned=1'/>", "image/png");
  assert.match(await shown(), /can't be shown/);
  await look("lie.json", "<script>globalThis.pwned=1</script>", "application/json");
  assert.equal(await page.locator("#stage pre").textContent(), "<script>globalThis.pwned=1</script>");
  await assertNothingRan();
});

test("an object that is gone, and a service that is and comes back", async () => {
  await show({ key: `${ROOT}gone.txt`, contentType: "text/plain", size: 3 });
  const [sentence, remedy, id] = await page.locator("#stage .sapMText").allInnerTexts();
  assert.equal(sentence, "This does not exist, or no longer");
  assert.match(remedy, /\.$/);
  assert.match(id, /[0-9a-f-]{36}/);
  await world.picture(page, "preview gone.txt");
  world.front.cut();
  await show({ key: `${ROOT}dot.png`, contentType: "image/png", size: 3 });
  world.front.mend();
  await page.locator("#stage").getByRole("button", { name: "Try Again" }).click();
  await page.locator("#stage img").waitFor();
  await page.waitForFunction(() => document.activeElement.closest("#stage"));
});

test("another language is spoken from the next preview on", async () => {
  const speak = (language) => page.evaluate((it) => sap.ui.require("sap/base/i18n/Localization").setLanguage(it), language);
  await speak("de");
  await show({ key: `${ROOT}things.zip`, contentType: "application/zip", size: 2 });
  assert.match(await shown(), /keine Vorschau/);
  await speak("en");
  await show({ key: `${ROOT}things.zip`, contentType: "application/zip", size: 2 });
  assert.match(await shown(), /no preview/);
});

test("what could not be loaded of the page itself is asked for again", async () => {
  const previews = [
    ["a.pdf", pdf(["one"], ""), "application/pdf", "canvas", "**/pdf.min.mjs*"],
    ["a.md", "# One", "text/markdown", "article", "**/markdown-it.js*"],
    ["a.csv", "a,b\n1,2\n", "text/csv", "table", "**/papaparse.js*"],
    ["a.png", png(4, 3), "image/png", "img", "**/preview.css*"],
  ];
  for (const [name, body, type, element, file] of previews) {
    await world.load(page);
    await build();
    await page.route(file, (route) => route.abort());
    await look(name, body, type);
    assert.match(await shown(), /can.t be reached/, file);
    await page.unroute(file);
    await page.locator("#stage").getByRole("button", { name: "Try Again" }).click();
    await page.locator(`#stage ${element}`).waitFor();
  }
});
