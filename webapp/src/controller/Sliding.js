// Keeps those rows of a long list in its table that are seen, with some above and below; room stands
// for the others, so that the scrollbar tells how long the list is. More is fetched before it is
// needed. Only who scrolls changes what is seen: whatever else happens to the table, the rows that
// were seen stay where they were on the screen. Keys and focus are in RowFocus.js.
sap.ui.define(["./RowFocus"], function (RowFocus) {
  "use strict";

  /** Rows come and go in such steps. */
  const STEP = 25;
  /** Closer than this to the end of what the table has, it gets more. */
  const CLOSE = 15;
  /** So many rows that are not in the table yet are there already. */
  const AHEAD = 200;
  /** Rows differ a little in height; the room for the others changes only if it were far from right. */
  const SAME = 0.1;

  class Sliding {
    #table;
    #page;
    #rows;
    #focus;
    #height = 0;
    #width;
    #frame;
    /** The rows that were seen, {at, y}; and whether nothing was above them. */
    #seen = [];
    #isTop = true;
    #resized = new ResizeObserver(() => this.#soon());

    /** @param {object} page the DynamicPage that scrolls  @param {Rows} rows with `ensure(count)` */
    constructor(table, page, rows) {
      this.#table = table;
      this.#page = page;
      this.#rows = rows;
      this.#focus = new RowFocus(table, rows, this);
      rows.changing = (change) => this.#focus.keep(() => this.#keep(change));
      page.addEventDelegate({ onBeforeRendering: () => this.#look(), onAfterRendering: () => this.#rendered() });
      table.addEventDelegate({ onBeforeRendering: () => this.#look(), onAfterRendering: () => this.#settle() });
      table.addDelegate({ onmousedown: () => this.#look(), onkeydown: () => this.#look() }, true);
      table.getBindingInfo("items").template.addEventDelegate({
        onAfterRendering: ({ srcControl }) => this.#number(srcControl, table.indexOfItem(srcControl)),
      });
    }

    destroy() {
      this.#resized.disconnect();
      this.#box?.removeEventListener("scroll", this.#soon);
      cancelAnimationFrame(this.#frame);
    }

    /** Sees to it that the table has this row and that it is seen, and returns it. */
    reveal(at) {
      const wanted = Math.max(0, Math.min(at, this.#count - 1));
      if (!this.#itemOf(wanted)) {
        this.#show(wanted, wanted + 1);
      }
      const item = this.#itemOf(wanted);
      const dom = item?.getDomRef();
      if (dom) {
        dom.scrollIntoView({ block: "nearest" }); // focusing does not scroll to what has the focus already
        this.#isTop = false;
        this.#seen = [{ at: wanted, y: dom.getBoundingClientRect().top - this.#box.getBoundingClientRect().top }]; // a column may be about to change its width
      }
      return item;
    }

    /** So many rows are gone on by a page, which leaves two in view below what sticks on top. */
    get fit() {
      const { top, bottom } = this.#box.getBoundingClientRect();
      const head = this.#table.getDomRef("tblHeader")?.getBoundingClientRect().bottom ?? top;
      return Math.max(1, Math.floor((bottom - Math.max(top, head)) / this.#height) - 2);
    }

    get #count() {
      return this.#rows.model.getProperty("/rows").length;
    }

    get #box() {
      return this.#page.getDomRef("contentWrapper");
    }

    #itemOf(at) {
      return this.#table.getItems()[at - this.#rows.model.getProperty("/from")];
    }

    /** Where the table's rows are; nothing if they were not rendered yet. */
    #places() {
      const doms = this.#table.getItems().map((item) => item.getDomRef());
      return doms.every(Boolean) ? doms.map((dom) => dom.getBoundingClientRect()) : [];
    }

    /** The page took away what was set and listened to here, and how far it was scrolled. */
    #rendered() {
      this.#box.addEventListener("scroll", this.#soon, { passive: true });
      this.#resized.observe(this.#box);
      this.#settle();
    }

    /** Once for all that happens until the next frame. */
    #soon = () => {
      cancelAnimationFrame(this.#frame);
      this.#frame = requestAnimationFrame(() => this.#check());
    };

    /** Other rows may be needed: somebody scrolled, or it has another size. */
    #check() {
      const box = this.#box?.getBoundingClientRect();
      if (!box?.height || !this.#places().length) {
        return; // there is nothing, or nobody sees it
      }
      if (box.width !== this.#width) {
        this.#width = box.width;
        this.#settle();
      }
      this.#look();
      const { from, shown, more, problem } = this.#rows.model.getData();
      const first = Math.max(0, Math.floor(this.#rowAt(box.top)));
      const last = Math.ceil(this.#rowAt(box.bottom));
      const to = from + shown.length;
      if ((from > 0 && first < from + CLOSE) || (to < this.#count && last > to - CLOSE)) {
        this.#show(first, last);
      }
      if (more && !problem && last + AHEAD > this.#count) {
        this.#rows.ensure(last + AHEAD);
      }
      this.#table.getDomRef("listUl")?.setAttribute("aria-rowcount", more ? -1 : this.#count + 1);
    }

    /** The number of the row at this height of the screen, also where there is but room. */
    #rowAt(y) {
      const from = this.#rows.model.getProperty("/from");
      const places = this.#places();
      const [top, bottom] = [places[0].top, places.at(-1).bottom];
      if (y < top) {
        return from - (top - y) / this.#height;
      }
      return from + (y > bottom ? places.length + (y - bottom) / this.#height : places.findIndex((place) => y <= place.bottom));
    }

    #show(first, last) {
      const from = Math.max(0, Math.min(Math.floor(first / STEP) - 1, Math.floor(this.#count / STEP) - 1)) * STEP;
      this.#rows.show(from, Math.max(from + 2 * STEP, (Math.ceil(last / STEP) + 1) * STEP));
    }

    #keep(change) {
      this.#look();
      change();
      this.#settle();
    }

    /** Remembers which rows are seen, and where. */
    #look() {
      const box = this.#box?.getBoundingClientRect();
      if (box?.height && box.width === this.#width) {
        const from = this.#rows.model.getProperty("/from");
        this.#isTop = this.#box.scrollTop === 0;
        this.#seen = this.#places()
          .map(({ top, bottom }, index) => ({ at: from + index, y: top - box.top, isSeen: bottom > box.top && top < box.bottom }))
          .filter(({ isSeen }) => isSeen);
      }
    }

    /** Makes room for the rows that the table does not have, numbers those it has, and puts them where they were. */
    #settle() {
      const { from, shown } = this.#rows.model.getData();
      const places = this.#places();
      const height = places.length ? (places.at(-1).bottom - places[0].top) / places.length : 0;
      if (height && Math.abs(height - this.#height) > this.#height * SAME) {
        this.#height = height;
      }
      for (const [side, rows] of Object.entries({ Above: from, Below: this.#count - from - shown.length })) {
        this.#box?.style.setProperty(`--rows${side}`, `${Math.round(rows * this.#height)}px`);
      }
      this.#table.getItems().forEach((item, index) => this.#number(item, index));
      this.#hold();
      this.#soon();
    }

    /** Of what was seen, the row that is open or has the focus stays where it was, else the first one. */
    #hold() {
      const kept = this.#seen.filter(({ at }) => this.#itemOf(at)?.getDomRef());
      const isHeld = (item) => item.getNavigated() || item.getDomRef().contains(document.activeElement);
      const held = kept.find(({ at }) => isHeld(this.#itemOf(at))) ?? (this.#isTop ? undefined : kept[0]);
      const box = this.#box?.getBoundingClientRect();
      const moved = held && box?.height ? this.#itemOf(held.at).getDomRef().getBoundingClientRect().top - box.top - held.y : 0;
      if (Math.abs(moved) >= 1) {
        this.#box.scrollTop += moved;
      }
    }

    /** The table knows of its own rows only; screen readers shall hear the row's number in the list. */
    #number(item, index) {
      item.getDomRef()?.setAttribute("aria-rowindex", this.#rows.model.getProperty("/from") + index + 2);
    }
  }

  return Sliding;
});
