// What is done to the objects and folders that are selected; mixed into the controller of the list.
sap.ui.define([
  "sap/ui/core/Element",
  "sap/ui/model/json/JSONModel",
  "../model/Problem",
  "../model/Work",
  "../model/paths",
], function (Element, JSONModel, Problem, Work, paths) {
  "use strict";

  /** Longer URLs are refused by proxies on the way. */
  const LONGEST_URL = 6000;

  return {
    selectedRows() {
      return this.byId("table").getSelectedContexts().map((context) => context.getObject());
    },

    clearSelection() {
      this.byId("table").removeSelections(true);
      this.view.setProperty("/selected", 0);
    },

    onSelection() {
      const count = this.byId("table").getSelectedItems().length;
      this.view.setProperty("/selected", count);
      this.telling().announce("announceSelected", [count]);
    },

    // ---- download --------------------------------------------------------------------------------

    /** One object comes as it is, several and folders as an archive. */
    async onDownload() {
      const rows = this.selectedRows();
      const bucket = this.view.getProperty("/bucket");
      if (rows.length === 1 && !rows[0].isFolder) {
        await this.save(paths.content(bucket, rows[0].objectKey));
        return;
      }
      const path = rows.length === 1
        ? paths.zip(bucket, rows[0].objectKey)
        : paths.zip(bucket, "", rows.map((row) => row.objectKey));
      if (path.length > LONGEST_URL) {
        this.telling().tell("tooManySelected", "tooManySelectedText");
        return;
      }
      await this.save(path);
    },

    // ---- delete ------------------------------------------------------------------------------------

    async onDelete() {
      const rows = this.selectedRows();
      const bucket = this.view.getProperty("/bucket");
      const dialog = await this.workDialog("Delete", { rows, counting: true, objects: 0, bytes: 0 });
      const model = dialog.getModel("work");
      const count = new Work(this.service(), bucket, ({ objects, bytes }) => {
        model.setData({ objects, bytes }, true);
      });
      this.counting = count;
      dialog.open();
      try {
        await count.summary(rows);
        model.setProperty("/counting", false);
      } catch (problem) {
        dialog.close();
        this.telling().failed(problem);
      }
    },

    async onDeleteConfirmed(event) {
      const dialog = event.getSource().getParent();
      const { rows, objects } = dialog.getModel("work").getData();
      dialog.close();
      const work = await this.run("deleting", objects, (doing) => doing.remove(rows));
      this.finished(work, "deleted");
    },

    onCancel(event) {
      this.counting?.stop();
      event.getSource().getParent().close();
    },

    async onUndelete() {
      const rows = this.selectedRows();
      const work = await this.run("undeleting", rows.length, (doing) => doing.undelete(rows));
      this.finished(work, "undeleted");
    },

    // ---- new folder ----------------------------------------------------------------------------------

    async onNewFolder() {
      const dialog = await this.workDialog("NewFolder", { name: "", state: "None", stateText: "" });
      dialog.open();
    },

    async onNewFolderConfirmed(event) {
      const dialog = this.dialogOf(event);
      const model = dialog.getModel("work");
      const name = model.getProperty("/name").trim().replace(/\/+$/, "");
      if (!this.isName(name, model, "folderName")) {
        return;
      }
      const { bucket, folder } = this.view.getData();
      dialog.setBusy(true);
      try {
        await this.service().change("POST", `${paths.bucket(bucket)}/CatalogService.createFolder`, {
          folder: `${folder}${name}/`,
        });
        dialog.close();
        this.telling().done("folderCreated", [name]);
        this.load();
      } catch (error) {
        this.refused(error, model);
      } finally {
        dialog.setBusy(false);
      }
    },

    onNameTyped(event) {
      this.dialogOf(event).getModel("work").setProperty("/state", "None");
    },

    /** Says at the field what is wrong with a name; the text is seen while the field has the focus. */
    isName(name, model, field) {
      const wrong = !name || name.startsWith("/") || name === "." || name === "..";
      model.setProperty("/state", wrong ? "Error" : "None");
      model.setProperty("/stateText", wrong ? this.text("nameWrong") : "");
      if (wrong) {
        this.byId(field).focus();
      }
      return !wrong;
    },

    refused(error, model) {
      const problem = Problem.of(error);
      if (problem.code === "Conflict") {
        model.setData({ state: "Error", stateText: this.text("nameTaken") }, true);
      } else {
        this.telling().failed(problem);
      }
    },

    // ---- rename, move, copy ----------------------------------------------------------------------------

    async onRename() {
      const [row] = this.selectedRows();
      const name = paths.nameOf(row.objectKey);
      const dialog = await this.workDialog("Rename", { row, name, state: "None", stateText: "", overwrite: false });
      dialog.open();
    },

    async onRenameConfirmed(event) {
      const dialog = this.dialogOf(event);
      const model = dialog.getModel("work");
      const { row, name: typed, overwrite } = model.getData();
      const name = typed.trim().replace(/\/+$/, "");
      if (!this.isName(name, model, "newName")) {
        return;
      }
      dialog.close();
      const key = `${paths.folderOf(row.objectKey)}${name}${row.isFolder ? "/" : ""}`;
      if (key !== row.objectKey) {
        await this.relocate("move", [row], { bucket: this.view.getProperty("/bucket"), targetOf: () => key, overwrite });
      }
    },

    onMove() {
      return this.askTarget("move");
    },

    onCopy() {
      return this.askTarget("copy");
    },

    async askTarget(action) {
      const rows = this.selectedRows();
      const { bucket, folder } = this.view.getData();
      const dialog = await this.workDialog("Target", {
        action, rows, bucket, folder, folders: [], overwrite: false,
        title: this.text(`${action}Title`, [rows.length === 1 ? paths.nameOf(rows[0].objectKey) : rows.length]),
        confirm: this.text(action), state: "None", stateText: "",
      });
      // OpenUI5 leaves the list of suggestions without a name
      const list = Element.getElementById(`${this.byId("targetFolder").getId()}-popup-list`);
      if (list?.getAriaLabelledBy().length === 0) {
        list.addAriaLabelledBy(this.byId("targetFolderLabel"));
      }
      dialog.open();
      this.suggestFolders(dialog.getModel("work"));
    },

    onTargetBucket(event) {
      const model = this.dialogOf(event).getModel("work");
      model.setProperty("/folder", "");
      this.suggestFolders(model);
    },

    onTargetFolder(event) {
      this.onNameTyped(event);
      this.suggestFolders(this.dialogOf(event).getModel("work"), event.getParameter("newValue"));
    },

    /** Offers the folders of the level that is being typed. */
    async suggestFolders(model, typed = model.getProperty("/folder")) {
      const level = typed.slice(0, typed.lastIndexOf("/") + 1);
      const bucket = model.getProperty("/bucket");
      if (model.getProperty("/level") === `${bucket}/${level}`) {
        return;
      }
      model.setProperty("/level", `${bucket}/${level}`);
      const filter = encodeURIComponent(`folder eq '${level.replaceAll("'", "''")}' and isFolder eq true`);
      try {
        const answer = await this.service().get(`${paths.objects(bucket)}?$select=objectKey&$top=200&$filter=${filter}`);
        model.setProperty("/folders", answer.value.map((row) => ({ folder: row.objectKey })));
      } catch {
        model.setProperty("/folders", []); // a suggestion less is no failure
      }
    },

    async onTargetConfirmed(event) {
      const dialog = this.dialogOf(event);
      const { action, rows, bucket, folder: typed, overwrite } = dialog.getModel("work").getData();
      const folder = typed && !typed.endsWith("/") ? `${typed}/` : typed;
      const same = bucket === this.view.getProperty("/bucket");
      const inside = rows.some((row) => same && row.isFolder && folder.startsWith(row.objectKey));
      if ((same && folder === this.view.getProperty("/folder")) || inside || folder.startsWith("/")) {
        dialog.getModel("work").setData({ state: "Error", stateText: this.text("targetWrong") }, true);
        return;
      }
      dialog.close();
      const targetOf = (row) => `${folder}${paths.nameOf(row.objectKey)}${row.isFolder ? "/" : ""}`;
      await this.relocate(action, rows, { bucket, targetOf, overwrite });
    },

    async relocate(action, rows, target) {
      const key = action === "move" ? "moving" : "copying";
      const work = await this.run(key, 0, (doing) => doing.transfer(rows, action, target));
      this.finished(work, action === "move" ? "moved" : "copiedObjects");
    },

    // ---- what all of them share -------------------------------------------------------------------------

    dialogOf(event) {
      let control = event.getSource();
      while (!control.isA("sap.m.Dialog")) {
        control = control.getParent();
      }
      return control;
    },

    async workDialog(name, data) {
      const dialog = await this.fragment(name);
      dialog.setModel(new JSONModel(data), "work");
      return dialog;
    },

    /** Runs what takes a while behind a dialog that tells how far it got and can stop it. */
    async run(key, total, act) {
      const model = new JSONModel({ title: this.text(key), objects: 0, bytes: 0, total, percent: 0 });
      const dialog = await this.fragment("Progress");
      dialog.setModel(model, "work");
      const work = new Work(this.service(), this.view.getProperty("/bucket"), ({ objects, bytes }) => {
        const percent = total ? Math.min(100, (objects / total) * 100) : 0;
        model.setData({ objects, bytes, percent }, true);
      });
      this.working = work;
      const slow = setTimeout(() => dialog.open(), 400); // what is done at once needs no dialog
      try {
        await act(work);
      } catch (error) {
        this.telling().failed(error);
        work.problem = error;
      } finally {
        clearTimeout(slow);
        dialog.close();
      }
      return work;
    },

    onStop() {
      this.working?.stop();
    },

    finished(work, key) {
      this.load();
      if (work.failures.length) {
        this.showFailures(work);
      } else if (!work.problem) {
        this.telling().done(key, [this.format.number(work.objects)]);
      }
    },

    async showFailures({ failures, objects }) {
      const { bundle } = this.telling();
      const rows = failures.map(({ objectKey, code, message }) => ({
        objectKey, text: new Problem({ code, message }).texts(bundle).sentence,
      }));
      const dialog = await this.workDialog("Failures", { rows, text: this.text("someFailed", [failures.length, objects]) });
      dialog.open();
    },
  };
});
