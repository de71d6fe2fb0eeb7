// When there is nothing to show: a sentence that says why, and a button to download.
sap.ui.define(["sap/m/Button", "sap/m/Text", "sap/m/VBox"], (Button, Text, VBox) => {
  "use strict";

  return {
    /** `reason`: key of a text; without one it is a kind that nobody shows. */
    show({ name, text, download }, reason = "unknown") {
      return new VBox({
        alignItems: "Center",
        items: [
          // by a setter: in a constructor braces of the name would be a binding
          new Text({ textAlign: "Center" }).setText(text(reason, [name])).addStyleClass("sapUiSmallMargin"),
          new Button({ text: text("download"), icon: "sap-icon://download", press: () => download() }),
        ],
      }).addStyleClass("sapUiMediumMarginTopBottom");
    },
  };
});
