// Previews in Chromium: each kind as it should be, and what means harm as what it is. A script that
// runs would set `pwned`, here or in a frame.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { deflateSync } from "node:zlib";
import { World } from "./harness/world.mjs";

const BUCKET = "invoices-2026";
const ROOT = `previews ${Date.now().toString(36)}/`;

let world;
let page;

before(async () => {
  world = await World.begin();
  page = await world.page();
  await build();
});
after(() => world.end());

/** A stage for previews over the page. */
function build() {
  return page.evaluate(() => new Promise((resolve, reject) => {
    sap.ui.require(["s3catalog/preview/Preview"], (Preview) => {
      const place = Object.assign(document.createElement("div"), { id: "stage" });
      place.style.cssText = "position:fixed;inset:0;z-index:99;background:var(--sapBackgroundColor)";
      document.body.append(place);
      Object.assign(globalThis, { Preview, downloads: 0 });
      resolve();
    }, reject);
  }));
}

/** Stores something and looks at it; `told` may say another type than what is stored. */
async function look(name, body, type, told = type) {
  const key = ROOT + name;
  if (body !== null) await world.put(BUCKET, key, body, type);
  await show({ key, contentType: told, size: Buffer.byteLength(body ?? "") });
  await page.waitForTimeout(300);
  await world.picture(page, `preview ${name}`);
}

async function show({ key, contentType, size }) {
  const contentUrl = new URL(world.contentUrl(BUCKET, key)).pathname;
  await page.evaluate(async (object) => {
    globalThis.shown?.destroy();
    const { telling } = sap.ui.require("sap/ui/core/Component").getComponentById("container-s3catalog");
    const download = () => { globalThis.downloads += 1; };
    globalThis.shown = await globalThis.Preview.show({ ...object, telling, download });
    globalThis.shown.placeAt("stage", "only");
  }, { bucket: BUCKET, key, contentType, size, contentUrl });
}

const shown = () => page.locator("#stage").innerText();

async function assertNothingRan() {
  await page.waitForTimeout(300);
  for (const frame of page.frames()) assert.equal(await frame.evaluate(() => typeof globalThis.pwned), "undefined");
  assert.deepEqual(page.problems, []);
}

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

test("PDF is drawn page by page, and runs nothing", async () => {
  await look("two.pdf", pdf(["Hello page one", "And page two"], "app.alert(1); globalThis.pwned = 1"), "application/pdf");
  await page.waitForFunction(() => document.querySelector("#stage .s3catalogUnseen")?.textContent.includes("Hello page one"));
  await world.picture(page, "preview two.pdf");
  assert.match(await shown(), /Page 1 of 2/);
  const dark = () => page.locator("#stage canvas").evaluate((it) => {
    const { data } = it.getContext("2d").getImageData(0, 0, it.width, it.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) if (data[at] < 128 && data[at + 3] > 128) count += 1;
    return count;
  });
  assert.ok(await dark() > 100, "letters are drawn");
  await page.getByRole("button", { name: "Next Page" }).click();
  await page.waitForFunction(() => document.querySelector("#stage .s3catalogUnseen").textContent.includes("And page two"));
  assert.equal(await page.locator("#stage iframe, #stage embed, #stage object").count(), 0);
  await assertNothingRan();
});

test("of quick presses the last one counts: in the number, on the canvas and for who hears it", async () => {
  await look("quick.pdf", pdf(["i", "i", "MMMMMMMMMMMMMMMMMMMM"], ""), "application/pdf");
  const hears = (words) => page.waitForFunction((it) => document.querySelector("#stage .s3catalogUnseen").textContent === it, words);
  const press = (name, times) => page.getByRole("button", { name }).evaluate((it, count) => {
    const button = sap.ui.require("sap/ui/core/Element").closestTo(it);
    for (let at = 0; at < count; at += 1) button.firePress();
  }, times);
  const dark = () => page.locator("#stage canvas").evaluate((it) => {
    const { data } = it.getContext("2d").getImageData(0, 0, it.width, it.height);
    return data.filter((value, at) => at % 4 === 0 && value < 128 && data[at + 3] > 128).length;
  });
  await hears("i");
  const little = await dark();
  await press("Next Page", 2);
  await hears("MMMMMMMMMMMMMMMMMMMM");
  assert.match(await shown(), /Page 3 of 3/);
  assert.ok(await dark() > 5 * little, "another page is drawn");
  await press("Previous Page", 2);
  await hears("i");
  assert.match(await shown(), /Page 1 of 3/);
  assert.equal(await dark(), little);
  await assertNothingRan();
});

