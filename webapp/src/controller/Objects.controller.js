// A folder of a bucket, or what was deleted in it: list, search, sort and filter. What is done to
// what is selected is in Selection.js.
sap.ui.define([
  "./Base",
  "./Nothing",
  "./Selection",
  "sap/ui/model/json/JSONModel",
  "../model/Pages",
  "../model/paths",
  "../model/query",
  "../upload/Entries",
  "../upload/Uploads",
], function (Base, Nothing, Selection, JSONModel, Pages, paths, query, Entries, Uploads) {
  "use strict";

  const GROWING = 50;
  const NO_FILTERS = { kind: [], size: [], age: [] };

  return Base.extend("s3catalog.controller.Objects", Object.assign({
    onInit() {
      this.pages = new Pages(this.service());
      this.view = new JSONModel(this.fresh("", ""));
      this.getView().setModel(this.view, "view");
      this.getView().setModel(this.pages.model, "list");
      for (const path of ["/rows", "/more", "/busy", "/problem"]) {
        this.pages.model.bindProperty(path).attachChange(() => this.showTitle());
      }
      this.pages.model.bindProperty("/problem").attachChange(() => this.onProblem());
      this.router().getRoute("objects").attachPatternMatched((event) => this.onRoute(event));
      this.router().getRoute("object").attachPatternMatched((event) => this.onRoute(event));
      this.uploads = Uploads.of(this.component());
      this.uploads.attachEvent("stored", this.onStored, this);
      this.component().getEventBus().subscribe("s3catalog", "changed", this.onChanged, this);
      this.byId("dropArea").addEventDelegate({ onAfterRendering: () => this.listenToDrops() });
    },

    onExit() {
      this.uploads.detachEvent("stored", this.onStored, this);
      this.component().getEventBus().unsubscribe("s3catalog", "changed", this.onChanged, this);
    },

    fresh(bucket, folder) {
      return {
        bucket, folder, name: paths.nameOf(folder) || bucket, trail: this.trail(bucket, folder),
        title: this.text("objects"), term: "", begins: false, deleted: false, selecting: false, selected: 0,
        sort: "objectKey", order: "Ascending", filters: NO_FILTERS, filtered: "", notice: "", nothing: Nothing.ofLoading(this.telling().bundle),
      };
    },

    /** Not by merging, which would leave what stood in lists. */
    set(values) {
      for (const [name, value] of Object.entries(values)) {
        this.view.setProperty(`/${name}`, value);
      }
    },

    /** The buckets, this bucket, and the folders above. */
    trail(bucket, folder) {
      const above = paths.trail(folder).slice(0, -1);
      const links = [{ name: this.text("buckets"), bucket: null }];
      return folder ? [...links, { name: bucket, folder: "" }, ...above] : links;
    },

    onRoute(event) {
      const { bucket: part, folder, key } = event.getParameter("arguments");
      const bucket = decodeURIComponent(part);
      const wanted = key === undefined
        ? decodeURIComponent(folder ?? "")
        : paths.folderOf(decodeURIComponent(key));
      const { bucket: shownBucket, folder: shown } = this.view.getData();
      if (bucket !== shownBucket || wanted !== shown) {
        this.view.setData(this.fresh(bucket, wanted));
        this.app().setProperty("/folder", wanted);
        this.load();
      }
    },

    // ---- the list ------------------------------------------------------------------------------

    async load() {
      this.clearSelection();
      this.view.setProperty("/nothing", Nothing.ofLoading(this.telling().bundle));
      const problem = await this.pages.load(this.path());
      if (problem?.code === "NotImplemented") {
        this.narrow();
      } else if (!problem) {
        this.empty();
      }
    },

    path() {
      const wanted = this.view.getData();
      const descending = wanted.order === "Descending";
      return wanted.deleted ? query.deleted(wanted) : query.objects({ ...wanted, descending });
    },

    /** There are more objects than may be looked through: only what S3 can do by itself remains. */
    narrow() {
      const wanted = this.view.getData();
      if (wanted.deleted || query.isCheap({ ...wanted, descending: wanted.order === "Descending" })) {
        return;
      }
      const notice = wanted.term && !wanted.begins ? "noticeBegins" : "noticeOrder";
      this.set({ begins: Boolean(wanted.term), sort: "objectKey", order: "Ascending", filters: NO_FILTERS, filtered: "" });
      this.notice(this.text(notice, [wanted.term]));
      this.load();
    },

    notice(text) {
      this.view.setProperty("/notice", text);
    },

    onNoticeClosed() {
      this.notice("");
    },

    onProblem() {
      const problem = this.pages.model.getProperty("/problem");
      if (!problem) {
        return;
      }
      this.view.setProperty("/nothing", Nothing.ofProblem(problem, this.telling().bundle));
      if (this.pages.model.getProperty("/rows").length) {
        this.telling().failed(problem, () => this.load());
      }
    },

    empty() {
      const { bundle } = this.telling();
      const { term, filtered, deleted } = this.view.getData();
      const mayWrite = this.component().getModel("session").getProperty("/mayWrite");
      let nothing = Nothing.ofState("emptyFolder", "sapIllus-DragFilesToUpload", bundle, mayWrite ? "upload" : "refresh");
      if (term || filtered) {
        nothing = Nothing.ofState("nothingFound", "sapIllus-NoSearchResults", bundle);
      } else if (deleted) {
        nothing = Nothing.ofState("nothingDeleted", "sapIllus-SimpleEmptyList", bundle);
      } else if (!mayWrite) {
        nothing = Nothing.ofState("emptyFolderReader", "sapIllus-NoData", bundle, "refresh");
      }
      this.view.setProperty("/nothing", nothing);
    },

    showTitle() {
      const { rows, more, busy, problem } = this.pages.model.getData();
      const number = this.format.number(rows.length);
      const noun = this.view.getProperty("/deleted") ? "deletedObjects" : "objects";
      const key = more ? `${noun}More` : `${noun}Counted`;
      this.view.setProperty("/title", busy || problem ? this.text(noun) : this.text(key, [number]));
      if (!busy && !more && !problem) {
        this.telling().announce("announceObjects", [number]);
      }
    },

    /** The table is about to show more: fetch what it will ask for next. */
    onUpdateStarted(event) {
      const shown = event.getParameter("actual");
      if (this.pages.model.getProperty("/more") && !this.pages.model.getProperty("/problem")) {
        this.pages.ensure(shown + 4 * GROWING);
      }
    },

    shownName(name, key, deleted, folder) {
      return deleted ? (key ?? "").slice(folder.length) : this.format.name(name);
    },

    // ---- where to --------------------------------------------------------------------------------

    onOpen(event) {
      const row = event.getSource().getBindingContext("list").getObject();
      const bucket = this.view.getProperty("/bucket");
      if (row.isFolder) {
        this.toFolder(bucket, row.objectKey);
      } else {
        this.toObject(bucket, row.objectKey);
      }
    },

    onTrail(event) {
      const link = event.getSource().getBindingContext("view").getObject();
      if (link.bucket === null) {
        this.router().navTo("buckets");
      } else {
        this.toFolder(this.view.getProperty("/bucket"), link.folder);
      }
    },

    onClose() {
      this.router().navTo("buckets");
    },

    // ---- search, sort, filter ----------------------------------------------------------------------

    onSearch(event) {
      clearTimeout(this.typing);
      this.search(event.getParameter("query"));
    },

    search(term) {
      if (term !== this.searched) {
        this.searched = term;
        this.set({ term, begins: false, notice: "" });
        this.load();
      }
    },

    async onSort() {
      (await this.fragment("ObjectSort")).open();
    },

    onSorted(event) {
      const { sortItem, sortDescending } = event.getParameters();
      this.set({ sort: sortItem.getKey(), order: sortDescending ? "Descending" : "Ascending", notice: "" });
      this.load();
    },

    async onFilter() {
      (await this.fragment("ObjectFilter")).open();
    },

    onFiltered(event) {
      const { filterItems, filterString } = event.getParameters();
      const filters = { kind: [], size: [], age: [] };
      for (const item of filterItems) {
        const [name, value] = item.getKey().split(".");
        filters[name].push(value);
      }
      this.set({ filters, filtered: filterString, notice: "" });
      this.load();
    },

    async onClearFilter() {
      (await this.fragment("ObjectFilter")).clearFilters();
      this.set({ filters: NO_FILTERS, filtered: "" });
      this.load();
    },

    onToggleDeleted() {
      this.set({ notice: "", filtered: "", filters: NO_FILTERS });
      this.load();
    },

    onRefresh() {
      this.load();
    },

    onNothingAction() {
      const acts = { signIn: () => location.reload(), upload: () => this.onUploadFiles() };
      const act = acts[this.view.getProperty("/nothing/does")] ?? (() => this.load());
      act();
    },

    // ---- upload --------------------------------------------------------------------------------------

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

    onStored(event) {
      this.onChanged("", "", event.getParameters());
    },

    /** Something happened in this folder, or in one below. */
    onChanged(channel, name, { bucket, key }) {
      const { bucket: shown, folder } = this.view.getData();
      if (bucket === shown && key.startsWith(folder)) {
        clearTimeout(this.storing);
        this.storing = setTimeout(() => this.load(), 600);
      }
    },

    listenToDrops() {
      const area = this.byId("dropArea").getDomRef();
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
  }, Selection));
});
