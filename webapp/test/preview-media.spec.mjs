// Previews of PDF, audio and video in Chromium: parts of a content, one after another.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { pdf, wav } from "./support/samples.mjs";
import { ROOT, beginStage } from "./support/stage.mjs";

let world, page, look, show, shown, assertNothingRan;

before(async () => {
  ({ world, page, look, show, shown, assertNothingRan } = await beginStage());
});
after(() => world.end());

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
  await page.waitForFunction(() => document.activeElement.matches("[role=region]")); // there is no next page
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
