// How a list is, as the address says it: what is searched, the order, the filters. Addresses come
// from anywhere: what none of ours would say is as if it were not there.
sap.ui.define([], function () {
  "use strict";

  /** No key is longer. */
  const LONGEST = 1024;

  /**
   * @param {object} list term, sort, order, filters, deleted
   * @param {string} usual by what it is sorted if nothing is said
   * @returns {string} with its question mark, or empty
   */
  function write({ term, sort, order, filters, deleted }, usual) {
    const query = new URLSearchParams();
    const isDescending = order === "Descending";
    const say = (name, value) => value && query.set(name, value);
    say("search", term);
    say("deleted", deleted ? "true" : "");
    if (!deleted) {
      say("sort", sort !== usual || isDescending ? (isDescending ? "-" : "") + sort : "");
      Object.entries(filters ?? {}).forEach(([name, values]) => say(name, values.join(".")));
    }
    return query.size ? `?${query}`.replaceAll("+", "%20") : ""; // the router knows no plus
  }

  /**
   * @param {object} [query] as the router has taken it apart
   * @param {string[]} sorts by what may be sorted, first the usual
   * @param {object} [filters] the values that each may have
   */
  function read(query, sorts, filters) {
    const { search = "", sort = "", deleted = "", ...rest } = query ?? {};
    const isDeleted = Boolean(filters) && deleted === "true";
    const named = sort.replace(/^-/, "");
    const isKnown = !isDeleted && sorts.includes(named);
    const chosen = ([name, values]) => {
      const asked = isDeleted ? [] : (rest[name] ?? "").split(".");
      const known = values.filter((value) => asked.includes(value));
      return [name, name === "age" ? known.slice(0, 1) : known]; // where one includes the others
    };
    return {
      term: search.length > LONGEST || /\p{Cc}/u.test(search) ? "" : search,
      sort: isKnown ? named : sorts[0],
      order: isKnown && sort.startsWith("-") ? "Descending" : "Ascending",
      ...filters && { filters: Object.fromEntries(Object.entries(filters).map(chosen)), deleted: isDeleted },
    };
  }

  return { write, read };
});
