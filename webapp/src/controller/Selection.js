// What is done to the objects and folders that are selected, or to the object that is open; mixed
// into the controller of the list. Names and targets are asked for in Targets.js.
sap.ui.define([
  "sap/ui/model/json/JSONModel",
  "../model/Problem",
  "../model/Work",
  "../model/paths",
  "../model/query",
], function (JSONModel, Problem, Work, paths, query) {
  "use strict";

  /** Longer URLs are refused by proxies on the way. */
  const LONGEST_URL = 6000;
  /** Nothing can be read then either, which nobody has to be told twice. */
  const AWAY = new Set(["Offline", "ServiceUnreachable", "Timeout", "StorageUnavailable", "NoSession", "Unauthenticated"]);

  return {
    selectedRows() {
      return this.pages.selected();
    },

    onSelection() {
      const count = this.selectedRows().length;
      this.view.setProperty("/selected", count);
      this.telling().announce("announceSelected", [count]);
    },

    /** Whoever begins or ends selecting on a phone begins with nothing. */
    onSelectNone() {
      this.pages.select([]);
      this.onSelection();
    },

    /** What the object page asks for is done here, to its object, whatever is selected. */
    onAct(channel, name, { act, row }) {
      const acts = { delete: this.onDelete, rename: this.onRename, move: this.onMove, copy: this.onCopy };
      acts[act].call(this, undefined, [{ ...row, isFolder: false, isOpen: true }]);
    },

    /** What was typed for an object that is about to go is given up before, or nothing is done. */
    async isGivenUp(rows) {
      const open = this.app().getProperty("/key");
      const goes = open && rows.some(({ objectKey, isFolder }) => objectKey === open || (isFolder && open.startsWith(objectKey)));
      return !goes || !this.router().isUnsaved() || this.router().discard();
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

    async onDelete(event, rows = this.selectedRows()) {
      if (!rows.length || !await this.isGivenUp(rows)) {
        return;
      }
      const bucket = this.view.getProperty("/bucket");
      const title = rows.length > 1
        ? this.text("deleteMany", [this.format.number(rows.length)])
        : this.text(rows[0].isFolder ? "deleteFolder" : "deleteOne", [paths.nameOf(rows[0].objectKey)]);
      const isPart = this.pages.more && rows.length > 1 && rows.length === this.pages.count;
      const part = isPart ? this.text("deleteFirstOnly", [this.format.number(rows.length)]) : "";
      const dialog = await this.workDialog("Delete", { rows, title, part, counting: true, objects: 0, bytes: 0 });
      const model = dialog.getModel("work");
      const count = new Work(this.service(), bucket, ({ objects, bytes }) => {
        model.setData({ objects, bytes }, true);
      });
      dialog.attachEventOnce("afterClose", () => count.stop());
      dialog.open();
      try {
        const [isKept] = await Promise.all([this.isKept(bucket, rows[0]), count.summary(rows)]);
        const hint = this.text(isKept ? "deleteRestorable" : "deleteForGood");
        model.setData({ isKept, hint, counting: false }, true);
      } catch (problem) {
        if (!count.stopped) {
          dialog.close();
          this.telling().failed(problem);
        }
      }
    },

    /** Whether what is deleted can come back: only a bucket that keeps versions gives them ids. */
    async isKept(bucket, { objectKey }) {
      const path = `${paths.bucket(bucket)}/versions?${query.anyVersion(objectKey)}`;
      const { value: [version] } = await this.service().get(path).catch(() => ({ value: [] }));
      return Boolean(version) && version.versionId !== "null";
    },

    async onDeleteConfirmed(event) {
      const dialog = this.confirmed(event);
      if (!dialog) {
        return;
      }
      const { here, rows, objects, isKept } = dialog.getModel("work").getData();
      await this.closed(dialog);
      const work = await this.run("deleting", objects, here, (doing) => doing.remove(rows));
      const said = ["deleted", [this.format.number(work.objects)]];
      await this.finished(work, { here, rows, said, next: null });
      const undo = rows.filter((row) => !row.isFolder && work.done.has(row.objectKey));
      if (isKept && undo.length && undo.length === work.objects && this.isHere(here)) {
        this.notice(this.text(...said), undo);
      }
    },

    /** What was in a folder is not known here: that is brought back from the recycle bin. */
    onUndo() {
      return this.onUndelete(undefined, this.view.getProperty("/undo"));
    },

    onCancel(event) {
      event.getSource().getParent().close();
    },

    async onUndelete(event, rows = this.selectedRows()) {
      const here = this.here();
      this.notice("");
      const work = await this.run("undeleting", rows.length, here, (doing) => doing.undelete(rows));
      await this.finished(work, { here, rows, said: ["undeleted", [this.format.number(work.objects)]], next: null });
    },

    // ---- new folder ----------------------------------------------------------------------------------

    async onNewFolder() {
      const dialog = await this.workDialog("NewFolder", { name: "", state: "None", stateText: "" });
      dialog.open();
    },

    async onNewFolderConfirmed(event) {
      const dialog = this.confirmed(event);
      if (!dialog) {
        return;
      }
      const model = dialog.getModel("work");
      const name = model.getProperty("/name").trim().replace(/\/+$/, "");
      const { here } = model.getData();
      const { bucket, folder } = here;
      const key = `${folder}${name}/`;
      const made = await this.during(dialog, async () => {
        const isFree = await this.isName(name, model, "folderName", here);
        if (isFree) {
          await this.service().change("POST", `${paths.bucket(bucket)}/CatalogService.createFolder`, { folder: key });
        }
        return isFree;
      });
      if (made) {
        await this.closed(dialog);
        this.telling().done("folderCreated", [name]);
        if (this.isHere(here)) {
          await this.reload({ key });
        }
      }
    },

    // ---- what all of them share -------------------------------------------------------------------------

    dialogOf(event) {
      let control = event.getSource();
      while (!control.isA("sap.m.Dialog")) {
        control = control.getParent();
      }
      return control;
    },

    /** The dialog, if it is not closing already: what is confirmed twice is done once. */
    confirmed(event) {
      const dialog = this.dialogOf(event);
      return dialog.isClosing ? undefined : dialog;
    },

    /** Asks about what is here now; whoever goes elsewhere is not asked any more. */
    async workDialog(name, data) {
      const here = this.here();
      const dialog = await this.fragment(name);
      dialog.setModel(new JSONModel({ here, ...data }), "work");
      dialog.setBusyIndicatorDelay(0); // nor is anything confirmed while it works
      this.asking = dialog;
      return dialog;
    },

    here() {
      const { bucket, folder } = this.view.getData();
      return { bucket, folder };
    },

    /** Runs what takes a while behind a dialog that tells how far it got and can stop it. */
    async run(key, total, { bucket }, act) {
      const model = new JSONModel({ title: this.text(key), objects: 0, bytes: 0, total, percent: 0 });
      const dialog = await this.fragment("Progress");
      dialog.setModel(model, "work");
      const work = new Work(this.service(), bucket, ({ objects, bytes }) => {
        const percent = total ? Math.min(100, (objects / total) * 100) : 0;
        model.setData({ objects, bytes, percent }, true);
      });
      this.working = work;
      const slow = setTimeout(() => dialog.open(), 400); // what is done at once needs no dialog
      try {
        await act(work);
      } catch (error) {
        work.problem = error;
      }
      clearTimeout(slow);
      await this.closed(dialog);
      if (work.problem) {
        await this.telling().failed(work.problem);
      }
      return work;
    },

    /** Work that goes on is not hidden: it is stopped, or it comes to its end. */
    onProgressEscape(closing) {
      closing.reject();
      this.onStop();
    },

    onStop() {
      this.working?.stop();
    },

    /** Whatever closes gives the focus back, so it is waited for before the focus goes elsewhere. */
    closed(dialog) {
      return new Promise((resolve) => {
        if (!dialog.isOpen()) {
          resolve();
          return;
        }
        dialog.attachEventOnce("afterClose", () => {
          dialog.isClosing = false;
          resolve();
        });
        dialog.isClosing = true;
        dialog.close();
      });
    },

    /** What fails while a dialog asks is told above it, so that nothing typed is lost. */
    async during(dialog, act) {
      dialog.setBusy(true);
      try {
        return await act();
      } catch (error) {
        this.telling().failed(error);
        return undefined;
      } finally {
        dialog.setBusy(false);
      }
    },

    /**
     * @param {object} done here: where that was; rows: those it was about; place: the row that gets the focus; said: what
     *   is told and its values; next: where the first row went, {bucket, key}, null if that is of no
     *   interest, nothing if it is where it was
     */
    async finished(work, { here, rows, place = this.placeOf(rows[0].objectKey), said, next }) {
      if (!work.failures.length && !work.problem) {
        this.telling().done(...said);
      }
      const { isOpen, objectKey: key } = rows[0];
      if (isOpen && ["PreconditionFailed", "NotFound"].includes(work.problem?.code)) {
        this.component().getEventBus().publish("s3catalog", "stored", { bucket: here.bucket, key }); // by somebody else
      }
      if (this.isHere(here)) {
        if (!isOpen) {
          this.pages.select(rows.map((row) => row.objectKey).filter((key) => !work.done.has(key)));
        }
        this.leave(work, next);
        if (work.objects || !AWAY.has(work.problem?.code)) {
          await this.reload(place);
        }
      }
      if (work.failures.length) {
        this.showFailures(work);
      }
    },

    /** The object that stands beside is gone: its column follows to its new address, or closes. */
    leave({ done }, next) {
      if (next === undefined || !done.has(this.app().getProperty("/key"))) {
        return;
      }
      const { bucket, folder } = this.view.getData();
      if (next) {
        this.toObject(next.bucket, next.key);
      } else {
        this.toFolder(bucket, folder);
      }
    },

    async showFailures({ failures, objects }) {
      const { bundle } = this.telling();
      const rows = failures.map(({ objectKey, ...facts }) => {
        const { sentence, remedy, id } = new Problem(facts).texts(bundle);
        return { objectKey, text: [sentence, remedy, id].filter(Boolean).join(" – ") };
      });
      const dialog = await this.workDialog("Failures", { rows, text: this.text("someFailed", [failures.length, objects]) });
      dialog.open();
    },
  };
});
