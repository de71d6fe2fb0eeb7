// One object: preview, properties, metadata and tags (changed only if nobody else did meanwhile),
// versions.
sap.ui.define([
  "./Base",
  "./Nothing",
  "sap/m/MessageBox",
  "sap/ui/model/json/JSONModel",
  "../model/Pages",
  "../model/Problem",
  "../model/paths",
  "../preview/Preview",
], function (Base, Nothing, MessageBox, JSONModel, Pages, Problem, paths, Preview) {
  "use strict";

  const BLANK = { objectKey: "", name: "", busy: true, edit: false, nothing: null, draft: { metadata: [], tags: [] } };

  return Base.extend("s3catalog.controller.ObjectPage", {
    onInit() {
      this.object = new JSONModel({ ...BLANK });
      this.versions = new Pages(this.service());
      this.getView().setModel(this.object, "object");
      this.getView().setModel(this.versions.model, "versions");
      this.router().getRoute("object").attachPatternMatched((event) => this.onRoute(event));
    },

    onRoute(event) {
      const { bucket, key } = event.getParameter("arguments");
      this.bucket = decodeURIComponent(bucket);
      this.key = decodeURIComponent(key);
      this.load();
    },

    path() {
      return paths.object(this.bucket, this.key);
    },

    async load() {
      const { bucket, key } = this;
      const wanted = () => this.bucket === bucket && this.key === key;
      this.object.setData({ ...BLANK, objectKey: key, name: paths.nameOf(key) });
      this.byId("preview").destroyItems();
      const versions = this.loadVersions();
      try {
        const object = await this.service().get(this.path());
        if (wanted()) {
          this.show(object);
          await this.preview(object, wanted);
        }
      } catch (error) {
        await versions;
        if (wanted()) {
          this.missing(Problem.of(error));
        }
      }
    },

    show(object) {
      this.object.setData({ ...object, busy: false, edit: false, nothing: null, draft: this.draft(object) });
      this.telling().announce("announceObject", [this.format.name(object.name)]);
    },

    draft({ contentType, metadata = [], tags = [] }) {
      const copies = (pairs) => pairs.map((pair) => ({ ...pair }));
      return { contentType, metadata: copies(metadata), tags: copies(tags) };
    },

    async preview(object, wanted) {
      const control = await Preview.show({
        bucket: this.bucket,
        key: object.objectKey,
        contentType: object.contentType,
        size: Number(object.size),
        contentUrl: this.service().url(paths.content(this.bucket, object.objectKey)),
      });
      if (wanted()) {
        this.byId("preview").destroyItems();
        this.byId("preview").addItem(control);
      } else {
        control.destroy();
      }
    },

    async loadVersions() {
      const select = "$select=objectKey,versionId,isLatest,isDeleteMarker,size,lastModified";
      const problem = await this.versions.load(`${paths.versions(this.bucket, this.key)}?${select}`);
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
          this.changed();
        });
      } else {
        this.load();
      }
    },

    exactSize(bytes) {
      return bytes === undefined || bytes === null
        ? ""
        : `${this.format.size(bytes)} (${this.format.number(bytes)} B)`;
    },

    // ---- edit ------------------------------------------------------------------------------------

    onEdit() {
      this.object.setProperty("/edit", true);
      this.byId("layout").setSelectedSection(this.byId("propertiesSection").getId());
      setTimeout(() => this.byId("contentType").focus(), 300);
    },

    onCancelEdit() {
      const data = this.object.getData();
      const leave = () => this.object.setData({ ...data, edit: false, draft: this.draft(data) });
      if (JSON.stringify(this.draft(data)) === JSON.stringify(data.draft)) {
        leave();
        return;
      }
      MessageBox.confirm(this.text("discardText"), {
        title: this.text("discardTitle"),
        actions: [this.text("discard"), MessageBox.Action.CANCEL],
        emphasizedAction: this.text("discard"),
        onClose: (action) => action === this.text("discard") && leave(),
      });
    },

    onAddMetadata() {
      this.addPair("metadata");
    },

    onAddTag() {
      this.addPair("tags");
    },

    addPair(name) {
      const path = `/draft/${name}`;
      this.object.setProperty(path, [...this.object.getProperty(path), { key: "", value: "" }]);
      setTimeout(() => this.byId(name).getItems().at(-1)?.getCells()[0].focus(), 100);
    },

    onRemovePair(event) {
      const path = event.getSource().getBindingContext("object").getPath();
      const at = path.lastIndexOf("/");
      const pairs = this.object.getProperty(path.slice(0, at));
      this.object.setProperty(path.slice(0, at), pairs.filter((pair, index) => index !== Number(path.slice(at + 1))));
    },

    async onSave() {
      const data = this.object.getData();
      const { contentType, metadata, tags } = data.draft;
      if (!this.arePairs(metadata) || !this.arePairs(tags)) {
        MessageBox.error(this.text("pairsWrong"));
        return;
      }
      const changes = {};
      const before = this.draft(data);
      for (const [name, value] of Object.entries({ contentType, metadata, tags })) {
        if (JSON.stringify(value) !== JSON.stringify(before[name])) {
          changes[name] = value;
        }
      }
      await this.attempt(() => this.patch(changes, data["@odata.etag"]));
    },

    async patch(changes, etag) {
      if (Object.keys(changes).length) {
        await this.service().change("PATCH", this.path(), changes, { "If-Match": etag, Prefer: "return=minimal" });
      }
      this.telling().done("saved");
      this.changed();
    },

    arePairs(pairs) {
      const keys = pairs.map((pair) => pair.key.trim().toLowerCase());
      return keys.every(Boolean) && new Set(keys).size === keys.length;
    },

    /** Does what may fail; a change of somebody else is shown before anything is overwritten. */
    async attempt(act) {
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
      this.component().getEventBus().publish("s3catalog", "changed", { bucket: this.bucket, key: this.key });
      this.load();
    },

    // ---- what is done to it ----------------------------------------------------------------------------

    onDownload() {
      this.save(paths.content(this.bucket, this.key));
    },

    onDelete() {
      const { name, size } = this.object.getData();
      const text = this.format.counted(this.text("deleteText"), 1, size);
      MessageBox.warning(`${name}\n${text}\n\n${this.text("deleteHint")}`, {
        title: this.text("deleteTitle"),
        actions: [this.text("delete"), MessageBox.Action.CANCEL],
        emphasizedAction: this.text("delete"),
        onClose: (action) => action === this.text("delete") && this.remove(),
      });
    },

    async remove() {
      await this.attempt(async () => {
        const etag = this.object.getProperty("/@odata.etag");
        await this.service().change("DELETE", this.path(), undefined, { "If-Match": etag });
        this.telling().done("deleted", [1]);
        this.component().getEventBus().publish("s3catalog", "changed", { bucket: this.bucket, key: this.key });
        this.onClose();
      });
    },

    version(event) {
      const { versionId } = event.getSource().getBindingContext("versions").getObject();
      return paths.version(this.bucket, this.key, versionId);
    },

    onDownloadVersion(event) {
      this.save(`${this.version(event)}/content`);
    },

    async onRestoreVersion(event) {
      const path = `${this.version(event)}/CatalogService.restore`;
      await this.attempt(async () => {
        await this.service().change("POST", path, {});
        this.telling().done("versionRestored");
        this.changed();
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
  });
});
