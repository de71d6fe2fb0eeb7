// The buckets, by the OData model with its defaults: batch, $select from the bindings, growing.
sap.ui.define([
  "./Base",
  "./Nothing",
  "sap/ui/model/Filter",
  "sap/ui/model/Sorter",
  "sap/ui/model/json/JSONModel",
  "../model/Problem",
  "../model/Trace",
], function (Base, Nothing, Filter, Sorter, JSONModel, Problem, Trace) {
  "use strict";

  /** Longer than this nobody should look at a list that says nothing. */
  const PATIENCE_MS = 40000;

  return Base.extend("s3catalog.controller.Buckets", {
    onInit() {
      const view = new JSONModel({ title: this.text("buckets"), sort: "name", order: "Ascending", barred: false, nothing: {} });
      view.setProperty("/nothing", Nothing.ofLoading(this.telling().bundle));
      this.getView().setModel(view, "view");
      this.table = this.byId("table");
      this.component().getModel().getMetaModel().requestObject("/").catch((error) => this.broken(error));
      this.app().bindProperty("/bucket").attachChange(() => this.select());
    },

    onRequested() {
      clearTimeout(this.watch);
      this.watch = setTimeout(() => this.failed(new Problem({ code: "Timeout" })), PATIENCE_MS);
    },

    onReceived(event) {
      clearTimeout(this.watch);
      const error = event.getParameter("error");
      if (error) {
        this.failed(Problem.ofModel(error, Trace.lastFailure()));
      } else {
        this.empty();
      }
    },

    async failed(problem) {
      const bundle = this.telling().bundle;
      const view = this.model("view");
      const barred = problem.code === "Forbidden" && await this.isBarred();
      this.table.setBusy(false);
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
      const list = this.table.getBinding("items");
      const count = list.getCount();
      if (count !== undefined) {
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
        item.setSelected(Boolean(bucket) && item.getBindingContext()?.getProperty("id") === bucket);
      }
    },

    onOpen(event) {
      const item = event.getParameter("listItem") ?? event.getSource();
      this.toFolder(item.getBindingContext().getProperty("id"), "");
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
      this.table.getBinding("items").filter(filters);
    },

    onRefresh() {
      this.table.getBinding("items").refresh();
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
      this.table.getBinding("items").sort(new Sorter(sortItem.getKey(), sortDescending));
    },
  });
});
