// A signed-in page before a sandbox, for scenarios of the lists, the object page and what goes wrong.
//
// PAGE_URL names where the page is, if not at the sandbox's front door; READY the ready file of a
// sandbox that runs already.

import assert from "node:assert/strict";
import { LOOKS, signIn, startBrowser } from "../harness/browser.mjs";
import { startSandbox } from "../harness/sandbox.mjs";

const PATIENCE_MS = 45_000;

export class Scene {
  static async begin(sandbox) {
    const scene = new Scene();
    scene.sandbox = sandbox ?? await startSandbox();
    scene.url = sandbox?.page ?? process.env.PAGE_URL ?? scene.sandbox.page;
    scene.browser = await startBrowser();
    return scene;
  }

  async end() {
    await this.browser.end();
    await this.sandbox.end();
  }

  /** A page on which somebody is signed in, at a place of the page (`bucket/x`). */
  async page(user = "alice", { at = "", look = LOOKS.light, ...options } = {}) {
    const page = await this.browser.page(look, options);
    page.setDefaultTimeout(PATIENCE_MS);
    await signIn(page, this.url, user);
    if (at) {
      await this.go(page, at);
    }
    return page;
  }

  /** Loads the page anew at a place; with the hash alone nothing would be loaded. */
  async go(page, at) {
    await page.goto("about:blank");
    await page.goto(`${this.url}/#/${at}`);
  }

  /** Ends a page; errors of scripts and breaches of the policy are failures. */
  async close(page) {
    const { problems } = page;
    await page.context().close();
    assert.deepEqual(problems, []);
  }

  /** Asks the service itself, past everything that is tested. */
  async ask(path, { method = "GET", body, type = "application/json", user = "alice" } = {}) {
    const answer = await fetch(`${this.sandbox.service}/catalog/${path}`, {
      method, body, headers: { authorization: `Bearer ${this.sandbox.token[user]}`, ...(body ? { "content-type": type } : {}) },
    });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    return answer;
  }

  object(bucket, key) {
    return `Buckets('${bucket}')/objects('${encodeURIComponent(key.replaceAll("'", "''"))}')`;
  }

  async put(bucket, key, content, type = "text/plain") {
    await this.ask(`${this.object(bucket, key)}/content`, { method: "PUT", body: content, type });
  }

  /** The keys below a folder, as the service has them. */
  async keys(bucket, folder) {
    const filter = encodeURIComponent(`startswith(objectKey,'${folder.replaceAll("'", "''")}')`);
    const answer = await (await this.ask(`Buckets('${bucket}')/objects?$select=objectKey&$filter=${filter}`)).json();
    return answer.value.map(({ objectKey }) => objectKey);
  }
}

/** The row of a table that has this text. */
export function row(page, text) {
  return page.getByRole("row").filter({ has: page.getByText(text, { exact: true }) });
}

export function button(page, name) {
  return page.getByRole("button", { name, exact: true });
}

/** Selects rows by their names. */
export async function select(page, ...names) {
  for (const name of names) {
    await row(page, name).getByRole("checkbox").click();
  }
}

/** Waits until the row that has this text has the focus. */
export async function focused(page, text) {
  await page.waitForFunction((wanted) => {
    const names = document.activeElement?.closest("tr")?.querySelectorAll(".named") ?? [];
    return [...names].some((name) => name.innerText === wanted);
  }, text);
}
