// What tests of uploads and previews need: a sandbox, a front that misbehaves on demand, Chromium,
// and eyes on what was stored, past everything that is tested.
//
// PAGE names the folder of the page (dist by default); several with commas between, the first wins.

import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { startSandbox } from "./sandbox.mjs";
import { Front } from "./unruly.mjs";

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));
const ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export class World {
  static async begin({ viewport = { width: 1280, height: 900 }, locale = "en-GB" } = {}) {
    const world = new World();
    world.ready = await startSandbox();
    await world.makeFolder();
    world.front = await new Front(world.ready.page, (process.env.PAGE ?? DIST).split(",")).open();
    world.browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ARGUMENTS });
    world.looks = { viewport, locale };
    return world;
  }

  /** Forgets whoever was signed in and what the browser remembers. */
  async renew(looks = {}) {
    await this.context?.close();
    this.context = await this.browser.newContext({ ...this.looks, ...looks });
  }

  async end() {
    await this.browser.close();
    this.front.close();
    await this.ready.end();
    await this.removeFolder();
  }

  /** For the files that are uploaded. */
  async makeFolder() {
    this.folder = await mkdtemp(join(tmpdir(), "s3catalog-page-"));
  }

  removeFolder() {
    return rm(this.folder, { recursive: true, force: true });
  }

  /** Keeps what the page looks like in SCREENSHOTS, if that folder is named. */
  async picture(page, name) {
    if (!process.env.SCREENSHOTS) return;
    await mkdir(process.env.SCREENSHOTS, { recursive: true });
    await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`) });
  }

  /** A page on which somebody is signed in; errors of scripts and of its policy are kept. */
  async page(user = "alice") {
    if (!this.context) await this.renew();
    const page = await this.context.newPage();
    page.problems = [];
    page.on("pageerror", (error) => page.problems.push(String(error)));
    page.on("console", (message) => {
      if (/Content Security Policy/.test(message.text())) page.problems.push(message.text());
    });
    page.on("dialog", (dialog) => dialog.accept());
    await page.request.post(`${this.front.url}/login`, {
      form: { user, next: "/" }, maxRedirects: 0, headers: { origin: this.front.url },
    });
    await this.load(page);
    return page;
  }

  /** Loads the page (anew) and waits until its component is there. */
  async load(page) {
    await page.goto(`${this.front.url}/index.html`);
    await page.waitForFunction(() => globalThis.sap?.ui?.require?.("sap/ui/core/Component")?.getComponentById("container-s3catalog"));
  }

  /** A file with random content; returns {path, sha256}. */
  async file(name, size) {
    const path = join(this.folder, name);
    const hash = createHash("sha256");
    const file = await open(path, "w");
    for (let left = size; left > 0;) {
      const piece = randomBytes(Math.min(left, 8 << 20));
      hash.update(piece);
      await file.write(piece);
      left -= piece.length;
    }
    await file.close();
    return { path, sha256: hash.digest("hex") };
  }

  async text(name, content) {
    const path = join(this.folder, name);
    await writeFile(path, content);
    return path;
  }

  contentUrl(bucket, key) {
    const literal = (it) => encodeURIComponent(it.replaceAll("'", "''"));
    return `${this.ready.service}/catalog/Buckets('${literal(bucket)}')/objects('${literal(key)}')/content`;
  }

  /** Asks the service itself, past everything that is tested. */
  ask(bucket, key, init = {}, user = "alice") {
    const headers = { authorization: `Bearer ${this.ready.token[user]}`, ...init.headers };
    return fetch(this.contentUrl(bucket, key), { ...init, headers });
  }

  async put(bucket, key, body, type = "application/octet-stream") {
    const answer = await this.ask(bucket, key, { method: "PUT", body, headers: { "content-type": type } });
    if (!answer.ok) throw new Error(`${key}: ${answer.status} ${await answer.text()}`);
  }

  /** SHA-256 of what is stored, or null. */
  async stored(bucket, key) {
    const answer = await this.ask(bucket, key);
    if (answer.status === 404) return null;
    const hash = createHash("sha256");
    for await (const piece of answer.body) hash.update(piece);
    return hash.digest("hex");
  }
}

export async function until(what, { seconds = 30, every = 100 } = {}) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    const found = await what();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, every));
  }
  throw new Error(`not within ${seconds} s: ${what}`);
}
