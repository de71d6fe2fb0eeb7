// A folder of a bucket, or what was deleted in it: list, search, sort and filter. What is done to
// what is selected is in Selection.js and Targets.js, how it is sorted in Sorting.js, how it
// is selected in Ticking.js, how it is written in Showing.js, where the focus goes in Places.js, what
// comes from outside in Arrivals.js.
sap.ui.define([
  "./Arrivals",
  "./Base",
  "./Nothing",
  "./Places",
  "./Selection",
  "./Showing",
  "./Sliding",
  "./Sorting",
  "./Targets",
  "./Ticking",
  "sap/ui/model/json/JSONModel",
  "../model/Pages",
  "../model/listing",
  "../model/paths",
  "../model/query",
], function (Arrivals, Base, Nothing, Places, Selection, Showing, Sliding, Sorting, Targets, Ticking, JSONModel, Pages, listing, paths, query) {
  "use strict";

  const NO_FILTERS = { kind: [], size: [], age: [] };
  const isFiltered = (filters) => Object.values(filters).some((values) => values.length > 0);

  return Base.extend("s3catalog.controller.Objects", Object.assign({
    SORT_DIALOG: "ObjectSort",
    /** By what objects are sorted; the first is how they come. */
    SORTS: ["objectKey", "size", "lastModified", "contentType", "storageClass"],

    onInit() {
      this.pages = new Pages(this.service());
      this.view = new JSONModel(this.fresh("", ""));
      this.getView().setModel(this.view, "view");
      this.getView().setModel(this.pages.model, "list");
      this.sliding = new Sliding(this.byId("table"), this.byId("page"), this.pages);
      for (const path of ["/rows", "/more", "/busy", "/problem"]) {
        this.pages.model.bindProperty(path).attachChange(() => this.showTitle());
      }
      this.pages.model.bindProperty("/problem").attachChange(() => this.onProblem());
      // the same rows again are no change, and may be too few by now
      this.pages.model.bindProperty("/busy").attachChange(() => !this.pages.model.getProperty("/problem") && this.sliding.check());
      this.router().getRoute("objects").attachPatternMatched((event) => this.onRoute(event));
      this.router().getRoute("object").attachPatternMatched((event) => this.onRoute(event));
      this.hear("subscribe");
      this.listenToKeys();
      this.listenToTicks();
      this.listenToUploads();
      this.offerSorting();
      this.onLanguage(() => this.retell());
    },

    onExit() {
      this.hear("unsubscribe");
      this.sliding.destroy();
    },

    /** What uploads and the object page tell and ask. */
    hear(does) {
      const bus = this.component().getEventBus();
      bus[does]("s3catalog", "stored", this.onChanged, this);
      bus[does]("s3catalog", "changed", this.onChanged, this);
      bus[does]("objects", "focusRow", this.onFocusRow, this);
      bus[does]("objects", "act", this.onAct, this);
    },

    fresh(bucket, folder) {
      return {
        bucket, folder, name: paths.nameOf(folder) || bucket, trail: this.trail(bucket, folder),
        hidden: this.view?.getProperty("/hidden") ?? [],
        title: this.text("objects"), term: "", searched: "", begins: false, missing: false, deleted: false, selecting: !this.component().getModel("device").getProperty("/system/phone"), selected: 0,
        sort: "objectKey", order: "Ascending", filters: NO_FILTERS, filtered: "", notice: "", undo: null, nothing: Nothing.ofLoading(this.telling().bundle),
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
      const { bucket: part, folder, key, "?query": asked } = event.getParameter("arguments");
      const bucket = decodeURIComponent(part);
      const list = listing.read(asked, this.SORTS, query.FILTERS);
      const { bucket: shownBucket, folder: shown, deleted } = this.view.getData();
      const closed = this.opened;
      this.opened = decodeURIComponent(key ?? "");
      let wanted = this.opened ? paths.folderOf(this.opened) : paths.asFolder(decodeURIComponent(folder ?? ""));
      if (deleted && list.deleted && bucket === shownBucket && wanted.startsWith(shown)) {
        wanted = shown; // the recycle bin shows what is below as well
      }
      if (bucket !== shownBucket || wanted !== shown || listing.write(list, this.SORTS[0]) !== this.app().getProperty("/list/query")) {
        this.enter(bucket, wanted, { list, left: bucket === shownBucket ? closed || shown : "" });
      } else if (closed && !this.opened) {
        this.focusRow({ key: closed });
      } else if (!this.opened) {
        this.reload(); // much may have happened meanwhile
      }
    },

    /**
     * Shows a folder, and it as the address says; the focus goes along, to the object or folder that
     * was left or to the first row.
     */
    async enter(bucket, folder, { list, left }) {
      const { activeElement: pressed } = document;
      const step = left.startsWith(folder) ? left.slice(folder.length).split(/(?<=\/)/)[0] : "";
      clearTimeout(this.typing);
      this.asking?.close();
      this.view.setData({ ...this.fresh(bucket, folder), ...list, searched: list.term });
      this.app().setProperty("/folder", folder);
      this.tell();
      await this.load();
      const isHidden = pressed === document.activeElement && !this.app().getProperty("/wide"); // or is about to be
      if (!this.opened && pressed !== document.body && (isHidden || this.hasFocus())) {
        this.focusRow({ key: folder + step, at: 0 });
      }
    },

    /** Lists the folder in another way, and says so in the address. */
    async change(values) {
      this.set(values);
      this.tell();
      this.noteList();
      await this.load();
    },

    noteList() {
      const { bucket, folder } = this.view.getData();
      const { route, bucket: open, key, list } = this.app().getData();
      if (bucket === open && route === "objects") {
        this.note(route, this.placeOfList(bucket, folder), list.query);
      } else if (bucket === open && route === "object") {
        this.note(route, this.placeOfObject(bucket, key), this.queryOf(bucket, paths.folderOf(key)));
      }
    },

    /** Lets others know how the list is, and people by what it is filtered. */
    async tell() {
      const { bucket, folder, searched, sort, order, filters, deleted } = this.view.getData();
      const said = listing.write({ term: searched, sort, order, filters, deleted }, this.SORTS[0]);
      this.app().setProperty("/list", { bucket, folder, query: said, deleted });
      const dialog = isFiltered(filters) && await this.filterDialog();
      this.view.setProperty("/filtered", isFiltered(this.view.getProperty("/filters")) ? dialog.getSelectedFilterString() : "");
    },

    /** In another language. */
    retell() {
      const { bucket, folder, notice, undo } = this.view.getData();
      if (bucket) {
        this.set({ trail: this.trail(bucket, folder), notice: undo ? notice : "" });
        this.tell();
        this.reload();
      }
    },

    // ---- the list ------------------------------------------------------------------------------

    async load({ keep = false } = {}) {
      const { bucket, folder, sort, order, deleted } = this.view.getData();
      this.view.setProperty("/nothing", Nothing.ofLoading(this.telling().bundle));
      const isByName = sort === "objectKey" && !deleted;
      const arrange = isByName ? (rows) => query.arrange(rows, order === "Descending") : undefined;
      const loading = this.pages.load(this.path(), { keep, arrange });
      this.view.setProperty("/selected", this.selectedRows().length); // none of a list that begins anew
      const problem = await loading;
      if (!this.isHere({ bucket, folder }) || this.pages.model.getProperty("/busy")) {
        return; // left before the answer came, or another list is on its way
      }
      this.view.setProperty("/selected", this.selectedRows().length);
      if (this.isTooMuch(problem)) {
        this.narrow();
      } else if (!problem) {
        await this.empty();
      }
    },

    /** Whether this folder is still the one that is shown. */
    isHere({ bucket, folder }) {
      return bucket === this.view.getProperty("/bucket") && folder === this.view.getProperty("/folder");
    },

    /**
     * The same list anew: what is seen stays until the answer is there, what is selected too.
     * @param {object} place the row that gets the focus; else it stays where it is
     */
    async reload(place) {
      const before = this.place();
      await this.load({ keep: true });
      if (place ?? (before && this.isFocusLost())) {
        await this.focusRow(place ?? before);
      }
    },

    path() {
      const wanted = this.view.getData();
      const descending = wanted.order === "Descending";
      return wanted.deleted ? query.deleted(wanted) : query.objects({ ...wanted, descending });
    },

    /** There are more objects than may be looked through: what S3 can do by itself remains. */
    isTooMuch(problem) {
      const wanted = this.view.getData();
      return problem?.code === "NotImplemented" && !wanted.deleted
        && !query.isCheap({ ...wanted, descending: wanted.order === "Descending" });
    },

    narrow() {
      const wanted = this.view.getData();
      const notice = wanted.term && !wanted.begins ? "noticeBegins" : "noticeOrder";
      this.change({
        begins: Boolean(wanted.term), sort: "objectKey", order: "Ascending", filters: NO_FILTERS, notice: this.text(notice, [wanted.term]), undo: null,
      });
    },

    /** @param {object[]} [undo] what can be brought back */
    notice(text, undo = null) {
      this.set({ notice: text, undo });
    },

    onNoticeClosed() {
      this.view.setProperty("/notice", "");
    },

    onProblem() {
      const problem = this.pages.model.getProperty("/problem");
      if (!problem || this.isTooMuch(problem)) {
        return;
      }
      this.view.setProperty("/nothing", Nothing.ofProblem(problem, this.telling().bundle));
      this.view.setProperty("/missing", problem.code === "NotFound");
      if (this.pages.model.getProperty("/rows").length) {
        this.telling().failed(problem, () => this.pages.again()); // a dialog is read out by itself
      } else {
        this.telling().announce(problem.sentence);
      }
    },

    /** What is said instead of rows. */
    async empty() {
      const { bundle } = this.telling();
      const { bucket, folder, term, filters, deleted } = this.view.getData();
      const isEmpty = this.pages.model.getProperty("/rows").length === 0;
      const mayWrite = this.component().getModel("session").getProperty("/mayWrite");
      let nothing = Nothing.ofState("emptyFolder", "sapIllus-DragFilesToUpload", bundle, mayWrite ? "upload" : "refresh");
      if (term || isFiltered(filters)) {
        nothing = Nothing.ofState("nothingFound", "sapIllus-NoSearchResults", bundle);
      } else if (deleted) {
        nothing = Nothing.ofState("nothingDeleted", "sapIllus-SimpleEmptyList", bundle);
      } else if (isEmpty && folder && !await this.exists(bucket, folder).catch(() => true)) {
        nothing = Nothing.ofState("noSuchFolder", "sapIllus-PageNotFound", bundle, "folderAbove");
      } else if (!mayWrite) {
        nothing = Nothing.ofState("emptyFolderReader", "sapIllus-NoData", bundle, "refresh");
      }
      if (this.isHere({ bucket, folder })) {
        this.set({ nothing, missing: false });
      }
    },

    showTitle() {
      const { rows, more, busy, problem } = this.pages.model.getData();
      if (busy && rows.length) {
        return; // the list is being renewed
      }
      const number = this.format.number(rows.length);
      const noun = this.view.getProperty("/deleted") ? "deletedObjects" : "objects";
      const key = more ? `${noun}More` : `${noun}Counted`;
      this.view.setProperty("/title", (busy || problem) && !rows.length ? this.text(noun) : this.text(key, [number]));
      if (!busy && !more && !problem) {
        this.telling().announce("announceObjects", [number]);
      }
    },

    // ---- where to --------------------------------------------------------------------------------

    onOpen(event) {
      this.open(event.getSource().getBindingContext("list").getObject());
    },

    open(row) {
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
        this.toBuckets();
      } else {
        this.toFolder(this.view.getProperty("/bucket"), link.folder);
      }
    },

    onClose() {
      this.toBuckets();
    },

    // ---- search, sort, filter ----------------------------------------------------------------------

    onSearch(event) {
      clearTimeout(this.typing);
      this.search(event.getParameter("query"));
    },

    search(term) {
      if (term !== this.view.getProperty("/searched")) {
        this.change({ term, searched: term, begins: false, notice: "" });
      }
    },

    sort(sort, order) {
      this.change({ sort, order, notice: "" });
    },

    async onFilter() {
      (await this.filterDialog()).open();
    },

    /** With what holds chosen in it, wherever that came from. */
    async filterDialog() {
      const dialog = await this.fragment("ObjectFilter");
      const filters = this.view.getProperty("/filters");
      for (const item of dialog.getFilterItems().flatMap((each) => each.getItems())) {
        const [name, value] = item.getKey().split(".");
        item.setSelected(filters[name].includes(value));
      }
      return dialog;
    },

    onFiltered(event) {
      const { filterItems } = event.getParameters();
      const filters = { kind: [], size: [], age: [] };
      for (const item of filterItems) {
        const [name, value] = item.getKey().split(".");
        filters[name].push(value);
      }
      this.change({ filters, notice: "" });
    },

    onClearFilter() {
      this.change({ filters: NO_FILTERS });
    },

    onToggleDeleted() {
      const deleted = !this.view.getProperty("/deleted");
      this.change({ deleted, notice: "", filters: NO_FILTERS });
    },

    onRefresh() {
      this.reload();
    },

    onNothingAction() {
      const { bucket, folder } = this.view.getData();
      const acts = {
        signIn: () => location.reload(),
        upload: () => this.onUploadFiles(),
        folderAbove: () => this.toFolder(bucket, paths.folderOf(folder)),
      };
      const act = acts[this.view.getProperty("/nothing/does")] ?? (() => this.reload({ at: 0 }));
      act();
    },
  }, Arrivals, Places, Selection, Showing, Sorting, Targets, Ticking));
});
