// What comes into the folder: uploads by button or by drop, and news of changes elsewhere. Mixed
// into the controller of the list.
sap.ui.define([
  "../upload/Entries",
  "../upload/Uploads",
], function (Entries, Uploads) {
  "use strict";

  return {
    listenToUploads() {
      this.uploads = Uploads.of(this.component());
      this.byId("dropArea").addEventDelegate({ onAfterRendering: () => this.listenToDrops() });
    },

    target() {
      const { bucket, folder } = this.view.getData();
      return { bucket, folder };
    },

    onUploadFiles() {
      this.uploads.pick(this.target());
    },

    onUploadFolder() {
      this.uploads.pick(this.target(), { directory: true });
    },

    /** Something happened in this folder, or in one below. */
    onChanged(channel, name, { bucket, key }) {
      const { bucket: shown, folder } = this.view.getData();
      if (bucket === shown && key.startsWith(folder)) {
        clearTimeout(this.storing);
        this.storing = setTimeout(() => this.reload(), 600);
      }
    },

    listenToDrops() {
      const area = this.byId("dropArea").getDomRef();
      if (area === this.area) {
        return; // rendered again, but the same element
      }
      this.area = area;
      const accepts = (event) => Entries.areIn(event.dataTransfer)
        && this.component().getModel("session").getProperty("/mayWrite")
        && !this.view.getProperty("/deleted");
      const mark = (on) => area.classList.toggle("dropping", on);
      area.addEventListener("dragover", (event) => {
        if (accepts(event)) {
          event.preventDefault();
          event.dataTransfer.dropEffect = "copy";
          mark(true);
        }
      });
      area.addEventListener("dragleave", (event) => mark(area.contains(event.relatedTarget)));
      area.addEventListener("drop", (event) => {
        if (accepts(event)) {
          event.preventDefault();
          mark(false);
          this.uploads.addDropped(event.dataTransfer, this.target());
        }
      });
    },
  };
});
