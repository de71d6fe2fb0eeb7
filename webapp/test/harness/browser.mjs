// Chromium for tests: pages in light, dark and phone width, their problems, axe-core, screenshots.

import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGUMENTS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** The looks in which a page is judged. */
export const LOOKS = {
  light: { colorScheme: "light", viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  phone: { colorScheme: "light", viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
};

export async function startBrowser() {
  const browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
  return {
    /**
     * A page in a browser profile of its own. `page.problems` keeps errors of its scripts and
     * breaches of its policy. The sandbox's certificates are not Chromium's business here: that
     * the approuter checks them is what is tested.
     */
    async page(look = LOOKS.light, options = {}) {
      const context = await browser.newContext({ locale: "en-GB", ignoreHTTPSErrors: true, ...look, ...options });
      const page = await context.newPage();
      page.problems = [];
      page.on("pageerror", (error) => page.problems.push(String(error)));
      page.on("console", (message) => {
        if (/Content Security Policy/.test(message.text())) page.problems.push(message.text());
      });
      return page;
    },
    end: () => browser.close(),
  };
}

/** Signs somebody in at the sandbox's front door; `user` is a name (alice) or a role (viewer). */
export async function signIn(page, url, user) {
  const headers = { origin: new URL(url).origin };
  await page.request.post(new URL("/login", url).href, { form: { user }, headers, maxRedirects: 0 });
  await page.goto(url);
}

/** Signs somebody in at the approuter, whose sign-in page is that of the sandbox's tenant. */
export async function signInAtApprouter(page, url, user) {
  await page.goto(url);
  await page.waitForURL(/\/oauth2\/authorize\?/);
  await page.locator(`button[value="${user}"], button:has-text("${user}:")`).click();
  await page.waitForURL((address) => address.origin === new URL(url).origin && !/\/login\/callback/.test(address.pathname));
}

/** What axe-core finds that is serious or critical: rule, impact and the elements. */
export async function axeProblems(page, options = {}) {
  const source = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  // By the debugger and not by a script element: the page's policy forbids those, and stays on.
  const session = await page.context().newCDPSession(page);
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
      expression, awaitPromise: true, returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  try {
    await evaluate(`${source};undefined`);
    const { violations } = await evaluate(`axe.run(document, ${JSON.stringify(options)})`);
    const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
    return serious.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
  } finally {
    await session.detach();
  }
}

/** Writes what the page looks like to SCREENSHOTS/name.png, if that folder is named. */
export async function screenshot(page, name) {
  const folder = process.env.SCREENSHOTS;
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
