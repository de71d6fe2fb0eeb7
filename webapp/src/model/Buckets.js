// The list of buckets, by a list binding of the OData model: order, search and count are its own.
sap.ui.define(["./Pages", "./Problem", "./Trace"], function (Pages, Problem, Trace) {
  "use strict";

  const PAGE = 100;

  class Buckets extends Pages {
    #list;

    /** @param {sap.ui.model.odata.v4.ODataListBinding} list */
    constructor(list) {
      super();
      this.#list = list;
    }

    /** Reads from the first one on, after the binding was changed. */
    read(options) {
      return this.load({ at: 0 }, options);
    }

    async page({ at }, wanted) {
      try {
        const contexts = await this.#list.requestContexts(at, Math.max(PAGE, wanted));
        const next = at + contexts.length;
        return { value: contexts.map((context) => context.getObject()), next: next < this.#list.getCount() ? { at: next } : undefined };
      } catch (error) {
        throw Problem.ofModel(error, Trace.lastFailure());
      }
    }
  }

  return Buckets;
});
