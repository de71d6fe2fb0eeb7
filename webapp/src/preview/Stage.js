// A place for an element that a viewer made: OpenUI5 has no controls for <pre>, <video> or <canvas>.
sap.ui.define(["sap/ui/core/Control"], (Control) => {
  "use strict";

  const Stage = Control.extend("s3catalog.preview.Stage", {
    metadata: {
      properties: {
        /** What screen readers call it. */
        label: { type: "string", defaultValue: "" },
        /** Whether its content may be longer than the page and is scrolled by itself. */
        scrolls: { type: "boolean", defaultValue: false },
      },
    },

    renderer: {
      apiVersion: 2,
      render(out, stage) {
        out.openStart("div", stage).class("s3catalogStage");
        if (stage.getScrolls()) {
          // within reach of the keyboard, so that arrow keys scroll it
          out.class("s3catalogStageScrolls").attr("tabindex", "0").attr("role", "region")
            .attr("aria-label", stage.getLabel());
        }
        out.openEnd().close("div");
      },
    },

    /** Shows this element; `cleanUp` is called when the control is destroyed. */
    put(element, cleanUp) {
      this._element = element;
      this._cleanUp = cleanUp ?? this._cleanUp;
      this.getDomRef()?.replaceChildren(element);
      return this;
    },

    onAfterRendering() {
      if (this._element) this.getDomRef().replaceChildren(this._element);
    },

    exit() {
      this._cleanUp?.();
      this._element = null;
    },
  });

  return Stage;
});
