// Serves a Fiori elements app without code with SAPUI5 from npm, hands the service's paths on as an
// approuter would, and prints what a person sees: the buckets, the objects of BUCKET, the object KEY.
// Needs MODULES (playwright-core), SAPUI5 (the libraries), SERVICE, TOKEN; CHROMIUM if it is not in
// /usr/bin, SCREENSHOTS for pictures.
import fs from 'node:fs';
import path from 'node:path';
import { chromium, serve } from '../ui5_model/serve.mjs';

const { SAPUI5, BUCKET, KEY, SCREENSHOTS } = process.env;
const roots = ['@openui5', '@sapui5']
  .flatMap(scope => fs.readdirSync(path.join(SAPUI5, scope)).map(name => path.join(SAPUI5, scope, name, 'src')));
const PATIENCE = 60_000;

/** What a release of UI5 says about itself. */
function version() {
  const { version } = JSON.parse(fs.readFileSync(path.join(SAPUI5, '@sapui5/sap.fe.templates/package.json')));
  return JSON.stringify({ name: 'SAPUI5', version, libraries: [{ name: 'sap.fe.templates', version }] });
}

/** Texts of the first table with rows: its column headers, and its rows as lists of cells. */
async function table(where) {
  const row = where.locator('tr.sapMListTblRow').first();
  await row.waitFor({ timeout: PATIENCE });
  return row.evaluate(element => {
    const table = element.closest('table');
    const cells = (within, tag) => [...within.querySelectorAll(tag)]
      .map(cell => cell.innerText.replace(/\s+/g, ' ').trim()).filter(Boolean);
    const rows = [...table.querySelectorAll('tr.sapMListTblRow')];
    return { columns: cells(table.tHead, 'th'), rows: rows.map(row => cells(row, 'td')).filter(row => row.length) };
  });
}

/** Presses a row until its page opens: a list that is still being completed swallows the first press. */
async function open(page, row, address) {
  const until = Date.now() + PATIENCE;
  do {
    await row.click();
    if (await page.waitForURL(address, { timeout: 5_000 }).then(() => true, () => false)) return;
  } while (Date.now() < until);
  throw new Error(`no page opened at ${address}, but ${page.url()}`);
}

async function picture(page, name) {
  if (SCREENSHOTS) await page.screenshot({ path: path.join(SCREENSHOTS, `fiori-${name}.png`) });
}

const server = serve([import.meta.dirname, ...roots], { '/resources/sap-ui-version.json': version() });
server.listen(0, '127.0.0.1', async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
    page.setDefaultTimeout(PATIENCE);
    const failed = [];
    page.on('response', answer => {
      if (answer.url().includes('/catalog/') && answer.status() >= 400) failed.push(`${answer.status()} ${answer.url()}`);
    });
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const buckets = await table(page);
    await picture(page, 'list');
    await open(page, page.locator('tr.sapMListTblRow').filter({ hasText: BUCKET }).first(), /#\/Buckets\(/);
    const bucket = page.locator('.sapUxAPObjectPageLayout').first();
    const objects = await table(bucket);
    await picture(page, 'bucket');
    await open(page, bucket.locator('tr.sapMListTblRow').filter({ hasText: KEY }).first(), /#\/Buckets\(.*\)\/objects\(/);
    const object = page.locator('.sapUxAPObjectPageLayout').filter({ hasText: KEY, hasNotText: 'Objects (' });
    await object.getByText('Storage Class').first().waitFor();
    const lines = (await object.innerText()).split('\n').map(line => line.trim()).filter(Boolean);
    await picture(page, 'object');
    console.log(JSON.stringify({ buckets, objects, object: lines, failed }));
  } finally {
    await browser.close();
    server.close();
  }
});