test("a page of a PDF that does not come says why, and comes when it can", async () => {
  await look("long.pdf", pdf(["first", `${" ".repeat(400 << 10)}second`], ""), "application/pdf");
  await page.waitForFunction(() => document.querySelector("#stage .s3catalogUnseen")?.textContent === "first");
  world.front.cut();
  await page.getByRole("button", { name: "Next Page" }).click();
  const again = page.locator("#stage").getByRole("button", { name: "Try Again" });
  await again.waitFor();
  assert.match(await shown(), /can.t be reached/);
  world.front.mend();
  await again.click();
  await page.waitForFunction(() => document.querySelector("#stage .s3catalogUnseen")?.textContent === "first");
  // the worker of pdf.js forgets a promise of its own; what it answers is told
  page.problems = page.problems.filter((it) => !it.startsWith("UnknownErrorException"));
  await assertNothingRan();
});

test("a PDF that is none", async () => {
  await look("none.pdf", "<html><script>pwned=1</script>", "application/pdf");
  assert.match(await shown(), /can't be shown/);
  await assertNothingRan();
});

test("audio plays by parts of the content", async () => {
  await look("tone.wav", wav(2), "audio/wav");
  const player = page.locator("#stage audio");
  await page.waitForFunction(() => document.querySelector("#stage audio").duration);
  assert.ok(Math.abs(await player.evaluate((it) => it.duration) - 2) < 0.1);
  await player.evaluate((it) => {
    it.muted = true;
    return it.play();
  });
  await page.waitForFunction(() => document.querySelector("#stage audio").currentTime > 0.1);
  await assertNothingRan();
});

test("a video is played, one that is none says so", async () => {
  // made by the browser itself, so that no file has to be kept here
  const webm = Buffer.from(await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
    const paint = canvas.getContext("2d");
    const recorder = new MediaRecorder(canvas.captureStream(10), { mimeType: "video/webm" });
    const pieces = [];
    recorder.ondataavailable = ({ data }) => pieces.push(data);
    recorder.start();
    for (let at = 0; at < 10; at += 1) {
      paint.fillStyle = `hsl(${at * 36} 80% 50%)`;
      paint.fillRect(0, 0, 64, 48);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await new Promise((resolve) => {
      recorder.onstop = resolve;
      recorder.stop();
    });
    return [...new Uint8Array(await new Blob(pieces).arrayBuffer())];
  }));
  await look("clip.webm", webm, "video/webm");
  await page.waitForFunction(() => document.querySelector("#stage video").videoWidth === 64);
  await look("none.mp4", "no video", "video/mp4");
  await page.locator("#stage").getByText("can't play").waitFor();
  await assertNothingRan();
});

test("a player is there before its content, whose request ends with it", async () => {
  const ended = new Promise((resolve) => {
    world.front.instead = (request, answer) => {
      if (!request.url.includes("slow.mp3")) return false;
      answer.on("close", resolve);
      return true; // and never answers
    };
  });
  await show({ key: `${ROOT}slow.mp3`, contentType: "audio/mpeg", size: 3 });
  await page.locator("#stage audio").waitFor();
  await page.evaluate(() => globalThis.shown.destroy());
  await ended;
  world.front.instead = () => false;
  await assertNothingRan();
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

/** A picture of one colour, written by hand: no file has to be kept here. */
function png(width, height) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(8 + data.length + 4);
    out.writeUInt32BE(data.length);
    body.copy(out, 4);
    out.writeUInt32BE(crc(body), out.length - 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.concat(Array(height).fill(Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, 0x55)])));
  return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

function crc(bytes) {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

function wav(seconds) {
  const rate = 8000;
  const out = Buffer.alloc(44 + rate * seconds, 128);
  out.write("RIFF");
  out.writeUInt32LE(out.length - 8, 4);
  out.write("WAVEfmt ", 8);
  out.writeUInt32LE(16, 16);
  out.writeUInt16LE(1, 20);
  out.writeUInt16LE(1, 22);
  out.writeUInt32LE(rate, 24);
  out.writeUInt32LE(rate, 28);
  out.writeUInt16LE(1, 32);
  out.writeUInt16LE(8, 34);
  out.write("data", 36);
  out.writeUInt32LE(rate * seconds, 40);
  return out;
}

/** A document of these pages, with a script that is to run when it is opened. */
function pdf(texts, script) {
  const objects = ["<< /Type /Catalog /Pages 2 0 R /OpenAction 4 0 R >>"];
  const kids = texts.map((_, at) => `${5 + at * 2} 0 R`).join(" ");
  objects.push(`<< /Type /Pages /Kids [${kids}] /Count ${texts.length} >>`);
  objects.push("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
  objects.push(`<< /S /JavaScript /JS (${script.replaceAll(/[()\\]/g, "\\$&")}) >>`);
  texts.forEach((text, at) => {
    const stream = `BT /F 24 Tf 72 700 Td (${text}) Tj ET`;
    objects.push(`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${6 + at * 2} 0 R /Resources << /Font << /F 3 0 R >> >> >>`);
    objects.push(`<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`);
  });
  let out = "%PDF-1.4\n";
  const places = objects.map((object, at) => {
    const place = out.length;
    out += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(place).padStart(10, "0")} 00000 n \n`;
  });
  const start = out.length;
  return `${out}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.join("")}trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF`;
}
