// Keeps those rows of a long list in its table that are seen, with some above and below; room stands
// for the others, so that the scrollbar tells how long the list is. More is fetched before it is
// needed. Only who scrolls changes what is seen: whatever else happens to the table or the list, the
// rows that were seen stay where they were on the screen, as long as the list knows where they are.
// Keys and focus are in RowFocus.js.
sap.ui.define(["./RowFocus"], function (RowFocus) {
  "use strict";

  /** So many rows are in the table above and below those that are seen. */
  const AROUND = 40;
  /** Closer than this to the end of what the table has, it gets others. */
  const CLOSE = 15;
  /** In which a row that is new gets rendered. */
  const MOST_FRAMES = 30;
  /** Who does one of these does not wait for a row any more. */
  const DEEDS = ["keydown", "pointerdown", "wheel"];
  /** Rows differ a little in height; the room for the others changes only if it were far from right. */
  const SAME = 0.1;

  class Sliding {
    #table;
    #page;
    #list;
    #focus;
    #height = 0;
    #width;
    #frame;
    #turn = 0;
    #fetching = 0;
    #size = 0;
    /** What the table had after its last update: while the list changes, its rows show what they won't keep. */
    #from = 0;
    #keys = [];
    /** The rows that were seen, {key, at, y}; and whether nothing was above them. */
    #seen = [];
    #isTop = true;
    #isRendering = false;
    #resized = new ResizeObserver(() => this.check());

    /**
     * @param {LongTable} table whose binding names the key of a row
     * @param {sap.f.DynamicPage} page which scrolls
     * @param {object} list count and more: how many rows it has, and whether others may follow;
     *   indexOf(key, at): where that row is, probably there, or -1; fetch(from, to): whether these
     *   rows are there, then; ensure(last): others will be needed soon behind this one
     */
    constructor(table, page, list) {
      this.#table = table;
      this.#page = page;
      this.#list = list;
      this.#focus = new RowFocus(table, list, this);
      table.list = list;
      table.updating = (update) => this.#focus.keep(() => this.#keep(update));
      page.addEventDelegate({ onBeforeRendering: () => this.#rendering(), onAfterRendering: () => this.#rendered() });
      table.addEventDelegate({ onBeforeRendering: () => this.#look(), onAfterRendering: () => this.#settle() });
      table.addDelegate({ onmousedown: () => this.#look(), onkeydown: () => this.#look() }, true);
      table.getBindingInfo("items").template.addEventDelegate({
        onAfterRendering: ({ srcControl }) => this.#number(srcControl, table.indexOfItem(srcControl)),
      });
    }

    destroy() {
      this.#turn += 1;
      this.#resized.disconnect();
      this.#box?.removeEventListener("scroll", this.check);
      cancelAnimationFrame(this.#frame);
    }

    /** Sees to it that the table has this row and that it is seen; resolves with it, unless somebody did something else meanwhile. */
    async reveal(at) {
      const wanted = Math.max(0, Math.min(at, this.#list.count - 1));
      if (wanted < this.#list.count && !this.#itemAt(wanted)) {
        const waiting = new AbortController();
        const giveUp = () => {
          this.#turn += 1;
          waiting.abort();
        };
        DEEDS.forEach((deed) => document.addEventListener(deed, giveUp, { capture: true, passive: true, signal: waiting.signal }));
        await this.#show(wanted, wanted + 1);
        if (waiting.signal.aborted) {
          this.check(); // what is seen by now may be away
          return undefined;
        }
        waiting.abort();
      }
      for (let frames = 0; this.#itemAt(wanted) && !this.#itemAt(wanted).getDomRef() && frames < MOST_FRAMES; frames += 1) {
        await new Promise((resolve) => requestAnimationFrame(resolve)); // a row more than before is rendered later
      }
      const item = this.#itemAt(wanted);
      const dom = item?.getDomRef();
      if (dom) {
        dom.scrollIntoView({ block: "nearest" }); // focusing does not scroll to what has the focus already
        this.#isTop = false;
        this.#seen = [{ key: this.keyOf(item), at: wanted, y: dom.getBoundingClientRect().top - this.#box.getBoundingClientRect().top }]; // a column may be about to change its width
      }
      return item;
    }

    /** Nothing is seen of a list that begins anew. */
    clear() {
      this.#turn += 1;
      this.#table.setFrom(0);
      this.#table.updating(() => this.#table.destroyItems());
      this.#isTop = true;
      this.#box?.scrollTo(0, 0);
    }

    /** The focus waits for a row that the table does not have. */
    wait(key, at) {
      this.#focus.leave({ key, at });
    }

    /** Looks whether rows are missing, once for all that happens until the next frame. */
    check = () => {
      cancelAnimationFrame(this.#frame);
      this.#frame = requestAnimationFrame(() => this.#check());
    };

    /** So many rows are gone on by a page, which leaves two in view below what sticks on top. */
    get fit() {
      const { top, bottom } = this.#box.getBoundingClientRect();
      const head = this.#table.getDomRef("tblHeader")?.getBoundingClientRect().bottom ?? top;
      return Math.max(1, Math.floor((bottom - Math.max(top, head)) / this.#height) - 2);
    }

    keyOf(item) {
      return this.#keys[this.#table.indexOfItem(item)];
    }

    itemOf(key) {
      return this.#table.getItems()[this.#keys.indexOf(key)];
    }

    numberOf(item) {
      return this.#from + this.#table.indexOfItem(item);
    }

    get #box() {
      return this.#page.getDomRef("contentWrapper");
    }

    #itemAt(at) {
      return this.#table.getItems()[at - this.#from];
    }

    /** Where the table's rows are; nothing if they were not rendered yet. */
    #places() {
      const doms = this.#table.getItems().map((item) => item.getDomRef());
      return doms.every(Boolean) ? doms.map((dom) => dom.getBoundingClientRect()) : [];
    }

    /** From now on the page is not what somebody sees. */
    #rendering() {
      this.#look();
      this.#isRendering = true;
    }

    /** The page took away what was set and listened to here, and how far it was scrolled. */
    #rendered() {
      this.#isRendering = false;
      this.#box.addEventListener("scroll", this.check, { passive: true });
      this.#resized.observe(this.#box);
      this.#settle();
    }

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
      const { count } = this.#list;
      const first = Math.max(0, Math.floor(this.#rowAt(box.top)));
      const last = Math.ceil(this.#rowAt(box.bottom));
      const to = this.#from + this.#keys.length;
      if ((this.#from > 0 && first < this.#from + CLOSE) || (to < count && last > to - CLOSE)) {
        this.#show(first, last);
      }
      this.#list.ensure(last);
    }

    /** The number of the row at this height of the screen, also where there is but room. */
    #rowAt(y) {
      const places = this.#places();
      const [top, bottom] = [places[0].top, places.at(-1).bottom];
      if (y < top) {
        return this.#from - (top - y) / this.#height;
      }
      return this.#from + (y > bottom ? places.length + (y - bottom) / this.#height : places.findIndex((place) => y <= place.bottom));
    }

    /** The last one that asks gets what it asks for. */
    async #show(first, last) {
      const turn = this.#turn += 1;
      if (!this.#itemAt(first) && !this.#itemAt(last)) {
        this.#focus.leave();
      }
      this.#size = Math.max(this.#size, last - first + 2 * AROUND); // with rows more or less the table would be rendered anew
      const from = Math.max(0, Math.min(first - AROUND, this.#list.count - this.#size));
      this.#setFetching(turn);
      const isThere = await this.#list.fetch(from, from + this.#size);
      if (this.#fetching === turn) {
        this.#setFetching(0);
      }
      if (isThere && turn === this.#turn) {
        this.#table.show(from, this.#size);
      }
    }

    /** @param {number} turn for which rows are asked; none: for nobody */
    #setFetching(turn) {
      this.#fetching = turn;
      this.#table.isFetching = turn > 0;
      this.#table.showBusy();
    }

    #keep(update) {
      this.#look();
      this.#table.setFrom(this.#follow());
      update();
      const { model, key } = this.#table.getBindingInfo("items");
      this.#from = this.#table.getFrom();
      this.#keys = this.#table.getItems().map((item) => item.getBindingContext(model)?.getProperty(key));
      this.#settle();
    }

    /** Where the table begins if it is to have the same rows, although others came or went above. */
    #follow() {
      const seen = this.#isTop ? [] : this.#seen;
      const { length } = this.#table.getBindingInfo("items");
      let moved = 0;
      seen.some(({ key, at }) => {
        const to = this.#list.indexOf(key, at);
        moved = to < 0 ? 0 : to - at;
        return to >= 0;
      });
      return Math.max(0, Math.min(this.#table.getFrom() + moved, this.#list.count - length));
    }

    /** Remembers which rows are seen, and where. */
    #look() {
      const box = this.#box?.getBoundingClientRect();
      const places = this.#places();
      if (!this.#isRendering && box?.height && box.width === this.#width && places.length === this.#keys.length) {
        this.#isTop = this.#box.scrollTop === 0;
        this.#seen = places
          .map(({ top, bottom }, index) => ({ key: this.#keys[index], at: this.#from + index, y: top - box.top, isSeen: bottom > box.top && top < box.bottom }))
          .filter(({ isSeen }) => isSeen);
      }
    }

    /** Makes room for the rows that the table does not have, numbers those it has, and puts them where they were. */
    #settle() {
      const places = this.#places();
      const height = places.length ? (places.at(-1).bottom - places[0].top) / places.length : 0;
      if (height && Math.abs(height - this.#height) > this.#height * SAME) {
        this.#height = height;
      }
      const rendered = this.#table.getItems().filter((item) => item.getDomRef()).length; // others are about to be
      const below = Math.max(0, this.#list.count - this.#from - rendered);
      for (const [side, rows] of Object.entries({ Above: this.#from, Below: below })) {
        this.#box?.style.setProperty(`--rows${side}`, `${Math.round(rows * this.#height)}px`);
      }
      this.#box?.style.setProperty("--rowHeight", `${this.#height}px`);
      this.#table.getDomRef("listUl")?.setAttribute("aria-rowcount", this.#list.more ? -1 : this.#list.count + 1);
      this.#table.getItems().forEach((item, index) => this.#number(item, index));
      this.#hold();
      this.check();
    }

    /** Of what was seen, the row that is open or has the focus stays where it was, else the first one. */
    #hold() {
      if (this.#isRendering) {
        return;
      }
      const kept = this.#seen.filter(({ key }) => this.itemOf(key)?.getDomRef());
      const isHeld = (item) => item.getNavigated() || item.getDomRef().contains(document.activeElement);
      const held = kept.find(({ key }) => isHeld(this.itemOf(key))) ?? (this.#isTop ? undefined : kept[0]);
      const box = this.#box?.getBoundingClientRect();
      const moved = held && box?.height ? this.itemOf(held.key).getDomRef().getBoundingClientRect().top - box.top - held.y : 0;
      if (Math.abs(moved) >= 1) {
        this.#box.scrollTop += moved;
      }
    }

    /** The table knows of its own rows only; screen readers shall hear the row's number in the list. */
    #number(item, index) {
      item.getDomRef()?.setAttribute("aria-rowindex", this.#from + index + 2);
    }
  }

  return Sliding;
});
