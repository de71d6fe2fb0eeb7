// The connection page: the chain as steps, for administrators only.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { screenshot } from "./harness/browser.mjs";
import { Scene, button, row } from "./support/page.mjs";

const IN_AN_HOUR = new Date(Date.now() + 3_600_000).toISOString();
const IN_TWENTY_DAYS = new Date(Date.now() + 20.5 * 86_400_000).toISOString();
const step = (id, title, outcome, facts = {}, more = {}) => (
  { id, title, outcome, seen: `What was seen of ${id}.`, facts, remedy: null, commands: [], durationMs: 3, ...more });
const CHAIN = {
  ok: false, version: "1.2.3", checkedAt: new Date().toISOString(), credentialSource: "roles-anywhere",
  steps: [
    step("bindings", "Bindings", "ok"),
    step("certificate", "Certificate", "warning", { subject: "CN=x", notAfter: IN_TWENTY_DAYS, daysLeft: "20" }, {
      remedy: "Upload a new certificate.", commands: ["cf restart btp-s3-catalog"],
    }),
    step("session", "AWS session", "ok", { roleArn: "arn:aws:iam::1:role/x", expires: IN_AN_HOUR }),
    step("private-link", "Private Link", "ok", { host: "vpce-1.s3.eu-central-1.vpce.amazonaws.com", reach: "private" }),
    step("s3", "Amazon S3", "failed", {}, { remedy: "Extend the role's policy." }),
    step("uploads", "Uploads", "skipped"),
  ],
};
let scene;

before(async () => {
  scene = await Scene.begin();
});
after(() => scene.end());

async function show(chain, options) {
  const page = await scene.page("alice", options);
  await page.route("**/catalog/connection", (route) => route.fulfill({ json: chain }));
  await scene.go(page, "");
  return page;
}

test("steps have state, evidence, remedy and commands", async () => {
  const page = await show(CHAIN);
  await page.getByRole("button", { name: /^Connection: something is broken/ }).click();
  await page.getByText("The connection is broken at “Amazon S3”").first().waitFor();
  for (const text of ["20 days left", "private addresses", "What was seen of s3.", "Extend the role's policy.", "Role ARN"]) {
    await page.getByText(text, { exact: false }).first().waitFor();
  }
  await page.getByText(/^(59|60):\d\d left$|^01:00:00 left$/).waitFor();
  for (const [text, count] of [["Works", 3], ["Attention", 1], ["Broken", 1], ["Not tried", 1]]) {
    assert.equal(await page.getByRole("listitem").getByText(text, { exact: true }).count(), count, text);
  }
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await button(page, "Copy command").click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "cf restart btp-s3-catalog");
  await scene.close(page);
});

test("steps are named in the user's language, new ones as the service names them", async () => {
  const page = await show({ ...CHAIN, steps: [...CHAIN.steps, step("brand-new", "Something new", "ok")] }, { locale: "de-DE" });
  await page.getByRole("button", { name: /^Verbindung:/ }).click();
  await page.getByText("Die Verbindung ist bei „Amazon S3“ unterbrochen").first().waitFor();
  const titles = await page.getByRole("listitem").getByRole("heading").allInnerTexts();
  assert.deepEqual(titles, ["Service-Bindings", "Zertifikat", "AWS-Sitzung", "Private Link", "Amazon S3", "Nicht abgeschlossene Uploads", "Something new"]);
  await screenshot(page, "connection-de");
  await scene.close(page);
});

test("a chain that mended itself is seen after another check", async () => {
  const page = await show(CHAIN);
  await page.getByRole("button", { name: /^Connection:/ }).click();
  await page.getByText("The connection is broken").first().waitFor();
  const steps = CHAIN.steps.map((each) => ({ ...each, outcome: "ok", remedy: null }));
  await page.route("**/catalog/connection", (route) => route.fulfill({ json: { ...CHAIN, ok: true, steps } }));
  await button(page, "Check Again").click();
  await page.getByText("Everything works").first().waitFor();
  await scene.close(page);
});

test("of a check that fails nothing old is shown", async () => {
  const page = await show({ ...CHAIN, ok: true, steps: CHAIN.steps.map((each) => ({ ...each, outcome: "ok" })) });
  await page.getByRole("button", { name: /^Connection:/ }).click();
  await page.getByText("Everything works").first().waitFor();
  await page.route("**/catalog/connection", (route) => route.fulfill({ status: 503, body: "" }));
  await button(page, "Check Again").click();
  await page.getByText("The service does not answer").first().waitFor();
  assert.equal(await page.getByText("Everything works").filter({ visible: true }).count(), 0);
  await scene.close(page);
});

test("others are not offered it, and are told why at its address", async () => {
  const page = await scene.page("bob");
  const refused = [];
  page.on("response", (response) => response.status() === 403 && refused.push(response.url()));
  await scene.go(page, "");
  await row(page, "sales-reports").waitFor();
  await page.getByRole("button", { name: "Refresh" }).first().waitFor();
  assert.equal(await page.getByRole("button", { name: /^Connection/ }).count(), 0);
  assert.deepEqual(refused, [], "no question that would stand as a denied access in the audit trail");
  await page.goto(`${scene.url}/#/connection`);
  await page.getByRole("heading", { name: "Only administrators see this page" }).waitFor();
  await scene.close(page);
});
