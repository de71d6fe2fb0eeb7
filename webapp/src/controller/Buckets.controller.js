// The buckets, by the OData model: batch, count, order and search.
sap.ui.define([
  "./Base",
  "./Nothing",
  "./Sliding",
  "sap/ui/model/Filter",
  "sap/ui/model/Sorter",
  "sap/ui/model/json/JSONModel",
  "../model/Buckets",
  "../model/Problem",
  "../model/Trace",
], function (Base, Nothing, Sliding, Filter, Sorter, JSONModel, Buckets, Problem, Trace) {
  "use strict";

  /** Longer than this nobody should look at a list that says nothing. */
  const PATIENCE_MS = 40000;

  return Base.extend("s3catalog.controller.Buckets", {
    onInit() {
      const view = new JSONModel({ title: this.text("buckets"), sort: "name", order: "Ascending", barred: false, nothing: {} });
      view.setProperty("/nothing", Nothing.ofLoading(this.telling().bundle));
      this.getView().setModel(view, "view");
      this.table = this.byId("table");
      this.list = this.component().getModel().bindList("/Buckets", undefined, [new Sorter("name")], [], {
        $count: true, $select: "id,name,region,created",
      });
      this.buckets = new Buckets(this.list);
      this.getView().setModel(this.buckets.model, "list");
      this.sliding = new Sliding(this.table, this.byId("page"), this.buckets);
      this.buckets.model.bindProperty("/problem").attachChange(() => this.onProblem());
      this.component().getModel().getMetaModel().requestObject("/").then(() => this.load(), (error) => this.broken(error));
      this.app().bindProperty("/bucket").attachChange(() => this.select());
    },

    async load(options) {
      clearTimeout(this.watch);
      this.watch = setTimeout(() => this.failed(new Problem({ code: "Timeout" })), PATIENCE_MS);
      const problem = await this.buckets.read(options);
      if (!this.buckets.model.getProperty("/busy")) {
        clearTimeout(this.watch);
        if (!problem) {
          this.empty();
        }
      }
    },

    onProblem() {
      const problem = this.buckets.model.getProperty("/problem");
      if (problem) {
        this.failed(problem);
      }
    },

    async failed(problem) {
      const bundle = this.telling().bundle;
      const view = this.model("view");
      const barred = problem.code === "Forbidden" && await this.isBarred();
      this.buckets.model.setProperty("/busy", false);
      view.setProperty("/barred", barred);
      view.setProperty("/nothing", barred
        ? Nothing.ofState("noAccess", "sapIllus-UnableToLoad", bundle, "copyRequest")
        : Nothing.ofProblem(problem, bundle));
      view.setProperty("/title", this.text("buckets"));
      if (this.table.getItems().length) {
        this.telling().failed(problem, () => this.onRefresh()); // rows hide what stands instead of rows
      } else {
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
      clearTimeout(this.watch);
      await this.failed(Problem.ofModel(error, Trace.lastFailure()));
      if (!this.model("view").getProperty("/barred")) {
        this.model("view").setProperty("/nothing/does", "reload");
      }
    },

    empty() {
      const bundle = this.telling().bundle;
      const nothing = this.term
        ? Nothing.ofState("noBucketsFound", "sapIllus-NoSearchResults", bundle)
        : Nothing.ofState("noBuckets", "sapIllus-NoData", bundle, "refresh");
      this.model("view").setProperty("/nothing", nothing);
    },

    onUpdated() {
      const count = this.list.getCount();
      if (count !== undefined && !this.buckets.model.getProperty("/problem")) {
        const shown = this.format.number(count);
        this.model("view").setProperty("/title", this.text("bucketsCounted", [shown]));
        if (count !== this.announced) {
          this.announced = count;
          this.telling().announce("announceBuckets", [shown]);
        }
      }
      this.select();
    },

    /** Marks the bucket whose objects stand beside. */
    select() {
      const bucket = this.app().getProperty("/bucket");
      for (const item of this.table.getItems()) {
        item.setSelected(Boolean(bucket) && item.getBindingContext("list")?.getProperty("id") === bucket);
      }
    },

    onOpen(event) {
      const item = event.getParameter("listItem") ?? event.getSource();
      this.toFolder(item.getBindingContext("list").getProperty("id"), "");
    },

    onSearch(event) {
      clearTimeout(this.typing);
      if (event.getParameter("refreshButtonPressed")) {
        this.onRefresh();
      } else {
        this.search(event.getParameter("query"));
      }
    },

    search(term) {
      if (term === this.term) {
        return;
      }
      this.term = term;
      const filters = term
        ? [new Filter({ path: "name", operator: "Contains", value1: term, caseSensitive: false })]
        : [];
      this.list.filter(filters);
      this.load();
    },

    onRefresh() {
      this.list.refresh();
      this.load({ keep: true });
    },

    onNothingAction() {
      const does = this.model("view").getProperty("/nothing/does");
      if (does === "copyRequest") {
        const session = this.component().getModel("session");
        const who = session.getProperty("/email") || session.getProperty("/name");
        this.telling().copy(this.text("accessRequest", [who, location.origin + location.pathname]));
      } else if (["signIn", "reload"].includes(does)) {
        location.reload();
      } else {
        this.onRefresh();
      }
    },

    async onSortMenu() {
      (await this.fragment("BucketSort")).open();
    },

    onSort(event) {
      const { sortItem, sortDescending } = event.getParameters();
      const view = this.model("view");
      view.setProperty("/sort", sortItem.getKey());
      view.setProperty("/order", sortDescending ? "Descending" : "Ascending");
      this.list.sort(new Sorter(sortItem.getKey(), sortDescending));
      this.load();
    },
  });
});
