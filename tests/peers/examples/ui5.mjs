// Uses the UI5 example as a person does. Needs FOLDER, and what serve.mjs needs.
import { browse } from '../ui5_model/serve.mjs';

const rows = page =>
  page.evaluate(() =>
    [...document.querySelectorAll('table tbody tr')]
      .map(row => [...row.querySelectorAll('td .sapMLnk, td .sapMText')].slice(0, 2).map(cell => cell.textContent))
      // a row is drawn before its texts are there
      .filter(cells => cells.length === 2 && cells.every(Boolean)));

async function until(page, holds) {
  for (let seen, i = 0; ; i += 1) {
    seen = await rows(page);
    if (holds(seen)) return seen;
    if (i > 300) throw new Error(`the table shows ${JSON.stringify(seen)}`);
    await page.waitForTimeout(100);
  }
}

await browse(process.env.FOLDER, 'index.html', async page => {
  const told = {};
  await page.locator('.sapMSlt').click();
  const options = page.getByRole('dialog').getByRole('option');
  await options.first().waitFor();
  told.buckets = await options.allTextContents();
  await options.filter({ hasText: 'invoices-2026' }).click();
  told.objects = await until(page, seen => seen.length > 1);
  await page.locator('.sapMSF input').fill('01/');
  await page.keyboard.press('Enter');
  const all = told.objects.length;
  told.found = (await until(page, seen => seen.length && seen.length < all)).map(([key]) => key);
  const address = await page.locator('table .sapMLnk').first().getAttribute('href');
  told.content = await page.evaluate(async url => (await fetch(url)).text(), address);
  return told;
});
