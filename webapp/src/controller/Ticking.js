// How rows are selected: one, all, or from one to another with Shift, also if the table does not have
// them now. Mixed into the controller of the list.
sap.ui.define([], function () {
  "use strict";

  const keyOf = (row) => row.objectKey;

  return {
    listenToTicks() {
      this.byId("table").addDelegate({
        onmousedown: ({ shiftKey }) => {
          this.shifted = shiftKey ? this.selectedRows().map(keyOf) : undefined;
        },
        onkeydown: ({ key }) => {
          if (key !== "Shift") {
            this.shifted = undefined; // with arrow keys, the table selects row by row
          }
        },
      }, true);
    },

    onSelectionChange(event) {
      const { selectAll, selected, listItems } = event.getParameters();
      const key = keyOf(listItems.at(-1).getBindingContext("list").getObject());
      const range = selected && this.shifted ? this.range(key) : undefined;
      if (selectAll || (!selected && listItems.length > 1)) {
        this.pages.select(selectAll ? this.pages.model.getProperty("/rows").map(keyOf) : []);
      } else if (range) {
        // the table may have selected others: it counts from a row that it might not have any more
        this.pages.select([...this.shifted, ...range]);
      } else {
        this.ticked = selected ? key : undefined;
      }
      this.shifted = undefined;
      this.onSelection();
    },

    /** From the row that was selected last to this one. */
    range(key) {
      const rows = this.pages.model.getProperty("/rows");
      const ends = [this.ticked, key].map((each) => rows.findIndex((row) => row.objectKey === each));
      const [from, to] = [Math.min(...ends), Math.max(...ends)];
      return from >= 0 && this.shifted.includes(this.ticked) ? rows.slice(from, to + 1).map(keyOf) : undefined;
    },
  };
});
