// Whatever goes wrong, people read a sentence, what to do, and the correlation id; never JSON,
// never a wheel that turns for ever.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { signIn } from "./harness/browser.mjs";
import { Scene, button, row, select } from "./support/page.mjs";

const ID = "c0ffee00-0000-4000-8000-000000000001";
const BUCKET = "sales-reports";
let scene;

before(async () => {
  scene = await Scene.begin();
});
after(() => scene.end());

/** Answers a request of the page as a service or gateway in trouble would. */
function answer(status, code, { headers = {}, message = "What the service says" } = {}) {
  return (route) => route.fulfill({
    status,
    headers: { "content-type": "application/json", "x-correlation-id": ID, ...headers },
    body: JSON.stringify({ error: { code, message } }),
  });
}

const CASES = [
  [401, "Unauthenticated", "Your session has ended", "Sign In Again"],
  [403, "Forbidden", "You are not allowed to do this", "Try Again"],
  [403, "StorageDenied", "Amazon S3 denies access", "Try Again"],
  [404, "NotFound", "This does not exist, or no longer", "Try Again"],
  [429, "TooManyRequests", "Too many requests at once", "Try Again"],
  [500, "InternalError", "Something went wrong in the service", "Try Again"],
  [502, "StorageError", "Amazon S3 sent an unexpected answer", "Try Again"],
  [503, "NoSession", "The connection to Amazon S3 is interrupted at the moment", "Try Again"],
  [503, "StorageUnavailable", "Amazon S3 does not answer at the moment", "Try Again"],
  [503, "IdentityUnavailable", "Your sign-in can’t be checked at the moment", "Try Again"],
];

for (const [status, code, sentence, remedy] of CASES) {
  test(`lists: ${status} ${code}`, async () => {
    const page = await scene.page("alice");
    await row(page, BUCKET).waitFor();
    await page.route("**/catalog/$batch", answer(status, code, status === 503 ? { headers: { "retry-after": "7" } } : {}));
    await page.route("**/objects?*", answer(status, code));
    await scene.go(page, "");
    await explained(page, sentence, remedy);
    if (status === 503) {
      await page.getByText("The service asks to wait 7 seconds.").waitFor();
    }
    await page.goto(`${scene.url}/#/bucket/${BUCKET}`);
    await explained(page.locator("[id$=midColumn]"), sentence, remedy);
    if (remedy === "Try Again") {
      await page.unroute("**/objects?*");
      await button(page.locator("[id$=midColumn]"), remedy).click();
      await row(page, "README.md").waitFor();
    }
    await scene.close(page);
  });
}

async function explained(place, sentence, remedy) {
  await place.getByText(sentence).first().waitFor();
  await place.getByText(`Correlation id: ${ID}`).first().waitFor();
  await button(place, remedy).first().waitFor();
  const text = await place.locator("body, :scope").first().innerText();
  assert.doesNotMatch(text, /[{}]|"error"|<\w+>/);
}

for (const never of ["$metadata*", "$batch"]) {
  test(`buckets: no answer for ${never}`, async () => {
    const page = await scene.page("alice");
    await row(page, BUCKET).waitFor();
    await page.clock.install();
    const asked = page.waitForRequest((request) => request.url().includes(never.replace("*", "")));
    await page.route(`**/catalog/${never}`, () => {});
    await scene.go(page, "");
    await asked;
    await page.clock.fastForward(46_000);
    await page.getByText("There was no answer in time").first().waitFor();
    await page.unroute(`**/catalog/${never}`);
    await button(page, "Try Again").first().click();
    await row(page, BUCKET).waitFor();
    await scene.close(page);
  });
}

test("the answer of a gateway, which is a page, is not shown", async () => {
  const page = await scene.page("alice");
  const html = { status: 502, contentType: "text/html", body: "<h1>502 Bad Gateway</h1>nginx" };
  await page.route("**/catalog/**", (route) => route.fulfill(html));
  await scene.go(page, "");
  await page.getByText("The service does not answer").first().waitFor();
  assert.equal(await page.getByText("nginx").count(), 0);
  await scene.close(page);
});

test("without a network the page says so, and goes on when it is back", async () => {
  const page = await scene.page("alice", { at: `bucket/${BUCKET}` });
  await row(page, "README.md").waitFor();
  await page.context().setOffline(true);
  await button(page, "Refresh").last().click();
  await page.getByText("The service can’t be reached").waitFor();
  await page.context().setOffline(false);
  await button(page, "Try Again").click();
  await row(page, "README.md").waitFor();
  await scene.close(page);
});

