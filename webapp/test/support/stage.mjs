// A stage over the page, on which previews are looked at. A script that runs in one would set `pwned`,
// in the page or in a frame.

import assert from "node:assert/strict";
import { World } from "../harness/world.mjs";

export const BUCKET = "invoices-2026";
export const ROOT = `previews ${Date.now().toString(36)}/`;

export async function beginStage() {
  const world = await World.begin();
  const page = await world.page();
  await build();
  return { world, page, build, look, show, shown, assertNothingRan };

  /** Also anew, when the page was. */
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

  function shown() {
    return page.locator("#stage").innerText();
  }

  async function assertNothingRan() {
    await page.waitForTimeout(300);
    for (const frame of page.frames()) assert.equal(await frame.evaluate(() => typeof globalThis.pwned), "undefined");
    assert.deepEqual(page.problems, []);
  }
}
