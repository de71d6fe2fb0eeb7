// What controllers share: the component's parts, texts, navigation between columns.
sap.ui.define([
  "sap/ui/core/mvc/Controller",
  "../model/format",
  "../model/paths",
], function (Controller, format, paths) {
  "use strict";

  const TYPING_MS = 350;

  return Controller.extend("s3catalog.controller.Base", {
    format,

    component() {
      return this.getOwnerComponent();
    },

    service() {
      return this.component().service;
    },

    telling() {
      return this.component().telling;
    },

    text(key, values) {
      return this.telling().text(key, values);
    },

    app() {
      return this.component().getModel("app");
    },

    /** Searches when typing pauses; who has a search field has `search(term)`. */
    onSearchLive(event) {
      const term = event.getParameter("newValue");
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.search(term), TYPING_MS);
    },

    router() {
      return this.component().getRouter();
    },

    /** The buckets, as they were listed. */
    toBuckets() {
      this.go("buckets", {}, this.app().getProperty("/buckets"));
    },

    toFolder(bucket, folder) {
      this.go("objects", this.placeOfList(bucket, folder), this.queryOf(bucket, folder));
    },

    toObject(bucket, key) {
      this.go("object", this.placeOfObject(bucket, key), this.queryOf(bucket, paths.folderOf(key)));
    },

    /** Keys may have any character; the router splits at slashes. */
    placeOfList(bucket, folder) {
      return { bucket: encodeURIComponent(bucket), ...folder && { folder: encodeURIComponent(folder) } };
    },

    placeOfObject(bucket, key) {
      return { bucket: encodeURIComponent(bucket), key: encodeURIComponent(key) };
    },

    /** A list that is seen stays as it is; others come as usual. The recycle bin has what is below, too. */
    queryOf(bucket, folder) {
      const { bucket: shown, list } = this.app().getData();
      const isSeen = bucket === shown && bucket === list.bucket
        && (list.deleted ? folder.startsWith(list.folder) : folder === list.folder);
      return isSeen ? list.query : "";
    },

    /** Not by `navTo`, which would put another slash before the query. */
    go(route, parameters, query) {
      const router = this.router();
      router.getHashChanger().setHash(router.getURL(route, parameters) + query);
    },

    /** Says in the address how a list is by now: no step in the history, and nobody goes anywhere. */
    note(route, parameters, query) {
      const router = this.router();
      router.stop();
      router.getHashChanger().replaceHash(router.getURL(route, parameters) + query);
      router.initialize(true);
      router.stayHere(); // what is being edited is still here
    },

    /** A dialog or menu of this view, made when it is first needed. */
    async fragment(name) {
      this.fragments ??= {};
      this.fragments[name] ??= this.loadFragment({ name: `s3catalog.fragment.${name}` }).catch((error) => {
        delete this.fragments[name]; // pressed again, it may come
        throw error;
      });
      return this.fragments[name];
    },

    /** Texts that were put together are so anew. */
    onLanguage(tell) {
      this.component().getModel("i18n").bindProperty("language").attachChange(tell);
    },

    /** Saves what is there under a path. Asked first, because a browser shows errors as they come. */
    async save(path) {
      try {
        await this.service().send("HEAD", path, undefined, { Accept: "*/*" });
      } catch (problem) {
        this.telling().failed(problem);
        return;
      }
      const link = document.createElement("a");
      link.href = this.service().url(path);
      link.download = "";
      document.body.append(link);
      link.click();
      link.remove();
      this.telling().done("downloadStarted");
    },

    /**
     * A field that is wrong is described by its sentence as well: OpenUI5 names that in
     * aria-errormessage alone, which not all screen readers know (UI5/openui5#4298).
     */
    describe(field) {
      const id = `${field.getValueStateMessageId()}-sr`;
      if (!field.getAriaDescribedBy().includes(id)) {
        field.addAriaDescribedBy(id);
      }
    },

    onToggleFullScreen() {
      const layout = this.app().getProperty("/layout");
      const column = /^Three|^End/.test(layout) ? "End" : "Mid";
      const full = `${column}ColumnFullScreen`;
      const normal = column === "End" ? "ThreeColumnsEndExpanded" : "TwoColumnsMidExpanded";
      this.app().setProperty("/layout", layout === full ? normal : full);
    },
  });
});
