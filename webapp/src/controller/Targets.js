// New names and other folders for what is selected, or open: rename, move, copy. Mixed into the
// controller of the list.
sap.ui.define(["sap/ui/model/Filter", "../model/paths", "../model/query"], function (Filter, paths, query) {
  "use strict";

  return {
    // ---- names -----------------------------------------------------------------------------------

    onNameTyped(event) {
      this.dialogOf(event).getModel("work").setProperty("/state", "None");
    },

    /** Says at the field what is wrong with a name, which may be taken in a folder {bucket, folder}. */
    async isName(name, model, field, place) {
      const wrong = !name || name.includes("/") || name === "." || name === "..";
      model.setProperty("/state", "None");
      const text = wrong ? "nameWrong" : place && await this.isTaken(name, place) && "nameTaken";
      if (text) {
        this.refuse(model, field, text);
      }
      return !text;
    },

    /** The text is seen while the field has the focus. */
    refuse(model, id, text, state = "state") {
      const field = this.byId(id);
      model.setData({ [state]: "Error", [`${state}Text`]: this.text(text) }, true);
      this.describe(field);
      field.focus();
    },

    /** Whether an object or a folder of this folder has this name. */
    async isTaken(name, { bucket, folder }) {
      const { value } = await this.service().get(`${paths.objects(bucket)}?${query.named(folder, name)}`);
      return value.length > 0;
    },

    async onRename(event, [row] = this.selectedRows()) {
      if (!await this.isGivenUp([row])) {
        return;
      }
      const name = paths.nameOf(row.objectKey);
      const dialog = await this.workDialog("Rename", { row, name, state: "None", stateText: "", overwrite: false });
      // typing replaces the name and leaves the ending
      const end = row.isFolder || name.lastIndexOf(".") < 1 ? name.length : name.lastIndexOf(".");
      dialog.attachEventOnce("afterOpen", () => this.byId("newName").selectText(0, end));
      dialog.open();
    },

    async onRenameConfirmed(event) {
      const dialog = this.confirmed(event);
      if (!dialog) {
        return;
      }
      const model = dialog.getModel("work");
      const { here, row, name: typed, overwrite } = model.getData();
      const before = paths.nameOf(row.objectKey);
      const name = typed === before ? before : typed.trim().replace(/\/+$/, "");
      const folder = paths.folderOf(row.objectKey);
      const key = `${folder}${name}${row.isFolder ? "/" : ""}`;
      const isOther = key !== row.objectKey;
      if (!await this.during(dialog, () => this.isName(name, model, "newName", isOther && !overwrite && { bucket: here.bucket, folder }))) {
        return;
      }
      await this.closed(dialog);
      if (isOther) {
        await this.relocate("move", [row], here, { bucket: here.bucket, targetOf: () => key, overwrite }, ["renamed", name]);
      }
    },

    // ---- folders ---------------------------------------------------------------------------------

    async onMove(event, rows = this.selectedRows()) {
      if (await this.isGivenUp(rows)) {
        await this.askTarget("move", rows);
      }
    },

    onCopy(event, rows = this.selectedRows()) {
      return this.askTarget("copy", rows);
    },

    async askTarget(action, rows) {
      const bucket = this.view.getProperty("/bucket");
      const folder = paths.folderOf(rows[0].objectKey);
      const dialog = await this.workDialog("Target", {
        action, rows, bucket, folder, folders: [], note: "", overwrite: false,
        title: this.text(`${action}Title`, [rows.length === 1 ? paths.nameOf(rows[0].objectKey) : rows.length]),
        confirm: this.text(action), state: "None", stateText: "", bucketState: "None", bucketStateText: "",
      });
      dialog.attachEventOnce("afterOpen", () => this.byId("targetFolder").selectText(folder.length, folder.length));
      dialog.open();
      this.listFolders(dialog.getModel("work"));
    },

    /** There may be more buckets than anybody wants to choose from. */
    onBucketTyped(event) {
      const name = event.getParameter("suggestValue").trim();
      const filters = name ? [new Filter({ path: "name", operator: "Contains", value1: name, caseSensitive: false })] : [];
      event.getSource().getBinding("suggestionItems").filter(filters);
    },

    onTargetBucket(event) {
      const model = this.dialogOf(event).getModel("work");
      model.setData({ bucket: event.getParameter("value").trim(), bucketState: "None" }, true);
      this.showFolder(model, "");
    },

    onTargetFolder(event) {
      const model = this.dialogOf(event).getModel("work");
      clearTimeout(this.listing);
      this.onNameTyped(event);
      this.listing = setTimeout(() => this.listFolders(model), 250);
    },

    async onTargetPicked(event) {
      const item = event.getParameter("listItem");
      await this.showFolder(this.dialogOf(event).getModel("work"), item.getBindingContext("work").getProperty("folder"));
      this.byId("targetFolders").focus();
    },

    showFolder(model, folder) {
      model.setData({ folder, state: "None" }, true);
      return this.listFolders(model);
    },

    /** The folders in the one that is typed, or those whose names begin so; a new one is told. */
    async listFolders(model) {
      const { bucket, folder: typed } = model.getData();
      const level = typed.slice(0, typed.lastIndexOf("/") + 1);
      const begin = typed.slice(level.length);
      const isWanted = () => typed === model.getProperty("/folder") && bucket === model.getProperty("/bucket");
      try {
        const [folders, exists] = await Promise.all([this.foldersIn(bucket, level, begin), this.exists(bucket, typed)]);
        if (isWanted()) {
          const found = folders.filter(({ name }) => name.toLowerCase().startsWith(begin.toLowerCase()))
            .map(({ objectKey, name }) => ({ folder: objectKey, name, icon: "sap-icon://folder-blank" }));
          const up = { folder: paths.folderOf(level), name: this.text("folderAbove"), icon: "sap-icon://navigation-up-arrow" };
          model.setProperty("/folders", level ? [up, ...found] : found);
          model.setProperty("/note", exists ? "" : this.text("folderNew", [paths.nameOf(typed)]));
        }
      } catch {
        if (isWanted()) {
          model.setData({ folders: [], note: "" }, true); // help less is no failure
        }
      }
    },

    /** The first ones; if there are more, those that begin so, as S3 compares. */
    async foldersIn(bucket, level, begin) {
      const read = async (start) => (await this.service().get(`${paths.objects(bucket)}?${query.folders(level, start)}`)).value;
      const first = await read("");
      return begin && first.length === query.MOST_FOLDERS ? read(begin) : first;
    },

    async exists(bucket, typed) {
      const folder = paths.asFolder(typed.trim());
      return !folder || this.isThere(`${paths.object(bucket, folder)}?$select=objectKey`);
    },

    async isThere(path) {
      try {
        await this.service().get(path);
        return true;
      } catch (problem) {
        if (problem.code !== "NotFound") {
          throw problem;
        }
        return false;
      }
    },

    async onTargetConfirmed(event) {
      const dialog = this.confirmed(event);
      if (!dialog) {
        return;
      }
      const model = dialog.getModel("work");
      const { here, action, rows, bucket, folder: typed, overwrite } = model.getData();
      const folder = paths.asFolder(typed.trim());
      const same = bucket === here.bucket;
      const inside = rows.some((row) => same && row.isFolder && folder.startsWith(row.objectKey));
      if ((same && folder === paths.folderOf(rows[0].objectKey)) || inside || folder.startsWith("/")) {
        this.refuse(model, "targetFolder", "targetWrong");
        return;
      }
      if (!same) {
        const isBucket = await this.during(dialog, async () => Boolean(bucket) && this.isThere(paths.bucket(bucket)));
        if (!isBucket) {
          if (isBucket === false) {
            this.refuse(model, "targetBucket", "noSuchBucket", "bucketState");
          }
          return;
        }
      }
      await this.closed(dialog);
      const targetOf = (row) => `${folder}${paths.nameOf(row.objectKey)}${row.isFolder ? "/" : ""}`;
      const where = same ? folder || bucket : `${bucket}/${folder}`;
      await this.relocate(action, rows, here, { bucket, targetOf, overwrite }, [action === "move" ? "moved" : "copiedObjects", where]);
    },

    async relocate(action, rows, here, target, [key, where]) {
      const [{ objectKey, isOpen }] = rows;
      const { at } = this.placeOf(objectKey);
      const work = await this.run(action === "move" ? "moving" : "copying", 0, here, (doing) => doing.transfer(rows, action, target));
      const became = { bucket: target.bucket, key: target.targetOf(rows[0]) };
      const stays = action === "copy";
      const isHere = !stays && became.bucket === here.bucket && paths.folderOf(became.key) === here.folder;
      await this.finished(work, {
        here,
        rows,
        place: isOpen ? null : { key: isHere ? became.key : objectKey, at }, // who looks at an object goes on with it
        said: [key, [where, this.format.number(work.objects)]],
        next: stays ? undefined : isHere || isOpen ? became : null,
      });
    },
  };
});
