// A long table, and how long the page works for what is done with it. `ROWS=10000` scrolls further.

import assert from "node:assert/strict";

/** Rows that are scrolled through. */
const ROWS = Number(process.env.ROWS ?? 3000);
/** A table that has more rows at once gets slow with them. */
export const MOST_ROWS = 300;
/** The page's own work for one thing that somebody does; what others had of the processor is not in it. */
const FROZEN_MS = 1500;

export const BUCKETS = { column: "begin", search: "Search buckets" };
export const OBJECTS = { column: "mid", search: "Search in this folder" };

export class List {
  static async of(page, { column, search }) {
    const list = Object.assign(new List(), { page, rows: page.locator(`[id$=${column}Column] tbody tr[aria-rowindex]`), label: search });
    await list.rows.nth(20).waitFor();
    list.session = await page.context().newCDPSession(page);
    await list.session.send("Performance.enable", { timeDomain: "threadTicks" });
    return list;
  }

  /** Time of the page's thread, without what others had of the processor. */
  async worked() {
    const { metrics } = await this.session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration").value * 1000;
  }

  async act(name, act) {
    const took = await this.during(act);
    console.log(`${name}: ${took} ms`);
    assert.ok(took < FROZEN_MS, `${name} kept the page busy for ${took} ms`);
    assert.ok(await this.rows.count() < MOST_ROWS, "too many rows at once");
  }

  async during(act) {
    const before = await this.worked();
    await act();
    return Math.round((await this.worked()) - before);
  }

  /** Scrolls down and sees that no step freezes the page, and that it does not get slower. */
  async scroll() {
    await this.rows.first().hover();
    const halves = [[], []];
    for (let at = 0, end = Date.now() + 120_000; at < ROWS; at = await this.lastNumber()) {
      assert.ok(Date.now() < end, "the rows do not come");
      halves[at < ROWS / 2 ? 0 : 1].push(await this.during(async () => {
        await this.page.mouse.wheel(0, 3000);
        await this.page.waitForTimeout(50);
      }));
    }
    const [first, second] = halves.map((half) => half.reduce((all, each) => all + each, 0));
    const longest = Math.max(...halves.flat());
    console.log(`to row ${ROWS}: ${first} ms and ${second} ms, at once ${longest} ms at most`);
    assert.ok(longest < FROZEN_MS, `frozen for ${longest} ms`);
    assert.ok(second < 2 * first, "slower with each row");
    assert.ok(await this.rows.count() < MOST_ROWS, "too many rows at once");
    await this.rest();
  }

  /** Until the last turn of the wheel has arrived. */
  async rest() {
    for (let before = -1, now; (now = await this.lastNumber()) !== before; before = now) {
      await this.page.waitForTimeout(400);
    }
  }

  /** Screen readers hear the number in the list, not in the table. */
  async lastNumber() {
    return Number(await this.rows.last().getAttribute("aria-rowindex")) - 1;
  }

  /** Of a row that is seen, somewhere far down. */
  lastName() {
    return this.rows.nth(-20).locator(".named").innerText();
  }

  search(term) {
    return this.page.getByRole("searchbox", { name: this.label }).fill(term);
  }
}
