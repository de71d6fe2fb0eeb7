// Stands for the menu of a column's head until the head is pressed, so that the head can be pressed
// from the beginning and the first screen does not have to wait for the menu.
sap.ui.define(["sap/ui/core/Element"], function (Element) {
  "use strict";

  return Element.extend("s3catalog.control.HeadMenu", {
    metadata: {
      interfaces: ["sap.ui.core.IColumnHeaderMenu"],
      events: { press: { parameters: { column: { type: "sap.m.Column" } } } },
    },

    openBy(column) {
      this.firePress({ column });
    },

    isOpen: () => false,
    close() {},
    getAriaHasPopupType: () => "Dialog",
  });
});
