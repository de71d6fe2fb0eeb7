// An address that the page does not know.
sap.ui.define(["./Base"], function (Base) {
  "use strict";

  return Base.extend("s3catalog.controller.NotFound", {
    onHome() {
      this.router().navTo("buckets");
    },
  });
});
