// The focus in a long table: it stays with its row while the table does not have that one, and keys
// go further than the rows which the table has.
sap.ui.define(["sap/ui/core/Element"], function (Element) {
  "use strict";

  class RowFocus {
    #table;
    #rows;
    #sliding;
    #key;
    /** The row for which the table itself has the focus: its key, and its number for when it is gone. */
    #away;

    constructor(table, rows, sliding) {
      this.#table = table;
      this.#rows = rows;
      this.#sliding = sliding;
      this.#key = table.getBindingInfo("items").key;
      const go = (to) => (event) => this.#go(event, to);
      const goOn = (to) => (event) => event.target === this.#root && this.#go(event, to); // between rows the table goes by itself
      table.addDelegate({
        onsapup: goOn((at) => at - 1),
        onsapdown: goOn((at) => at + 1),
        onsaphome: go(() => 0),
        onsapend: go(() => Infinity),
        onsappageup: go((at) => at - sliding.fit),
        onsappagedown: go((at) => at + sliding.fit),
      }, true);
    }

    get #root() {
      return this.#table.getDomRef();
    }

    #keyOf(item) {
      return item.getBindingContext("list")?.getProperty(this.#key);
    }

    /** While rows change: one that is used anew for another object must not have the focus by that. */
    keep(change) {
      const focused = Element.closestTo(document.activeElement?.closest(".sapMLIB"));
      const index = this.#table.indexOfItem(focused);
      const held = index < 0 ? undefined : { key: this.#keyOf(focused), at: index + this.#rows.model.getProperty("/from") };
      change();
      if (held && (focused.isDestroyed() || this.#keyOf(focused) !== held.key)) {
        this.#away = held;
        this.#root.setAttribute("tabindex", "-1");
        this.#root.focus({ preventScroll: true });
      }
      if (this.#away && document.activeElement === this.#root) {
        const item = this.#table.getItems().find((each) => this.#keyOf(each) === this.#away.key);
        item?.getDomRef()?.focus({ preventScroll: true });
      }
    }

    #go(event, to) {
      const item = Element.closestTo(event.target);
      const index = this.#table.indexOfItem(item);
      if ((this.#away && event.target === this.#root) || (index >= 0 && event.target === item.getDomRef())) {
        event.preventDefault();
        event.stopImmediatePropagation(true);
        const at = index < 0 ? this.#numberOf(this.#away) : index + this.#rows.model.getProperty("/from");
        this.#sliding.reveal(to(at))?.focus();
      }
    }

    #numberOf({ key, at }) {
      const now = this.#rows.model.getProperty("/rows").findIndex((row) => row[this.#key] === key);
      return now < 0 ? at : now;
    }
  }

  return RowFocus;
});
