// A table that has but a part of a list: “all” are all rows of the list.
sap.ui.define([
  "sap/m/Table",
  "sap/ui/core/Element",
  "sap/ui/core/Lib",
], function (Table, Element, Lib) {
  "use strict";

  return Table.extend("s3catalog.controller.LongTable", {
    metadata: {
      properties: { allSelected: { type: "boolean", defaultValue: false } },
    },

    renderer: { apiVersion: 2 },

    setAllSelected(all) {
      this.setProperty("allSelected", all, true);
      this.updateSelectAllCheckbox();
      return this;
    },

    isAllSelectableSelected() {
      return this.getAllSelected();
    },

    /** Tells so also if nothing changed in the table itself. */
    selectAll(isTold) {
      Table.prototype.selectAll.call(this);
      const listItems = this.getItems();
      if (isTold && listItems.length) {
        this.fireSelectionChange({ listItem: listItems[0], listItems, selected: true, selectAll: true });
      }
      return this;
    },

    updateSelectAllCheckbox() {
      Table.prototype.updateSelectAllCheckbox.call(this);
      const header = this.getDomRef("tblHeader");
      if (this.getAllSelected() || !header || this.getMode() !== "MultiSelect") {
        return;
      }
      Element.getElementById(`${this.getId()}-sa`)?.setSelected(false);
      [header, ...header.querySelectorAll(".sapMTblCellFocusable")].forEach((each) => each.setAttribute("aria-selected", "false"));
      const bundle = Lib.getResourceBundleFor("sap.m");
      const texts = ["TABLE_SELECTION_COLUMNHEADER_DESCRIPTION", "ACC_CTR_STATE_NOT_CHECKED"].map((key) => bundle.getText(key));
      this.getDomRef("tblHeadModeCol")?.setAttribute("aria-description", texts.join(" "));
    },
  });
});
