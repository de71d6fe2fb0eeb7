// What sap.m.plugins.UploadSetwithTable hands its files to, so that they become transfers.
//
// The plugin gives the panel its button, its empty state and a place to drop files on. More it can't
// do for us: its own uploader sends a file in one piece; a drop of files and folders together it
// refuses; of a folder it reads the first hundred entries and forgets where they lay; whatever ends
// it calls complete. So transfers, drops (Dialogs) and folders are ours.
sap.ui.define(["sap/m/upload/UploaderTableItem"], (UploaderTableItem) => {
  "use strict";

  return UploaderTableItem.extend("s3catalog.upload.Uploader", {
    /** Uploads, to which all of it goes, and where the user is: {bucket, folder}. */
    connect(uploads, target) {
      this._uploads = uploads;
      this._target = target;
      this._chosen = [];
      return this;
    },

    /** The plugin comes with one after another; what was chosen together stays together. */
    uploadItem(item) {
      if (this._chosen.push(item) === 1) queueMicrotask(() => this._handOver());
    },

    _handOver() {
      const items = this._chosen.splice(0);
      const files = items.map((item) => item.getFileObject());
      this._uploads.add(files.map((file) => ({ file, path: file.name.normalize("NFC") })), this._target());
      // transfers have states, the plugin's items have done their work
      items.forEach((item) => item.destroy());
    },
  });
});
