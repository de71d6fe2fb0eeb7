// Shows what is in an object, without ever letting it run: bytes come by fetch and become text
// controls, pictures of blob: or data: URLs, or canvases. Nothing of it becomes a page of ours.
// A viewer is loaded when something of its kind is looked at.
sap.ui.define([
  "sap/m/Button",
  "sap/m/MessageStrip",
  "sap/m/Text",
  "sap/m/VBox",
  "s3catalog/model/Problem",
  "s3catalog/preview/Kinds",
  "s3catalog/preview/Source",
  "s3catalog/preview/Unshown",
  "sap/ui/dom/includeStylesheet",
  "sap/ui/dom/jquery/Focusable", // firstFocusableDomRef
], (Button, MessageStrip, Text, VBox, Problem, Kinds, Source, Unshown, includeStylesheet) => {
  "use strict";

  const VIEWERS = {
    image: "Picture", svg: "Picture", pdf: "Pdf", text: "Text", csv: "Csv", json: "Json",
    markdown: "Markdown", audio: "Media", video: "Media",
  };

  /** In which UI5 has rendered what it got. */
  const RENDERED_MS = 100;

  let dressed;

  /** Looks, once; what could not be loaded is asked for again. */
  function dress() {
    dressed ??= includeStylesheet({ url: sap.ui.require.toUrl("s3catalog/preview/preview.css") }).catch(() => {
      dressed = undefined;
      throw new Problem({ code: "Offline" });
    });
    return dressed;
  }

  function load(name) {
    return new Promise((resolve, reject) => {
      sap.ui.require([`s3catalog/preview/${name}`], resolve, reject);
    });
  }

  const Preview = {
    /**
     * A control that shows the object; whoever places it destroys it. It is also the place where
     * problems are told, so this rejects with defects only.
     *
     * @param {{bucket: string, key: string, contentType: string, size: number, contentUrl: string,
     *   telling: object, download: function}} object with the texts of the page, and what downloads it
     * @returns {Promise<sap.ui.core.Control>} the control
     */
    async show(object) {
      const place = new VBox({ renderType: "Bare" });
      await fill(place, object);
      return place;
    },
  };

  async function fill(place, object) {
    const kind = Kinds.of(object.contentType, object.key);
    const shown = {
      ...object,
      kind,
      name: object.key.replace(/\/$/, "").split("/").pop(),
      source: new Source(object.contentUrl, Number(object.size)),
      text: (key, values) => object.telling.text(`preview.${key}`, values),
      /** A control for what went wrong beside what is shown. */
      told: (error) => told(error, shown),
      /** Tells what went wrong in place of what is shown. */
      fail: (error) => put(place, error instanceof Source.Unfit ? Unshown.show(shown, error.reason) : problem(error, shown, again)),
    };
    const again = async () => {
      place.setBusy(true);
      await fill(place, object);
      place.setBusy(false);
      setTimeout(() => keepFocus(place), RENDERED_MS);
    };
    try {
      const [viewer] = await Promise.all([kind ? load(VIEWERS[kind]) : Unshown, dress()]);
      put(place, await viewer.show(shown));
    } catch (error) {
      shown.fail(error);
    }
  }

  /** What was pressed is gone with what it stood in. */
  function keepFocus(place) {
    const dom = place.getDomRef();
    if (dom && document.activeElement === document.body) {
      const first = place.$().firstFocusableDomRef();
      dom.setAttribute("tabindex", "-1");
      (first ?? dom).focus({ preventScroll: true });
    }
  }

  function put(place, control) {
    if (place.isDestroyed()) {
      control.destroy();
    } else {
      place.destroyItems();
      place.addItem(control);
    }
  }

  /** What is wrong, and what to do about it. */
  function told(error, { name, telling, text }) {
    const { sentence, remedy, id } = error instanceof Source.Unfit
      ? { sentence: text(error.reason, [name]) }
      : Problem.of(error).texts(telling.bundle);
    return new VBox({
      renderType: "Bare",
      items: [
        new MessageStrip({ type: "Error", showIcon: true }).setText(sentence).addStyleClass("sapUiTinyMarginBottom"),
        new Text({ visible: Boolean(remedy) }).setText(remedy),
        new Text({ visible: Boolean(id) }).setText(id).addStyleClass("fine"),
      ],
    });
  }

  /** The same with a button to try again, whose outcome takes this place. */
  function problem(error, shown, press) {
    const button = new Button({ text: shown.telling.text("tryAgain"), press });
    return told(error, shown).addItem(button.addStyleClass("sapUiTinyMarginTop"));
  }

  return Preview;
});
