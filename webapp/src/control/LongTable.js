// A table that has but a part of a long list: the window of its binding. “All” are all rows of the list.
sap.ui.define([
  "sap/m/Table",
  "sap/ui/core/Element",
  "sap/ui/core/Lib",
  "sap/ui/base/ManagedObjectMetadata",
  "sap/ui/model/ChangeReason",
], function (Table, Element, Lib, ManagedObjectMetadata, ChangeReason) {
  "use strict";

  return Table.extend("s3catalog.control.LongTable", {
    metadata: {
      properties: { allSelected: { type: "boolean", defaultValue: false } },
    },

    renderer: { apiVersion: 2 },

    /** Rows that change their places can't be named by them, which UI5 does. */
    bindAggregation(name, ...rest) {
      Table.prototype.bindAggregation.call(this, name, ...rest);
      if (name === "items") {
        const { template } = this.getBindingInfo(name);
        this.getBindingInfo(name).factory = () => template.clone(ManagedObjectMetadata.uid("row"));
      }
      return this;
    },

    /** How many rows the list has, and whether others may follow; set by who knows. */
    list: { count: 0, more: false },

    /** Whether rows are asked for; set by who asks. */
    isFetching: false,

    /** What gives the table other rows is done within this; set by who has to know. */
    updating(update) {
      update();
    },

    /** The number of its first row in the list. */
    getFrom() {
      return this.getBindingInfo("items").startIndex ?? 0;
    },

    setFrom(from) {
      this.getBindingInfo("items").startIndex = from;
    },

    /** Has these rows of the list. */
    show(from, length) {
      this.updating(() => {
        this.turn(from - this.getFrom());
        Object.assign(this.getBindingInfo("items"), { startIndex: from, length });
        Table.prototype.updateItems.call(this, ChangeReason.Change);
        if (this.getItemNavigation()) {
          this.setNavigationItems(this.getItemNavigation()); // whoever asked may focus one of them at once
        }
      });
    },

    updateItems(reason, information) {
      if (information?.detailedReason) {
        Table.prototype.updateItems.call(this, reason, information); // the OData model looks at the template
      } else {
        this.updating(() => Table.prototype.updateItems.call(this, reason, information));
      }
    },

    /** Rows that leave at one end come in at the other, so that those between stay as they are. */
    turn(by) {
      const items = this.getItems();
      const body = this.getItemsContainerDomRef();
      if (!by || Math.abs(by) >= items.length || !items.every((item) => item.getDomRef())) {
        return;
      }
      const moved = by > 0 ? items.slice(0, by) : items.slice(by);
      moved.forEach((item, index) => {
        this.removeAggregation("items", item, true);
        this.insertAggregation("items", item, by > 0 ? items.length : index, true);
      });
      body[by > 0 ? "append" : "prepend"](...moved.map((item) => item.getDomRef()));
    },

    /** “5 of 10,001” is about the list, whose first row is the header. */
    getAccessbilityPosition(item) {
      const { posinset } = Table.prototype.getAccessbilityPosition.call(this, item);
      return { posinset: posinset + this.getFrom(), setsize: this.list.count + 1 };
    },

    /** Nothing is barred meanwhile: rows that are read anew are good, and who searches goes on typing. */
    setBusy(busy) {
      this.setProperty("busy", busy, true);
      return this.showBusy();
    },

    onAfterRendering(event) {
      Table.prototype.onAfterRendering.call(this, event);
      this.showBusy();
    },

    /** Also while rows are fetched. */
    showBusy() {
      this.getDomRef("listUl")?.setAttribute("aria-busy", String(this.getBusy() || this.isFetching));
      return this;
    },

    /** For a row that is not there now. */
    focusItself() {
      this.getDomRef()?.setAttribute("tabindex", "-1");
      this.getDomRef()?.focus({ preventScroll: true });
    },

    getFocusInfo() {
      return { ...Table.prototype.getFocusInfo.call(this), isItself: document.activeElement === this.getDomRef() };
    },

    /** After it was rendered anew. */
    applyFocusInfo(information) {
      if (information.isItself) {
        this.focusItself();
      } else {
        Table.prototype.applyFocusInfo.call(this, information);
      }
      return this;
    },

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
