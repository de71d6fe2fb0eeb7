// The rows of a long list, and those of them that its table has: a table that had thousands would
// take seconds for whatever it does with all of them.
sap.ui.define(["sap/ui/model/json/JSONModel"], function (JSONModel) {
  "use strict";

  /** As many as fill a window, at first. */
  const FIRST = 50;

  class Rows {
    /** {rows, busy, more, problem}; shown: the rows in the table, which begin at the one numbered `from` */
    model = new JSONModel({ rows: [], shown: [], from: 0, busy: false, more: false, problem: null });
    /** What gives the table other rows is done within this. */
    changing = (change) => change();

    constructor() {
      this.model.setSizeLimit(Number.MAX_SAFE_INTEGER);
    }

    /** Begins anew, with these rows until others come. */
    begin(rows) {
      const { from, shown } = this.model.getData();
      const kept = rows.length ? { rows, shown, from } : { rows, shown: [], from: 0 };
      this.changing(() => this.model.setData({ ...kept, busy: true, more: true, problem: null }));
    }

    put(rows) {
      const { from, shown } = this.model.getData();
      this.#change({ rows, from: Math.min(from, Math.max(0, rows.length - FIRST)), to: from + Math.max(shown.length, FIRST) });
    }

    /** Lets the table have these rows. */
    show(from, to) {
      this.#change({ rows: this.model.getProperty("/rows"), from, to });
    }

    #change({ rows, from, to }) {
      this.changing(() => {
        this.model.setProperty("/rows", rows);
        this.model.setProperty("/from", from);
        this.model.setProperty("/shown", rows.slice(from, to));
      });
    }
  }

  return Rows;
});
