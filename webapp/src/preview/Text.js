// Text as it is: its beginning, and more of it if somebody asks. HTML and scripts are text as well.
sap.ui.define([
  "sap/m/Button", "sap/m/HBox", "sap/m/Text", "sap/m/VBox", "s3catalog/preview/Stage",
], (Button, HBox, Text, VBox, Stage) => {
  "use strict";

  /** More than the last of these is for programs that are made for it. */
  const STEPS = [256 << 10, 1 << 20, 4 << 20];

  /** Browsers take minutes to lay out a longer line. */
  const LONGEST_LINE = 512 << 10;

  function hasEndlessLine(text) {
    let from = 0;
    for (let to = text.indexOf("\n"); to >= 0; to = text.indexOf("\n", from)) {
      if (to - from > LONGEST_LINE) return true;
      from = to + 1;
    }
    return text.length - from > LONGEST_LINE;
  }

  /** Shows `formed(text, isAll)` of the object's beginning. */
  async function show({ name, source, text, told }, formed = (it) => it) {
    const pre = Object.assign(document.createElement("pre"), { className: "s3catalogText", dir: "auto" });
    const note = new Text();
    const trouble = new VBox({ renderType: "Bare" });
    const more = new Button({ text: text("more"), type: "Transparent" });
    let step = 0;

    async function fill() {
      const found = await source.text(STEPS[step]);
      pre.textContent = formed(found.text, found.isAll);
      const shown = Math.round(STEPS[step] / 1024);
      note.setText(found.isAll ? "" : text("truncated", [shown]));
      step += 1;
      more.setVisible(!found.isAll && step < STEPS.length && !hasEndlessLine(pre.textContent));
      note.setVisible(!found.isAll);
    }

    more.attachPress(async () => {
      more.setBusy(true);
      trouble.destroyItems();
      try {
        await fill();
      } catch (error) {
        if (!trouble.isDestroyed()) trouble.addItem(told(error));
      } finally {
        more.setBusy(false);
      }
    });
    await fill();
    return new VBox({
      renderType: "Bare",
      items: [
        new Stage({ scrolls: true }).setLabel(name).put(pre),
        new HBox({ alignItems: "Center", renderType: "Bare", items: [note.addStyleClass("sapUiSmallMarginEnd"), more] }),
        trouble,
      ],
    });
  }

  return { show };
});
