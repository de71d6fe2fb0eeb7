// The buckets that the OData model's list binding has of a table which is bound to them: what is not
// there yet is read before the table gets it.
sap.ui.define(["./Requests"], function (Requests) {
  "use strict";

  /** So many are read at once, and so many before they are needed. */
  const PAGE = 100;

  class Buckets {
    #table;
    #onProblem;
    #problem;
    #count = 0;

    /** @param {sap.m.Table} table  @param {(problem: Problem) => void} onProblem */
    constructor(table, onProblem) {
      this.#table = table;
      this.#onProblem = onProblem;
    }

    get list() {
      return this.#table.getBinding("items");
    }

    /** While they are read anew, as many as there were. */
    get count() {
      this.#count = this.list?.getCount() ?? this.#count;
      return this.#count;
    }

    /** What is there stays until the answer has come, and if none comes. */
    refresh() {
      this.forgive();
      if (this.#table.getItems().length) {
        this.list.getHeaderContext().requestSideEffects([""]).catch(() => {}); // the binding tells it
      } else {
        this.list.refresh();
      }
    }

    /** What could not be read is asked for again. */
    forgive() {
      this.#problem = undefined;
    }

    /** All are counted. */
    get more() {
      return false;
    }

    indexOf(id, at = -1) {
      const contexts = this.list.getAllCurrentContexts();
      const isIt = (context) => context.getProperty("id") === id;
      return contexts.find((context) => context.getIndex() === at && isIt(context)) ? at : contexts.find(isIt)?.getIndex() ?? -1;
    }

    ensure(last) {
      if (!this.#problem && last < this.count) {
        this.fetch(last, last + PAGE);
      }
    }

    async fetch(from, to) {
      const [first, end] = [Math.floor(from / PAGE), Math.ceil(to / PAGE)].map((page) => page * PAGE);
      try {
        await this.list.requestContexts(first, end - first);
        this.forgive();
        return true;
      } catch (error) {
        if (!error.canceled) { // else all are read anew
          this.#problem = Requests.problemOf(error);
          this.#onProblem(this.#problem);
        }
        return false;
      }
    }
  }

  return Buckets;
});
