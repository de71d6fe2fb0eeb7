// What people drop or choose, as a flat list: `{file, path}`, with `handle` where the browser gives
// one that outlives a reload, `{folder}` for folders in which there is nothing, and `{path}` alone for
// what can't be read.
sap.ui.define([], () => {
  "use strict";

  const Entries = {
    /**
     * The files of a drop. A browser empties `dataTransfer` as soon as the event is over, so all
     * that is needed of it is taken before anything is waited for.
     */
    async ofDrop(dataTransfer) {
      const taken = [...dataTransfer.items]
        .filter(({ kind }) => kind === "file")
        .map((item) => ({
          // File System Access API: Chromium only, and only in secure contexts
          handle: item.getAsFileSystemHandle?.().catch(() => null),
          entry: item.webkitGetAsEntry(),
          file: item.getAsFile(),
        }));
      const found = await Promise.all(taken.map(async ({ handle, entry, file }) => {
        const held = await handle;
        if (held) return readable(ofHandle, held, "");
        if (entry) return readable(ofEntry, entry, "");
        return file ? [{ file, path: named(file.name) }] : [];
      }));
      return found.flat();
    },

    /** What `<input type="file">` holds, be it for files or for a folder. */
    ofInput(files) {
      return [...files].map((file) => ({ file, path: named(file.webkitRelativePath || file.name) }));
    },

    /** Whether a drag over the page brings files. */
    areIn(dataTransfer) {
      return [...(dataTransfer?.types ?? [])].includes("Files");
    },
  };

  /** One that was moved, or is nobody's to read, must not take the others with it. */
  function readable(read, entry, parent) {
    return read(entry, parent).catch(() => [{ path: parent + named(entry.name) }]);
  }

  async function ofHandle(handle, parent) {
    const path = parent + named(handle.name);
    if (handle.kind === "file") return [{ file: await handle.getFile(), path, handle }];
    const inside = [];
    for await (const child of handle.values()) inside.push(await readable(ofHandle, child, `${path}/`));
    return inside.length > 0 ? inside.flat() : [{ folder: `${path}/` }];
  }

  async function ofEntry(entry, parent) {
    const path = parent + named(entry.name);
    if (entry.isFile) {
      return [{ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), path }];
    }
    const inside = [];
    for (const child of await childrenOf(entry)) inside.push(await readable(ofEntry, child, `${path}/`));
    return inside.length > 0 ? inside.flat() : [{ folder: `${path}/` }];
  }

  /** Chromium hands out a hundred at a time, until it hands out none. */
  async function childrenOf(directory) {
    const reader = directory.createReader();
    const children = [];
    for (;;) {
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (some.length === 0) return children;
      children.push(...some);
    }
  }

  /** macOS decomposes letters with accents; nobody who searches for them does. */
  function named(name) {
    return name.normalize("NFC");
  }

  return Entries;
});
