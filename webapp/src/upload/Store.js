// Remembers unfinished uploads in the browser (IndexedDB), for each user apart. Without storage,
// as in some private windows, nothing is remembered and everything else works.
sap.ui.define([], () => {
  "use strict";

  const DATABASE = "s3catalog-uploads";
  const RECORDS = "records";
  /** Bytes at both ends of a file by which it is known again. */
  const SAMPLE = 64 << 10;

  class Store {
    #opened;
    /** Names this page; another one of the same browser leaves our uploads alone. */
    #page = crypto.randomUUID();

    constructor() {
      this.#opened = open().catch(() => null);
      // held for as long as the page lives
      navigator.locks?.request(lockOf(this.#page), () => new Promise(() => {})).catch(() => {});
    }

    /** What this user left unfinished on a page that is no more. It is ours from now on. */
    async takeOver(owner) {
      const all = (await this.#do("readonly", (records) => records.getAll())) ?? [];
      const locks = await navigator.locks?.query().catch(() => null);
      const living = new Set(locks?.held.map(({ name }) => name));
      const left = all.filter((record) => record.owner === owner && !living.has(lockOf(record.page)));
      await Promise.all(left.map((record) => this.keep(record)));
      return left;
    }

    /** Keeps a record: plain data, and perhaps a file handle. */
    keep(record) {
      return this.#do("readwrite", (records) => records.put({ ...record, page: this.#page }));
    }

    forget(id) {
      return this.#do("readwrite", (records) => records.delete(id));
    }

    async #do(mode, what) {
      const database = await this.#opened;
      if (!database) return null;
      try {
        return await settled(what(database.transaction(RECORDS, mode).objectStore(RECORDS)));
      } catch {
        return null;
      }
    }
  }

  function lockOf(page) {
    return `${DATABASE}-${page}`;
  }

  async function open() {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(RECORDS, { keyPath: "id" });
    return settled(request);
  }

  function settled(request) {
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  /**
   * By what a file is known again after a reload. Name, size and time could be those of another
   * file; going on with that one would store a mixture of both. Null if it can't be read any more,
   * which is told when it is sent.
   */
  Store.fingerprint = async (file) => {
    try {
      const ends = new Blob([file.slice(0, SAMPLE), file.slice(-SAMPLE)]);
      const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", await ends.arrayBuffer()));
      return `${file.size} ${btoa(String.fromCharCode(...sum))}`;
    } catch {
      return null;
    }
  };

  return Store;
});
