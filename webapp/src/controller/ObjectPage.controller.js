// One object: preview, properties, metadata and tags (changed only if nobody else did meanwhile),
// versions. How it is edited is in Editing.js.
sap.ui.define([
  "./Base",
  "./Editing",
  "./Nothing",
  "sap/m/MessageBox",
  "sap/ui/core/format/DateFormat",
  "sap/ui/model/json/JSONModel",
  "../model/Pages",
  "../model/Problem",
  "../model/paths",
  "../preview/Preview",
], function (Base, Editing, Nothing, MessageBox, DateFormat, JSONModel, Pages, Problem, paths, Preview) {
  "use strict";

  const BLANK = { objectKey: "", name: "", busy: true, edit: false, nothing: null, draft: { metadata: [], tags: [] } };

  return Base.extend("s3catalog.controller.ObjectPage", Object.assign({
    onInit() {
      this.object = new JSONModel({ ...BLANK });
      this.versions = new Pages(this.service());
      this.getView().setModel(this.object, "object");
      this.getView().setModel(this.versions.model, "versions");
      this.router().guard(() => this.isUnsaved(), () => this.discard());
      this.router().attachRouteMatched((event) => this.onRoute(event));
      this.bus().subscribe("s3catalog", "stored", (channel, name, stored) => this.onStored(stored));
      this.onLanguage(() => this.isOpen && this.retell());
    },

    /** Another content under the same name. */
    onStored({ bucket, key }) {
      if (this.isOpen && bucket === this.bucket && key === this.key) {
        this.read();
      }
    },

    bus() {
      return this.component().getEventBus();
    },

    onRoute(event) {
      const { bucket, folder, key } = event.getParameter("arguments");
      if (event.getParameter("name") === "object") {
        this.bucket = decodeURIComponent(bucket);
        this.key = decodeURIComponent(key);
        if (this.key.endsWith("/")) {
          this.toFolder(this.bucket, this.key); // a folder has no page of its own
          return;
        }
        this.isOpen = true;
        this.load();
      } else if (this.isOpen) {
        this.isOpen = false;
        this.byId("preview").destroyItems(); // else music plays on
        this.onLeft(bucket && decodeURIComponent(bucket), decodeURIComponent(folder ?? ""));
      }
    },

    /** The focus goes on in the list beside, unless it is somewhere else already. */
    onLeft(bucket, folder) {
      const { activeElement: focused, body } = document;
      if (bucket === this.bucket && folder === paths.folderOf(this.key)
        && (focused === body || this.getView().getDomRef()?.contains(focused))) {
        this.bus().publish("objects", "focusRow", { key: this.key });
      }
    },

    /** In another language. */
    retell() {
      const { nothing, edit, draft } = this.object.getData();
      if (nothing) {
        this.load();
      } else if (edit) {
        ["metadata", "tags"].filter((list) => draft[list].some(({ wrong }) => wrong)).forEach((list) => this.mark(list));
      }
    },

    path() {
      return paths.object(this.bucket, this.key);
    },

    async load() {
      const { activeElement: pressed } = document;
      this.object.setData({ ...BLANK, objectKey: this.key, name: paths.nameOf(this.key) });
      this.byId("preview").destroyItems();
      await this.read();
      if (pressed === document.activeElement && pressed !== document.body && !this.app().getProperty("/wide")) {
        this.focusSoon(() => this.byId("download")); // the row is about to be hidden
      }
    },

    /** Shows it as it is now; what is there stays until then, and what is being typed, whose saving is refused if it is another. */
    async read() {
      const { bucket, key } = this;
      const wanted = () => this.bucket === bucket && this.key === key;
      this.versionsRead = this.readVersions();
      try {
        const object = await this.service().get(this.path());
        await this.versionsRead;
        if (wanted() && !this.object.getProperty("/edit")) {
          this.show(object);
          this.preview(object, wanted).catch((error) => this.telling().failed(error));
        }
      } catch (error) {
        await this.versionsRead;
        if (wanted() && !this.object.getProperty("/edit")) {
          this.missing(Problem.of(error));
        }
      }
    },

    show(object) {
      const isNew = this.object.getProperty("/busy");
      const { versionsProblem } = this.object.getData();
      this.object.setData({ ...object, versionsProblem, busy: false, edit: false, nothing: null, draft: this.draft(object) });
      if (isNew) {
        this.telling().announce("announceObject", [this.format.name(object.name)]);
      }
    },

    async preview(object, wanted) {
      const control = await Preview.show({
        bucket: this.bucket,
        key: object.objectKey,
        contentType: object.contentType,
        size: Number(object.size),
        contentUrl: this.service().url(paths.content(this.bucket, object.objectKey)),
        telling: this.telling(),
        download: () => this.onDownload(),
      });
      if (wanted()) {
        this.byId("preview").destroyItems();
        this.byId("preview").addItem(control);
      } else {
        control.destroy();
      }
    },

    /** The latest first, then as they came; S3 tells of times no more than seconds. */
    async readVersions() {
      const query = "$select=objectKey,versionId,isLatest,isDeleteMarker,size,lastModified"
        + "&$orderby=isLatest%20desc,lastModified%20desc";
      const problem = await this.versions.load(`${paths.versions(this.bucket, this.key)}?${query}`);
      this.object.setProperty("/versionsProblem", problem ? problem.texts(this.telling().bundle).sentence : "");
    },

    /** The object is not there; perhaps it was deleted and can be brought back. */
    missing(problem) {
      const { bundle } = this.telling();
      const deleted = problem.code === "NotFound"
        && this.versions.model.getProperty("/rows").some((row) => row.isLatest && row.isDeleteMarker);
      const mayWrite = this.component().getModel("session").getProperty("/mayWrite");
      const nothing = deleted
        ? Nothing.ofState("objectDeleted", "sapIllus-SimpleEmptyDoc", bundle, mayWrite ? "undelete" : undefined)
        : Nothing.ofProblem(problem, bundle);
      this.object.setData({ ...BLANK, busy: false, objectKey: this.key, name: paths.nameOf(this.key), nothing });
    },

    async onNothingAction() {
      const does = this.object.getProperty("/nothing/does");
      if (does === "signIn") {
        location.reload();
      } else if (does === "undelete") {
        await this.attempt(async () => {
          await this.service().change("POST", `${this.path()}/CatalogService.undelete`, {});
          this.telling().done("undeleted", [1]);
          await this.changed();
          this.focusSoon(() => this.byId("download"));
        });
      } else {
        this.load();
      }
    },

    /** How much it is for people, and to the byte where that is not the same. */
    exactSize(bytes) {
      const size = this.format.size(bytes);
      return bytes >= 1000 ? this.text("exactSize", [size, this.format.number(bytes)]) : size;
    },

    /** To the second: versions often differ by no more. */
    exactTime(value) {
      return value ? DateFormat.getDateTimeInstance({ style: "medium/medium" }).format(new Date(value)) : "";
    },

    /** An entity tag without its quotation marks, which are for computers. */
    bare(eTag) {
      return (eTag ?? "").replaceAll('"', "");
    },

    /** Gives the focus to what is about to be drawn; where that fell into an overflow, to its neighbour. */
    focusSoon(find) {
      clearTimeout(this.focusing);
      this.focusing = setTimeout(() => {
        const control = find();
        (control?.getDomRef() ? control : this.byId("download")).focus();
      }, 300);
    },

    /** Does what may fail; a change of somebody else is shown before anything is overwritten. */
    async attempt(act) {
      if (this.object.getProperty("/busy")) {
        return; // pressed twice
      }
      this.object.setProperty("/busy", true);
      try {
        await act();
      } catch (error) {
        const problem = Problem.of(error);
        await this.telling().failed(problem);
        if (problem.code === "PreconditionFailed") {
          this.load();
        }
      } finally {
        this.object.setProperty("/busy", false);
      }
    },

    /** Tells the list, and shows the object as it is now. */
    changed() {
      this.bus().publish("s3catalog", "changed", { bucket: this.bucket, key: this.key });
      return this.read();
    },

    // ---- what is done to it ----------------------------------------------------------------------------

    onDownload() {
      this.save(paths.content(this.bucket, this.key));
    },

    /** The list does it as with its rows: see Selection.js and Targets.js. */
    act(act) {
      const { objectKey, size, "@odata.etag": etag } = this.object.getData();
      this.bus().publish("objects", "act", { act, row: { objectKey, size, etag } });
    },

    version(event) {
      const { versionId } = event.getSource().getBindingContext("versions").getObject();
      return paths.version(this.bucket, this.key, versionId);
    },

    onDownloadVersion(event) {
      this.save(`${this.version(event)}/content`);
    },

    onRestoreVersion(event) {
      const { lastModified, size } = event.getSource().getBindingContext("versions").getObject();
      const path = `${this.version(event)}/CatalogService.restore`;
      const action = this.text("makeLatestAction");
      MessageBox.confirm(this.text("makeLatestText", [this.exactTime(lastModified), this.format.size(size)]), {
        title: this.text("makeLatestTitle"),
        actions: [action, MessageBox.Action.CANCEL],
        emphasizedAction: action,
        onClose: (chosen) => chosen === action && this.restore(path),
      });
    },

    async restore(path) {
      await this.attempt(async () => {
        await this.service().change("POST", path, {});
        this.telling().done("versionRestored");
        await this.changed();
        this.focusSoon(() => this.byId("versions").getItems()[0]);
      });
    },

    onCopyLink() {
      this.telling().copy(location.href);
    },

    onCopyUri() {
      this.telling().copy(`s3://${this.bucket}/${this.key}`);
    },

    onCopyArn() {
      this.telling().copy(`arn:aws:s3:::${this.bucket}/${this.key}`);
    },

    onClose() {
      this.toFolder(this.bucket, paths.folderOf(this.key));
    },
  }, Editing));
});
