// PDF by pdf.js, which draws pages onto a canvas and runs none of a document's scripts. The browser's
// own viewer is no choice: it refuses to work in a sandboxed frame, and without one the document
// would be a page of our origin.
sap.ui.define([
  "sap/m/Button", "sap/m/OverflowToolbar", "sap/m/Text", "sap/m/ToolbarSpacer", "sap/m/VBox",
  "s3catalog/model/Problem", "s3catalog/preview/Source", "s3catalog/preview/Stage",
], (Button, OverflowToolbar, Text, ToolbarSpacer, VBox, Problem, Source, Stage) => {
  "use strict";

  const { Unfit } = Source;

  const WIDEST = 4096;
  const ZOOMS = [0.5, 0.75, 1, 1.5, 2, 3];

  let library;
  let failures = 0;
  function pdfjs() {
    // by HTML's standard an address whose module could not be loaded is not asked again
    library ??= import(absolute(`pdf.min.mjs${failures ? `?${failures}` : ""}`)).then((loaded) => {
      loaded.GlobalWorkerOptions.workerSrc = absolute("pdf.worker.min.mjs");
      return loaded;
    }, () => {
      library = undefined;
      failures += 1;
      throw new Problem({ code: "Offline" });
    });
    return library;
  }

  function absolute(name) {
    return new URL(sap.ui.require.toUrl(`s3catalog/thirdparty/${name}`), document.baseURI).href;
  }

  async function open(source) {
    const { getDocument } = await pdfjs();
    const loading = getDocument({
      url: new URL(source.url, document.baseURI).href,
      httpHeaders: source.headers,
      withCredentials: true,
      // large documents come in parts, as pages are looked at
      disableAutoFetch: true,
      disableStream: true,
      isEvalSupported: false,
      // the page's policy allows no WebAssembly; JPEG 2000 has a decoder in JavaScript
      useWasm: false,
      wasmUrl: absolute(""),
      enableXfa: false,
    });
    try {
      return await loading.promise;
    } catch (error) {
      await loading.destroy();
      if (error?.name === "PasswordException") throw new Unfit("password");
      if (error?.name === "InvalidPDFException") throw new Unfit("broken");
      throw await reasonOf(source);
    }
  }

  /** What the service says, if it was the service; else it is the document. */
  function reasonOf(source) {
    return source.first(1).then(() => new Unfit("broken"), (problem) => problem);
  }

  class Viewer {
    #page = 1;
    #zoom = ZOOMS.indexOf(1);
    #drawing = null;
    /** Which drawing is the one that counts. */
    #latest = 0;

    constructor(pdf, { name, source, text, fail }) {
      Object.assign(this, { pdf, source, text, fail });
      this.canvas = document.createElement("canvas");
      this.canvas.setAttribute("aria-hidden", "true");
      // what is drawn can't be read aloud; this can
      this.words = Object.assign(document.createElement("div"), { className: "s3catalogUnseen" });
      const paper = Object.assign(document.createElement("div"), { className: "s3catalogPaper" });
      paper.append(this.canvas, this.words);
      this.stage = new Stage({ scrolls: true }).setLabel(name).put(paper, () => this.#close());
      this.place = new Text();
      this.back = this.#button("navigation-left-arrow", "previousPage", () => this.#turn(-1));
      this.on = this.#button("navigation-right-arrow", "nextPage", () => this.#turn(1));
      this.smaller = this.#button("zoom-out", "zoomOut", () => this.#scale(-1));
      this.larger = this.#button("zoom-in", "zoomIn", () => this.#scale(1));
    }

    get control() {
      const bar = new OverflowToolbar({
        content: [this.back, this.place, this.on, new ToolbarSpacer(), this.smaller, this.larger],
      });
      return new VBox({ renderType: "Bare", items: [bar, this.stage] });
    }

    #button(icon, key, press) {
      return new Button({ icon: `sap-icon://${icon}`, tooltip: this.text(key), type: "Transparent", press });
    }

    #turn(pages) {
      this.#page = Math.min(this.pdf.numPages, Math.max(1, this.#page + pages));
      return this.draw();
    }

    #scale(steps) {
      this.#zoom = Math.min(ZOOMS.length - 1, Math.max(0, this.#zoom + steps));
      return this.draw();
    }

    /** Who presses on where nothing follows is on the paper, and on no other button. */
    #offer(button, isOffered) {
      if (!isOffered && button.getDomRef()?.contains(document.activeElement)) {
        this.stage.getDomRef().focus({ preventScroll: true });
      }
      button.setEnabled(isOffered);
    }

    #close() {
      this.#latest += 1;
      this.pdf.destroy();
    }

    async draw() {
      const number = ++this.#latest;
      const isWanted = () => number === this.#latest;
      try {
        await this.#draw(isWanted);
      } catch {
        // what was asked for meanwhile has an outcome of its own
        if (!isWanted()) return;
        const reason = await reasonOf(this.source);
        if (isWanted()) this.fail(reason);
      }
    }

    async #draw(isWanted) {
      this.place.setText(this.text("page", [this.#page, this.pdf.numPages]));
      this.#offer(this.back, this.#page > 1);
      this.#offer(this.on, this.#page < this.pdf.numPages);
      this.#offer(this.smaller, this.#zoom > 0);
      this.#offer(this.larger, this.#zoom < ZOOMS.length - 1);
      this.#drawing?.cancel();
      this.words.textContent = "";
      const page = await this.pdf.getPage(this.#page);
      if (!isWanted()) return;
      const wide = this.stage.getDomRef()?.clientWidth || 800;
      const scale = (wide / page.getViewport({ scale: 1 }).width) * ZOOMS[this.#zoom];
      const fine = Math.min(globalThis.devicePixelRatio || 1, 2);
      const natural = page.getViewport({ scale });
      // a page that says it is a mile wide gets no canvas of that size
      const fitting = Math.min(1, WIDEST / (Math.max(natural.width, natural.height) * fine));
      const viewport = page.getViewport({ scale: scale * fine * fitting });
      Object.assign(this.canvas, { width: Math.ceil(viewport.width), height: Math.ceil(viewport.height) });
      this.canvas.style.width = `${Math.round(natural.width)}px`;
      this.#drawing = page.render({ canvas: this.canvas, viewport });
      await this.#drawing.promise;
      const { items } = await page.getTextContent();
      if (isWanted()) this.words.textContent = items.map(({ str, hasEOL }) => str + (hasEOL ? "\n" : "")).join("");
    }
  }

  async function show(object) {
    const pdf = await open(object.source);
    const viewer = new Viewer(pdf, object);
    // the width is known as soon as it is in the page
    viewer.stage.addEventDelegate({ onAfterRendering: () => viewer.draw() });
    return viewer.control;
  }

  return { show };
});
