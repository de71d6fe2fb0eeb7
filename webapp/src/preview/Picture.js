// Images in <img>, where nothing runs.
sap.ui.define([
  "s3catalog/preview/Kinds", "s3catalog/preview/Source", "s3catalog/preview/Stage",
], (Kinds, Source, Stage) => {
  "use strict";

  const { Unfit } = Source;
  const { IMAGES } = Kinds;

  const MOST_BYTES = 20 << 20;
  const MOST_BYTES_SVG = 2 << 20;

  async function show({ kind, name, contentType, source }) {
    const image = Object.assign(document.createElement("img"), { className: "s3catalogPicture", alt: name });
    const url = kind === "svg" ? await drawing(source) : await photo(source, contentType);
    try {
      image.src = url;
      await image.decode();
    } catch {
      URL.revokeObjectURL(url);
      throw new Unfit("broken");
    }
    return new Stage().setLabel(name).put(image, () => URL.revokeObjectURL(url));
  }

  /** The type is one of images in any case, so that a blob opened in a tab is never a page of ours. */
  async function photo(source, contentType) {
    const bytes = await source.all(MOST_BYTES);
    const type = IMAGES.find((it) => contentType?.toLowerCase().startsWith(it)) ?? "image/png";
    return URL.createObjectURL(new Blob([bytes], { type }));
  }

  /** As data:, because that has an origin of its own if somebody opens the picture in a tab. */
  async function drawing(source) {
    const bytes = await source.all(MOST_BYTES_SVG);
    const reader = new FileReader();
    return new Promise((resolve, reject) => {
      reader.onload = () => resolve(reader.result);
      reader.onerror = () => reject(reader.error);
      reader.readAsDataURL(new Blob([bytes], { type: "image/svg+xml" }));
    });
  }

  return { show };
});
