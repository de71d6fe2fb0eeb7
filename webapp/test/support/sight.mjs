// What is seen of a long list: which rows stand in the box that scrolls, and what follows when it is
// scrolled to a place.

import assert from "node:assert/strict";
import { focused } from "./page.mjs";

export class Sight {
  /** @param {(at: number) => string} nameOf what the row of this number is called */
  constructor(page, column, nameOf) {
    Object.assign(this, { page, column, nameOf });
  }

  /** Puts the scrollbar somewhere and waits until the page has come to rest; tells what is seen then. */
  async look(top) {
    const seen = await this.page.evaluate(async ([column, wanted]) => {
      const box = document.querySelector(`[id$=${column}Column] .sapFDynamicPageContentWrapper`);
      const look = () => {
        const { top, bottom } = box.getBoundingClientRect();
        const head = box.querySelector("thead").getBoundingClientRect().bottom;
        const rows = [...box.querySelectorAll("tbody tr[aria-rowindex]")].map((row) => ({ row, place: row.getBoundingClientRect() }))
          .filter(({ place }) => place.bottom > Math.max(top, head) && place.top < bottom)
          .map(({ row, place }) => ({ name: row.querySelector(".named").innerText.split("\n")[0], number: Number(row.getAttribute("aria-rowindex")) - 2, top: place.top, bottom: place.bottom }));
        return { head: Math.max(top, head), bottom, rows, top: box.scrollTop, height: box.scrollHeight };
      };
      box.scrollTop = wanted ?? box.scrollTop;
      let seen = "";
      for (let still = 0, frames = 0; still < 15 && frames < 300; frames += 1) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const now = JSON.stringify(look());
        still = now === seen && look().rows.length ? still + 1 : 0; // others may be on their way
        seen = now;
      }
      return JSON.parse(seen);
    }, [this.column, top]);
    for (const { name, number } of seen.rows) {
      assert.equal(name, this.nameOf(number), "screen readers hear another number");
    }
    return seen;
  }

  async rows() {
    return (await this.look()).rows;
  }

  async middle() {
    const rows = await this.rows();
    return rows[Math.floor(rows.length / 2)];
  }

  /** Goes to the end of what is there again and again, until a row is seen. */
  async reach(number) {
    for (let round = 0; round < 60 && ((await this.rows()).at(-1)?.number ?? 0) < number; round += 1) {
      await this.look(Number.MAX_SAFE_INTEGER);
    }
    assert.ok((await this.rows()).at(-1).number >= number, "the rows do not come");
  }

  /** Scrolls to where the row of this number is. */
  async to(number) {
    const { rows, top } = await this.look();
    const { number: at, top: y, bottom } = rows.at(0);
    assert.ok(y < bottom);
    await this.look(top + (number - at - 4) * (bottom - y));
  }

  /** Drags the scrollbar far up and down: it stays where it was put, and what belongs there is seen. */
  async drag() {
    const { height } = await this.look(0);
    const [first] = await this.rows();
    const rowHeight = first.bottom - first.top;
    for (const share of [0.9, 0.4, 0.7, 0.02, 0.5]) {
      const wanted = Math.round(share * height);
      const seen = await this.look(wanted);
      assert.ok(Math.abs(seen.top - wanted) < 2, `put to ${wanted}, and is at ${seen.top}`);
      const expected = wanted / rowHeight;
      assert.ok(seen.rows.length > 0, `nothing is seen at ${share}`);
      assert.ok(Math.abs(seen.rows[0].number - expected) < 5 + expected / 1000, `row ${seen.rows[0].number} instead of ${expected}`);
      assert.ok(seen.rows[0].top <= seen.head + 1 && seen.rows.at(-1).bottom >= seen.bottom - 1, `some of it is blank at ${share}`);
    }
  }

  /** The focus stays with its row while that is scrolled away, and is there when it comes back. */
  async keepsFocus() {
    const { top, height } = await this.look();
    const { name, number } = await this.middle();
    const focus = () => this.page.evaluate(() => document.activeElement?.closest("tbody tr")?.querySelector(".named").innerText.split("\n")[0]);
    await this.page.getByRole("row").filter({ hasText: name }).focus();
    for (const share of [0.1, 0.8, 0.79]) {
      await this.look(share * height);
      assert.equal(await focus(), undefined, "another row has the focus");
    }
    await this.look(top);
    assert.equal(await focus(), name);
    await this.look(0);
    await this.page.keyboard.press("ArrowDown");
    await focused(this.page, this.nameOf(number + 1));
    assert.ok((await this.rows()).some((each) => each.number === number + 1), "what has the focus is not seen");
    await this.look(top);
  }
}
