// The buckets, by the OData model: batch, count, order and search.
sap.ui.define([
  "./Base",
  "./Nothing",
  "./Sliding",
  "./Sorting",
  "sap/ui/model/Filter",
  "sap/ui/model/Sorter",
  "sap/ui/model/json/JSONModel",
  "../model/Buckets",
  "../model/Requests",
  "../model/listing",
], function (Base, Nothing, Sliding, Sorting, Filter, Sorter, JSONModel, Buckets, Requests, listing) {
  "use strict";

  return Base.extend("s3catalog.controller.Buckets", Object.assign({
    SORT_DIALOG: "BucketSort",
    SORTS: ["name", "region", "created"],

    onInit() {
      this.view = new JSONModel({
        title: this.text("buckets"), term: "", searched: "", sort: "name", order: "Ascending", busy: true, barred: false, nothing: {},
      });
      this.view.setProperty("/nothing", Nothing.ofLoading(this.telling().bundle));
      this.getView().setModel(this.view, "view");
      this.table = this.byId("table");
      this.buckets = new Buckets(this.table, (problem) => this.failed(problem, () => this.onAgain()));
      this.sliding = new Sliding(this.table, this.byId("page"), this.buckets);
      this.component().getModel().getMetaModel().requestObject("/").catch((error) => this.broken(error));
      this.router().getRoute("buckets").attachPatternMatched((event) => this.onRoute(event));
      this.app().bindProperty("/bucket").attachChange(() => this.onBucket());
      this.offerSorting();
      this.onLanguage(() => this.onRefresh());
    },

    /** Another bucket is open; whoever closes one is where it is listed. */
    async onBucket() {
      const closed = this.opened;
      this.opened = this.app().getProperty("/bucket");
      if (closed && !this.opened) {
        const at = this.buckets.indexOf(closed);
        if (at < 0) {
          this.sliding.wait(closed, 0);
        } else {
          (await this.sliding.reveal(at))?.focus();
        }
      }
    },

    onExit() {
      this.sliding.destroy();
    },

    onRoute(event) {
      const list = listing.read(event.getParameter("arguments")["?query"], this.SORTS);
      if (listing.write(list, this.SORTS[0]) !== this.app().getProperty("/buckets")) {
        this.show(list);
      }
    },

    onRequested() {
      this.view.setProperty("/busy", true);
    },

    onReceived(event) {
      const error = event.getParameter("error");
      if (!error && !this.buckets.list.isLengthFinal()) {
        return; // given up, since another answer is on its way
      }
      if (error) {
        this.failed(Requests.problemOf(error));
        return;
      }
      this.view.setProperty("/busy", false);
      this.count();
      this.empty();
      // a table forgets what was selected when its rows are sorted or filtered
      this.table.getItems().forEach((item) => item.getBinding("selected").checkUpdate(true));
    },

    /** Their number may be another as soon as more of them are read. */
    onUpdated() {
      if (this.buckets.list?.isLengthFinal() && this.table.getItems().length) {
        this.count();
      }
    },

    async failed(problem, again = () => this.onRefresh()) {
      const bundle = this.telling().bundle;
      const barred = problem.code === "Forbidden" && await this.isBarred();
      this.view.setProperty("/busy", false);
      this.view.setProperty("/barred", barred);
      this.view.setProperty("/nothing", barred
        ? Nothing.ofState("noAccess", "sapIllus-SignOut", bundle, "copyRequest")
        : Nothing.ofProblem(problem, bundle));
      if (this.table.getItems().length) {
        this.telling().failed(problem, again); // rows hide what stands instead of rows
      } else {
        this.view.setProperty("/title", this.text("buckets"));
        this.telling().announce(barred ? "noAccess" : problem.sentence);
      }
    },

    /** Whether somebody is known to the service, but may not even read: a matter of roles alone. */
    async isBarred() {
      const { scopes } = await this.service().get("me").catch(() => ({ scopes: ["Read"] }));
      return !scopes.includes("Read");
    },

    /** Without metadata the model asks for nothing more: only a new start helps. */
    async broken(error) {
      await this.failed(Requests.problemOf(error));
      if (!this.view.getProperty("/barred")) {
        this.view.setProperty("/nothing/does", "reload");
      }
    },

    empty() {
      const bundle = this.telling().bundle;
      const nothing = this.view.getProperty("/searched")
        ? Nothing.ofState("noBucketsFound", "sapIllus-NoSearchResults", bundle)
        : Nothing.ofState("noBuckets", "sapIllus-NoData", bundle, "refresh");
      this.view.setProperty("/nothing", nothing);
    },

    count() {
      const { count } = this.buckets;
      const shown = this.format.number(count);
      this.view.setProperty("/title", this.text("bucketsCounted", [shown]));
      if (count !== this.announced) {
        this.announced = count;
        this.telling().announce("announceBuckets", [shown]);
      }
    },

    onOpen(event) {
      const item = event.getParameter("listItem") ?? event.getSource();
      this.toFolder(this.sliding.keyOf(item), ""); // while all are read anew, its context has nothing
    },

    onSearch(event) {
      clearTimeout(this.typing);
      this.search(event.getParameter("query"));
    },

    search(term) {
      if (term !== this.view.getProperty("/searched")) {
        this.change({ term });
      }
    },

    sort(sort, order) {
      this.change({ sort, order });
    },

    change(values) {
      const { searched, sort, order } = this.view.getData();
      this.show({ term: searched, sort, order, ...values });
      if (this.app().getProperty("/route") === "buckets") {
        this.note("buckets", {}, this.app().getProperty("/buckets"));
      }
    },

    show(list) {
      const { term, sort, order } = list;
      const before = this.view.getData();
      clearTimeout(this.typing);
      this.view.setData({ ...before, ...list, searched: term });
      this.app().setProperty("/buckets", listing.write(list, this.SORTS[0]));
      if (term !== before.searched || sort !== before.sort || order !== before.order) {
        this.view.setProperty("/nothing", Nothing.ofLoading(this.telling().bundle));
        this.sliding.clear();
        this.buckets.list.suspend(); // to ask once
        this.buckets.list.filter(term ? [new Filter({ path: "name", operator: "Contains", value1: term, caseSensitive: false })] : []);
        this.buckets.list.sort(new Sorter(sort, order === "Descending"));
        this.buckets.list.resume();
      }
    },

    onAgain() {
      this.buckets.forgive();
      this.sliding.check();
    },

    onRefresh() {
      this.buckets.refresh();
    },

    onNothingAction() {
      const does = this.view.getProperty("/nothing/does");
      if (does === "copyRequest") {
        const session = this.component().getModel("session");
        const who = session.getProperty("/email") || session.getProperty("/name");
        this.telling().copy(this.text("accessRequest", [who, location.origin + location.pathname]));
      } else if (["signIn", "reload"].includes(does)) {
        location.reload();
      } else {
        this.buckets.list.attachEventOnce("dataReceived", () => setTimeout(() => {
          if (document.activeElement === document.body) {
            this.table.focus(); // what was pressed is gone
          }
        }));
        this.onRefresh();
      }
    },
  }, Sorting));
});
