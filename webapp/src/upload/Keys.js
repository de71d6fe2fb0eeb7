// Where files go: keys in a bucket.
sap.ui.define([], () => {
  "use strict";

  const Keys = {
    /** The key of a file below a folder of a bucket ("" is the bucket itself). */
    below(folder, path) {
      const parent = folder && !folder.endsWith("/") ? `${folder}/` : folder;
      return parent + path;
    },

    /** The folder of a key, and its last part. */
    split(key) {
      const cut = key.lastIndexOf("/") + 1;
      return { folder: key.slice(0, cut), name: key.slice(cut) };
    },

    /** `a/report.tar.gz` → `a/report (2).tar.gz`; what begins with a dot has no ending. */
    numbered(key, number) {
      const { folder, name } = Keys.split(key);
      const [, stem, ending] = /^([^]+?)((?:\.tar)?\.[^.\s]+)?$/.exec(name);
      return `${folder}${stem} (${number})${ending ?? ""}`;
    },
  };

  return Keys;
});
