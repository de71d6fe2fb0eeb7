// Shows what is in an object, without ever letting it run: bytes come by fetch and become text
// controls, pictures of blob: or data: URLs, or canvases. Nothing of it becomes a page of ours.
// A viewer is loaded when something of its kind is looked at.
sap.ui.define([
  "sap/base/i18n/ResourceBundle",
  "sap/m/Button",
  "sap/m/MessageStrip",
  "sap/m/Text",
  "sap/m/VBox",
  "s3catalog/model/Problem",
  "s3catalog/preview/Kinds",
  "s3catalog/preview/Source",
  "sap/ui/dom/includeStylesheet",
], (ResourceBundle, Button, MessageStrip, Text, VBox, Problem, Kinds, Source, includeStylesheet) => {
  "use strict";

  const VIEWERS = {
    image: "Picture", svg: "Picture", pdf: "Pdf", text: "Text", csv: "Csv", json: "Json",
    markdown: "Markdown", audio: "Media", video: "Media",
  };

  let prepared;

  /** Texts and looks, once. */
  function prepare() {
    prepared ??= Promise.all([
      ResourceBundle.create({
        bundleName: "s3catalog.i18n.i18n",
        supportedLocales: ["", "de", "fr", "es", "ja"],
        fallbackLocale: "",
        async: true,
      }),
      includeStylesheet({ url: sap.ui.require.toUrl("s3catalog/preview/preview.css") }),
    ]).then(([bundle]) => bundle);
    return prepared;
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
     * @param {{bucket: string, key: string, contentType: string, size: number, contentUrl: string}} object
     * @returns {Promise<sap.ui.core.Control>} the control
     */
    async show(object) {
      const bundle = await prepare();
      const kind = Kinds.of(object.contentType, object.key);
      const name = object.key.replace(/\/$/, "").split("/").pop();
      const source = new Source(object.contentUrl, Number(object.size));
      const shown = { ...object, kind, name, source, text: (key, values) => bundle.getText(`preview.${key}`, values) };
      try {
        const viewer = await load(VIEWERS[kind] ?? "Nothing");
        return await viewer.show(shown);
      } catch (error) {
        if (error instanceof Source.Unfit) return (await load("Nothing")).show(shown, error.reason);
        return problem(error, bundle, () => Preview.show(object));
      }
    },
  };

  /** What is wrong, what to do about it, and a button to try again, whose outcome takes this place. */
  function problem(error, bundle, again) {
    const { sentence, remedy, id } = Problem.of(error).texts(bundle);
    const place = new VBox({
      renderType: "Bare",
      items: [
        new MessageStrip({ type: "Error", showIcon: true }).setText(sentence).addStyleClass("sapUiTinyMarginBottom"),
        new Text().setText(remedy),
        new Text({ visible: Boolean(id) }).setText(id).addStyleClass("fine"),
      ],
    });
    const retry = async () => {
      place.setBusy(true);
      const control = await again();
      if (place.isDestroyed()) return control.destroy();
      place.destroyItems();
      return place.setBusy(false).addItem(control);
    };
    return place.addItem(new Button({ text: bundle.getText("tryAgain"), press: retry }).addStyleClass("sapUiTinyMarginTop"));
  }

  return Preview;
});