const CHANGES = [
  [401, "Unauthenticated", "Your session has ended"],
  [403, "Forbidden", "You are not allowed to do this"],
  [409, "Archived", "The object is archived"],
  [413, "TooLarge", "This is too large"],
  [501, "NotImplemented", "The catalogue can’t do this"],
  [503, "Busy", "The service is busy"],
];

for (const [status, code, sentence] of CHANGES) {
  test(`changes: ${status} ${code}`, async () => {
    const page = await scene.page("alice", { at: `bucket/${BUCKET}` });
    await page.route("**/CatalogService.createFolder", answer(status, code));
    await button(page, "New Folder").click();
    await page.getByRole("dialog").getByRole("textbox").fill("x");
    await button(page.getByRole("dialog"), "Create").click();
    const dialog = page.getByRole("alertdialog");
    await dialog.getByText(sentence).first().waitFor();
    await dialog.getByText(`Correlation id: ${ID}`).waitFor();
    if (status === 501 || status === 413) {
      await dialog.getByText("What the service says").waitFor();
    }
    await button(dialog, "Close").click();
    await scene.close(page);
  });
}

test("a download that fails is told, and opens no page of JSON", async () => {
  const page = await scene.page("alice", { at: `bucket/${BUCKET}` });
  await select(page, "README.md");
  await page.route("**/content", answer(404, "NotFound"));
  await button(page, "Download").click();
  await page.getByRole("alertdialog").getByText("This does not exist, or no longer").first().waitFor();
  assert.equal(new URL(page.url()).pathname, new URL(scene.url).pathname);
  await scene.close(page);
});

test("a part of the page that can't be loaded is told of, each time it is asked for", async () => {
  const page = await scene.page("alice");
  await row(page, BUCKET).waitFor();
  await page.route("**/resources/rest.js", (route) => route.abort());
  await scene.go(page, "");
  for (let times = 0; times < 2; times += 1) {
    await button(page, "Transfers").click();
    const dialog = page.getByRole("alertdialog");
    await dialog.getByText("Something unexpected happened").first().waitFor();
    await button(dialog, "Close").click();
    await dialog.waitFor({ state: "detached" });
  }
  await page.context().close(); // its problems are what OpenUI5 says of the parts that are missing
});

async function signOut(page) {
  await page.locator("[id$=profile]").click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
}

test("who signs out after the session has ended is told so", async () => {
  const page = await scene.page("alice");
  await row(page, BUCKET).waitFor();
  await page.context().clearCookies();
  // as the approuter does with a token that it does not know
  await page.route("**/do/logout", (route) => route.fulfill({ status: 403, headers: { "x-csrf-token": "Required" }, body: "Forbidden" }));
  await signOut(page);
  await page.getByRole("alertdialog").getByText("Your session has ended").first().waitFor();
  await scene.close(page);
});

test("a session that began in another window is ended as well", async () => {
  const page = await scene.page("alice");
  await row(page, BUCKET).waitFor();
  // now it has a token of the session that was
  await page.evaluate(() => sap.ui.require("sap/ui/core/Component").getComponentById("container-s3catalog").service.csrfToken());
  const other = await page.context().newPage();
  await signIn(other, scene.url, "alice");
  await signOut(page);
  await page.waitForURL("**/login");
  await scene.close(page);
});

test("an address that is none leads back", async () => {
  const page = await scene.page("alice");
  for (const at of ["bucket/%E0%A4%A", "bucket/sales-reports/%25E0", "no/such/place/at/all"]) {
    await scene.go(page, at);
    await page.getByText("There is no such page").waitFor();
  }
  await button(page, "All buckets").last().click();
  await row(page, BUCKET).waitFor();
  const isFocused = () => page.waitForFunction(() => document.activeElement.closest("[id$=beginColumn]"));
  await isFocused();
  await row(page, BUCKET).focus();
  await page.evaluate(() => { location.hash = "no/such/place"; });
  await page.getByText("There is no such page").waitFor();
  await page.goBack(); // before anything else could have the focus
  await row(page, BUCKET).waitFor();
  await isFocused();
  await scene.close(page);
});

test("who has to sign in first comes to the address all the same", async () => {
  const page = await scene.browser.page();
  await page.goto(`${scene.url}/#/bucket/sales-reports`);
  await page.getByRole("button", { name: /^Alice/ }).click();
  await page.getByText("README.md").first().waitFor();
  await scene.close(page);
});
