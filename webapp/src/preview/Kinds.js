// What kind of thing an object is, by its type and, where that says nothing, by its name. What is
// said here decides how it is shown, never whether it may run: nothing may.
sap.ui.define([], () => {
  "use strict";

  /** Types that browsers show in <img>. */
  const IMAGES = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "image/x-icon",
    "image/vnd.microsoft.icon"];
  const TYPES = {
    "application/pdf": "pdf", "image/svg+xml": "svg", "text/csv": "csv", "text/tab-separated-values": "csv",
    "application/json": "json", "text/markdown": "markdown", "text/x-markdown": "markdown",
    "application/xml": "text", "application/javascript": "text", "application/x-javascript": "text",
    "application/x-sh": "text", "application/yaml": "text", "application/x-yaml": "text", "application/toml": "text",
    "application/sql": "text", "application/x-ndjson": "text", "application/xhtml+xml": "text",
  };
  const SAYING_NOTHING = ["", "application/octet-stream", "binary/octet-stream"];
  const ENDINGS = {
    image: "png jpg jpeg gif webp avif bmp ico", svg: "svg", pdf: "pdf", csv: "csv tsv", json: "json geojson ipynb",
    markdown: "md markdown", audio: "mp3 ogg oga wav m4a flac opus aac", video: "mp4 webm m4v ogv mov",
    text: "txt log xml html htm xhtml js mjs cjs ts jsx tsx css less scss yaml yml toml ini conf cfg properties sh bash "
      + "bat ps1 py java rs go c h cc cpp hpp cs rb php pl sql abap cds ndjson jsonl tex diff patch gitignore env edmx",
  };
  const BY_ENDING = new Map(Object.entries(ENDINGS)
    .flatMap(([kind, endings]) => endings.split(" ").map((ending) => [ending, kind])));

  function ofType(type) {
    if (TYPES[type]) return TYPES[type];
    if (IMAGES.includes(type)) return "image";
    if (type.endsWith("+json")) return "json";
    if (type.endsWith("+xml")) return "text";
    const [main] = type.split("/");
    return ["audio", "video", "text"].includes(main) ? main : null;
  }

  const Kinds = {
    IMAGES,

    /** @returns {string|null} image, svg, pdf, text, csv, json, markdown, audio, video or null */
    of(contentType, key) {
      const type = (contentType ?? "").split(";")[0].trim().toLowerCase();
      const ending = /\.([^./]+)$/.exec(key)?.[1].toLowerCase();
      const byEnding = BY_ENDING.get(ending) ?? null;
      if (SAYING_NOTHING.includes(type)) return byEnding;
      const byType = ofType(type);
      // "text/plain" is what many programs say of all text
      return byType === "text" && ["csv", "json", "markdown"].includes(byEnding) ? byEnding : byType;
    },
  };

  return Kinds;
});
