// How a list is sorted: by the heads of its columns, or in a dialog. Mixed into the controllers of
// lists, which have `sort(name, order)`, and in `view` what holds.
sap.ui.define(["../control/HeadMenu"], function (HeadMenu) {
  "use strict";

  return {
    offerSorting() {
      const press = async (event) => {
        const { column } = event.getParameters();
        const menu = await this.fragment("ColumnMenu");
        menu.openBy(column);
      };
      const menu = new HeadMenu({ press });
      this.getView().addDependent(menu);
      this.byId("table").getColumns().forEach((column) => column.setHeaderMenu(menu));
    },

    /** The menu is one for all columns: it asks about the one that was pressed. */
    onColumnMenu(event) {
      const column = event.getParameter("openBy");
      const [item] = this.byId("quickSort").getItems();
      const { sort, order, deleted } = this.view.getData();
      if (deleted) {
        event.preventDefault(); // the service lists versions in one order only
        return;
      }
      item.setKey(column.data("key")).setLabel(column.getHeader().getText());
      item.setSortOrder(sort === column.data("key") ? order : "None");
    },

    onQuickSort(event) {
      const item = event.getParameter("item");
      const isSorted = item.getSortOrder() !== "None";
      this.sort(isSorted ? item.getKey() : this.SORTS[0], isSorted ? item.getSortOrder() : "Ascending");
    },

    async onSort() {
      const dialog = await this.fragment(this.SORT_DIALOG);
      const { sort, order } = this.view.getData();
      dialog.setSelectedSortItem(dialog.getSortItems().find((item) => item.getKey() === sort));
      dialog.setSortDescending(order === "Descending");
      dialog.open();
    },

    onSorted(event) {
      const { sortItem, sortDescending } = event.getParameters();
      this.sort(sortItem.getKey(), sortDescending ? "Descending" : "Ascending");
    },
  };
});
