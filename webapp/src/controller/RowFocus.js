// The focus in a long table: it stays with its row while the table does not have that one, and keys
// go further than the rows which the table has.
sap.ui.define(["sap/ui/core/Element"], function (Element) {
  "use strict";

  /** What these do, they do to the row that has the focus. */
  const OF_ROWS = /^(Arrow.*|Delete|End|Enter|F2|Home|Page.*|Tab| )$/;

  class RowFocus {
    #table;
    #list;
    #sliding;
    /** The row for which the table itself has the focus: its key, and its number for when it is gone. */
    #away;

    constructor(table, list, sliding) {
      this.#table = table;
      this.#list = list;
      this.#sliding = sliding;
      const go = (to) => (event) => this.#go(event, to);
      table.addDelegate({
        onkeydown: (event) => this.#comeBack(event),
        onmousedown: () => {
          this.#away = undefined; // whatever has the focus now, has it for itself
        },
        onsaphome: go(() => 0),
        onsaphomemodifiers: (event) => event.ctrlKey && this.#sliding.reveal(0), // then to the heads, below which it has to be
        onsapend: go(() => Infinity),
        onsapendmodifiers: (event) => event.ctrlKey && this.#go(event, () => Infinity),
        onsappageup: go((at) => at - sliding.fit),
        onsappagedown: go((at) => at + sliding.fit),
      }, true);
    }

    get #root() {
      return this.#table.getDomRef();
    }

    /** The row that has the focus. */
    #focused() {
      const item = Element.closestTo(document.activeElement?.closest(".sapMLIB"));
      const key = this.#sliding.keyOf(item);
      return key === undefined ? undefined : { key, at: this.#sliding.numberOf(item), item };
    }

    /** Somebody looks elsewhere: whatever gives the focus back shall not lead to its row. */
    leave(held = this.#focused()) {
      if (held) {
        this.#away = held;
        this.#table.focusItself();
      }
    }

    /** While rows change: one that is used anew for another object must not have the focus by that. */
    keep(change) {
      const held = this.#focused();
      change();
      if (held && (held.item.isDestroyed() || this.#sliding.keyOf(held.item) !== held.key || !held.item.getDomRef()?.contains(document.activeElement))) {
        this.leave(held);
      }
      if (this.#away && document.activeElement === this.#root) {
        this.#sliding.itemOf(this.#away.key)?.getDomRef()?.focus({ preventScroll: true });
      }
    }

    /** What is pressed for a row that is away brings it back first. */
    async #comeBack(event) {
      const isOfRows = OF_ROWS.test(event.key) || (event.key === "a" && event.ctrlKey);
      if (!this.#away || event.target !== this.#root || !isOfRows || event.altKey || event.metaKey) {
        return;
      }
      const { key, at } = this.#away;
      event.stopImmediatePropagation(true);
      if (event.key !== "Tab") {
        event.preventDefault();
      }
      const now = this.#list.indexOf(key, at);
      const item = await this.#sliding.reveal(now < 0 ? at : now);
      item?.focus(); // a row that was fetched is here before the browser's Tab goes on
      if (event.key !== "Tab") {
        item?.getDomRef()?.dispatchEvent(new KeyboardEvent("keydown", event.originalEvent));
      }
    }

    async #go(event, to) {
      const item = Element.closestTo(event.target);
      const index = this.#table.indexOfItem(item);
      if (index >= 0 && event.target === item.getDomRef()) {
        event.preventDefault();
        event.stopImmediatePropagation(true);
        (await this.#sliding.reveal(to(this.#sliding.numberOf(item))))?.focus();
      }
    }
  }

  return RowFocus;
});
