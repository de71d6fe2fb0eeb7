// Opens the page and prints what it told. Needs PAGE, and what serve.mjs needs.
import { browse } from './serve.mjs';

await browse(import.meta.dirname, process.env.PAGE, async page => {
  await page.waitForFunction(() => window.done, null, { timeout: 120_000 });
  return page.evaluate(() => window.told);
});
