// Keeps those rows of a long list in its table that are seen, with some above and below; room stands
// for the others, so that the scrollbar tells how long the list is. More is fetched before it is
// needed. With keys that go further than the rows which the table has.
sap.ui.define([
  "sap/ui/core/Element",
  "sap/ui/core/ResizeHandler",
], function (Element, ResizeHandler) {
  "use strict";

  /** Rows come and go in such steps. */
  const STEP = 25;
  /** Closer than this to the end of what the table has, it gets more. */
  const CLOSE = 15;
  /** So many rows that are not in the table yet are there already. */
  const AHEAD = 200;

  class Sliding {
    #table;
    #page;
    #rows;
    #height = 0;
    #waiting = false;

    /** @param {object} page the DynamicPage that scrolls  @param {Rows} rows with `ensure(count)` */
    constructor(table, page, rows) {
      this.#table = table;
      this.#page = page;
      this.#rows = rows;
      rows.changed = () => this.#soon();
      table.attachUpdateFinished(() => this.#soon());
      page.addEventDelegate({ onAfterRendering: () => this.#listen() });
      table.addEventDelegate({ onAfterRendering: () => this.#soon() });
      table.addDelegate({
        onsaphome: (event) => this.#go(event, () => 0),
        onsapend: (event) => this.#go(event, () => this.#count() - 1),
        onsappageup: (event) => this.#go(event, (at, fit) => at - fit),
        onsappagedown: (event) => this.#go(event, (at, fit) => at + fit),
      }, true);
      ResizeHandler.register(page, () => this.#soon());
    }

    /** Sees to it that the table has this row and that it is seen, and returns it. */
    reveal(at) {
      const wanted = Math.max(0, Math.min(at, this.#count() - 1));
      const { from, shown } = this.#rows.model.getData();
      if (wanted < from || wanted >= from + shown.length) {
        this.#show(wanted, wanted + 1);
        this.#makeRoom();
      }
      const item = this.#table.getItems()[wanted - this.#rows.model.getProperty("/from")];
      item?.getDomRef()?.scrollIntoView({ block: "nearest" }); // focusing does not scroll to what has the focus already
      return item;
    }

    #count() {
      return this.#rows.model.getProperty("/rows").length;
    }

    get #box() {
      return this.#page.getDomRef("contentWrapper");
    }

    #listen() {
      const box = this.#box;
      box.removeEventListener("scroll", this.#soon);
      box.addEventListener("scroll", this.#soon, { passive: true });
    }

    /** Once for all that happens until the next frame. */
    #soon = () => {
      if (!this.#waiting) {
        this.#waiting = true;
        requestAnimationFrame(() => {
          this.#waiting = false;
          this.#check();
        });
      }
    };

    #check() {
      const items = this.#table.getItems();
      const { from, shown, more, problem } = this.#rows.model.getData();
      const box = this.#box?.getBoundingClientRect();
      const top = items[0]?.getDomRef()?.getBoundingClientRect().top;
      const bottom = items.at(-1)?.getDomRef()?.getBoundingClientRect().bottom;
      this.#tell();
      if (items.length !== shown.length || !(bottom > top) || !box.height) {
        this.#makeRoom();
        return; // there is nothing, or nobody sees it
      }
      this.#height = (bottom - top) / items.length;
      const first = from + Math.floor((box.top - top) / this.#height);
      const last = from + Math.ceil((box.bottom - top) / this.#height);
      const to = from + shown.length;
      if ((from > 0 && first < from + CLOSE) || (to < this.#count() && last > to - CLOSE)) {
        this.#slide(first, last);
      } else {
        this.#makeRoom(["Below"]);
      }
      if (more && !problem && last + AHEAD > this.#count()) {
        this.#rows.ensure(last + AHEAD);
      }
    }

    /** Moves to other rows while those that stay do not move on the screen. */
    #slide(first, last) {
      const items = this.#table.getItems();
      const lost = items.find((item) => item.getDomRef().contains(document.activeElement));
      const box = this.#box;
      const rowAt = () => items.map((item) => item.getDomRef()).find((row) => row?.getBoundingClientRect().bottom > box.getBoundingClientRect().top);
      const anchor = rowAt();
      const before = anchor?.getBoundingClientRect().top;
      this.#show(first, last);
      this.#makeRoom();
      this.#tell();
      if (anchor?.isConnected) {
        box.scrollTop += anchor.getBoundingClientRect().top - before;
      }
      if (lost?.isDestroyed()) {
        this.#table.getItems()[Math.max(0, first + 1 - this.#rows.model.getProperty("/from"))]?.getFocusDomRef()?.focus({ preventScroll: true });
      }
    }

    #show(first, last) {
      const from = Math.max(0, Math.min(Math.floor(first / STEP) - 1, Math.floor(this.#count() / STEP) - 1)) * STEP;
      this.#rows.show(from, Math.max(from + 2 * STEP, (Math.ceil(last / STEP) + 1) * STEP));
    }

    /** Room above is changed with the rows only: what is seen would move. */
    #makeRoom(sides = ["Above", "Below"]) {
      const { from, shown } = this.#rows.model.getData();
      const rows = { Above: from, Below: this.#count() - from - shown.length };
      for (const side of sides) {
        this.#box?.style.setProperty(`--rows${side}`, `${Math.round(rows[side] * this.#height)}px`);
      }
    }

    /** The table knows of its own rows only; screen readers shall hear the row's number in the list. */
    #tell() {
      const { from, more } = this.#rows.model.getData();
      this.#table.getItems().forEach((item, at) => item.getDomRef()?.setAttribute("aria-rowindex", from + at + 2));
      this.#table.getDomRef("listUl")?.setAttribute("aria-rowcount", more ? -1 : this.#count() + 1);
    }

    #go(event, to) {
      const item = Element.closestTo(event.target);
      const at = this.#table.indexOfItem(item);
      if (at >= 0 && event.target === item.getDomRef()) {
        event.preventDefault();
        event.stopImmediatePropagation(true);
        const fit = Math.max(1, Math.floor(this.#box.clientHeight / this.#height) - 2);
        this.reveal(to(at + this.#rows.model.getProperty("/from"), fit))?.focus();
      }
    }
  }

  return Sliding;
});
