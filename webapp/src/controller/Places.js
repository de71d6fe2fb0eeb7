// Where the focus is among the rows, and which row gets it when the list or the columns changed;
// with keys and menus of rows. Mixed into the controller of the list.
sap.ui.define(["sap/ui/core/Element"], function (Element) {
  "use strict";

  /** Columns and pages slide for half a second; what is hidden can't have the focus. */
  const MOST_FRAMES = 90;

  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const keyOf = (item) => item.getBindingContext("list").getProperty("objectKey");

  return {
    listenToKeys() {
      const onkeydown = (event) => this.onKey(event);
      this.byId("page").addEventDelegate({ onkeydown });
      // before UI5 takes F2 as the way into the cells of a row
      this.byId("table").getBindingInfo("items").template.addDelegate({ onkeydown }, true, this, true);
    },

    onKey(event) {
      const place = this.place();
      const search = this.byId("search");
      if (event.key === "f" && (event.ctrlKey || event.metaKey) && !search.getDomRef()?.contains(event.target)) {
        event.preventDefault(); // pressed once more, it is the browser's search
        search.focus();
        return;
      }
      const acts = { F2: () => this.onRename(undefined, [this.pages.model.getProperty(`/rows/${place.at}`)]), Delete: () => this.onDelete() };
      if (acts[event.key] && place && this.mayChange()) {
        event.preventDefault();
        event.stopImmediatePropagation(true);
        this.pick(place.key);
        acts[event.key]();
      }
    },

    /** The menu is about a row: it becomes what is selected, unless it is part of that. */
    onRowMenu(event) {
      this.pick(keyOf(event.getParameter("listItem")));
    },

    onMenuOpen() {
      this.open(this.selectedRows()[0]);
    },

    pick(key) {
      if (!this.selectedRows().some((row) => row.objectKey === key)) {
        this.pages.select([key]);
        this.onSelection();
      }
    },

    mayChange() {
      return this.component().getModel("session").getProperty("/mayWrite") && !this.view.getProperty("/deleted");
    },

    // ---- the focus -----------------------------------------------------------------------------

    /** The row that has the focus: its key, and its number for when it is gone. */
    place() {
      const item = Element.closestTo(document.activeElement?.closest(".sapMLIB"));
      return item?.getBindingContext("list") && this.byId("table").indexOfItem(item) >= 0
        ? this.placeOf(keyOf(item))
        : undefined;
    },

    placeOf(key) {
      const at = this.pages.model.getProperty("/rows").findIndex((row) => row.objectKey === key);
      return { key, at: at < 0 ? undefined : at };
    },

    /** Whether what had the focus is gone, or hidden. */
    isFocusLost() {
      const active = document.activeElement;
      const isTable = active === this.byId("table").getDomRef(); // which keeps it for a row that is not there
      return !active || active === document.body || isTable || !active.checkVisibility();
    },

    /** Whether the focus may be moved. */
    hasFocus() {
      return this.isFocusLost() || this.getView().getDomRef()?.contains(document.activeElement);
    },

    /** Focuses a row by its key, or the one that took its place; if there is none, the focus is but not lost. */
    async focusRow({ key, at }) {
      await frame();
      const place = this.placeOf(key).at ?? at;
      for (let frames = 0; frames < MOST_FRAMES; frames += 1) {
        const row = place === undefined ? undefined : await this.sliding.reveal(place); // the table may have others by now
        const item = row ?? this.byId("table");
        if (item.getFocusDomRef()?.checkVisibility() && (row || this.isFocusLost())) {
          item.focus();
        }
        if (row && !this.isFocusLost()) {
          return;
        }
        await frame(); // a table that got empty is rendered anew
      }
    },

    /** What the object page asks for when its column closes. */
    onFocusRow(channel, name, { key }) {
      this.focusRow(this.placeOf(key));
    },
  };
});
