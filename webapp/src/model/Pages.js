// A list of the catalogue, page by page as the service hands it out. The OData model goes on by
// $skip, for which S3 would have to list everything before; here the next link is followed, which
// names the place by key, so that the hundred thousandth object costs as much as the first.
sap.ui.define(["sap/ui/model/json/JSONModel", "./Problem"], function (JSONModel, Problem) {
  "use strict";

  /** Half of what S3 lists at once: most folders come whole. */
  const PAGE = 500;
  /** With what tells whether there are more, S3's thousand; else it would be asked twice. */
  const LARGEST_PAGE = 997;
  /** So many rows behind the last one that is seen are there already. */
  const AHEAD = 200;

  class Pages {
    /** {rows, busy, more, problem} */
    model = new JSONModel({ rows: [], busy: false, more: false, problem: null });
    #service;
    #next;
    #round = 0;
    #running;
    #rows = [];
    #kept = 0;
    #keptMore = false;
    #arrange;

    constructor(service) {
      this.#service = service;
      this.model.setSizeLimit(Number.MAX_SAFE_INTEGER);
    }

    get count() {
      return this.model.getProperty("/rows").length;
    }

    get more() {
      return this.model.getProperty("/more");
    }

    indexOf(key, at) {
      const rows = this.model.getProperty("/rows");
      return rows[at]?.objectKey === key ? at : rows.findIndex((row) => row.objectKey === key);
    }

    /** What is counted is there. */
    fetch() {
      return true;
    }

    /** Somebody sees this row; where it failed, who scrolls tries again. */
    ensure(last) {
      if (this.more && last + AHEAD > this.count) {
        this.model.setProperty("/problem", null);
        this.#read(last + AHEAD);
      }
    }

    /**
     * Begins anew with this list; what is still under way for another one is dropped.
     * @param {object} options keep: rows stay seen until as many have come anew, or all, and what
     *   was selected of them stays so; arrange: puts a list that came whole into order
     */
    async load(path, { keep = false, arrange } = {}) {
      const seen = this.model.getProperty("/rows");
      this.#round += 1;
      this.#running = undefined;
      this.#next = path;
      this.#rows = [];
      this.#keptMore = this.#kept ? this.#keptMore : this.more;
      this.#kept = keep ? seen.length : 0;
      this.#arrange = arrange;
      this.model.setData({ rows: keep ? seen : [], busy: true, more: true, problem: null });
      await this.#read(Math.max(1, this.#kept));
      return this.model.getProperty("/problem");
    }

    /** Sees to it that this many rows are there, if there are so many. */
    async #read(count) {
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

    /** Goes on where it failed. */
    again() {
      this.model.setProperty("/problem", null);
      return this.#read(Math.max(this.#kept, this.#rows.length + 1));
    }

    /** A page, and where the next one is; so many rows are wanted. */
    async page(path, wanted) {
      const size = Math.min(Math.max(wanted, PAGE), LARGEST_PAGE);
      const answer = await this.#service.get(path, { Prefer: `odata.maxpagesize=${size}` });
      return { value: answer.value, next: answer["@odata.nextLink"] };
    }

    async #fill(count, round) {
      try {
        while (this.#next && round === this.#round && this.#rows.length < count) {
          const page = await this.page(this.#next, count - this.#rows.length);
          if (round === this.#round) {
            this.#append(page);
          }
        }
      } catch (error) {
        if (round === this.#round) {
          this.model.setProperty("/problem", Problem.of(error));
        }
      }
      if (round === this.#round) {
        this.model.setProperty("/more", this.#kept ? this.#keptMore : Boolean(this.#next)); // of the rows that are seen
        this.model.setProperty("/busy", false);
      }
    }

    #append(page) {
      const isWhole = this.#rows.length === 0 && !page.next;
      this.#next = page.next;
      this.#rows = isWhole && this.#arrange ? this.#arrange(page.value) : this.#rows.concat(page.value);
      if (this.#rows.length >= this.#kept || !this.#next) {
        this.#show();
      }
    }

    #show() {
      if (this.#kept) {
        const selected = new Set(this.selected().map((row) => row.objectKey));
        this.#rows.filter((row) => selected.has(row.objectKey)).forEach((row) => {
          row.selected = true;
        });
        this.#kept = 0;
      }
      this.model.setProperty("/more", Boolean(this.#next)); // whoever sees the rows asks for it
      this.model.setProperty("/rows", this.#rows);
    }

    /** The rows that the user selected. */
    selected() {
      return this.model.getProperty("/rows").filter((row) => row.selected);
    }

    /** Selects these and no others. */
    select(keys) {
      const wanted = new Set(keys);
      const rows = this.model.getProperty("/rows");
      rows.forEach((row) => {
        row.selected = wanted.has(row.objectKey);
      });
      this.model.setProperty("/rows", rows.slice());
    }
  }

  return Pages;
});
