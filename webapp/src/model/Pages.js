// A list of the catalogue, page by page as the service hands it out. The OData model goes on by
// $skip, for which S3 would have to list everything before; here the next link is followed, which
// names the place by key, so that the hundred thousandth object costs as much as the first.
sap.ui.define(["sap/ui/model/json/JSONModel", "./Problem"], function (JSONModel, Problem) {
  "use strict";

  const PAGE = 200;

  class Pages {
    #service;
    #next;
    #round = 0;
    #running;

    /** Rows and state: {rows, busy, more, problem} */
    model = new JSONModel({ rows: [], busy: false, more: false, problem: null });

    constructor(service) {
      this.#service = service;
      this.model.setSizeLimit(Number.MAX_SAFE_INTEGER);
    }

    /** Begins anew with this list; what is still under way for another one is dropped. */
    async load(path) {
      this.#round += 1;
      this.#running = undefined;
      this.#next = path;
      this.model.setData({ rows: [], busy: true, more: true, problem: null });
      await this.ensure(1);
      return this.model.getProperty("/problem");
    }

    /** Sees to it that this many rows are there, if there are so many. */
    async ensure(count) {
      if (!this.#running) {
        const running = this.#fill(count, this.#round).finally(() => {
          if (this.#running === running) {
            this.#running = undefined;
          }
        });
        this.#running = running;
      }
      await this.#running;
    }

    async #fill(count, round) {
      try {
        while (this.#next && round === this.#round && this.model.getProperty("/rows").length < count) {
          const page = await this.#service.get(this.#next, { Prefer: `odata.maxpagesize=${PAGE}` });
          if (round === this.#round) {
            this.#append(page);
          }
        }
      } catch (error) {
        if (round === this.#round) {
          this.#next = undefined;
          this.model.setProperty("/problem", Problem.of(error));
        }
      }
      if (round === this.#round) {
        this.model.setProperty("/more", Boolean(this.#next));
        this.model.setProperty("/busy", false);
      }
    }

    #append(page) {
      const rows = this.model.getProperty("/rows");
      this.#next = page["@odata.nextLink"];
      this.model.setProperty("/rows", rows.length ? rows.concat(page.value) : page.value);
    }

    /** Takes rows out that are gone. */
    remove(keys) {
      const gone = new Set(keys);
      const rows = this.model.getProperty("/rows").filter((row) => !gone.has(row.objectKey));
      this.model.setProperty("/rows", rows);
    }
  }

  return Pages;
});
