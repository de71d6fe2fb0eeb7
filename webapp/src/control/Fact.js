// An entry of a menu that says something and does nothing.
sap.ui.define(["sap/m/MenuItem"], function (MenuItem) {
  "use strict";

  return MenuItem.extend("s3catalog.control.Fact", {
    renderer: {},
    isInteractive: () => false,
  });
});
