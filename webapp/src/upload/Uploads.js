// The queue of uploads of one page: what others see of them, whose turn it is, and what is
// remembered over a reload. Panel and questions to the user are loaded when they are needed.
sap.ui.define([
  "sap/ui/base/EventProvider",
  "sap/ui/model/json/JSONModel",
  "s3catalog/model/Service",
  "s3catalog/upload/Entries",
  "s3catalog/upload/Http",
  "s3catalog/upload/Keys",
  "s3catalog/upload/Rows",
  "s3catalog/upload/Store",
  "s3catalog/upload/Transfer",
], (EventProvider, JSONModel, Service, Entries, Http, Keys, Rows, Store, Transfer) => {
  "use strict";

  const AT_ONCE = 3;
  const REDRAW_MS = 250;
  const WATCH_MS = 1000;

  const byComponent = new WeakMap();

  /**
   * Fires `trouble` with {name, state} when something stops, `began` with {transfers} when files were
   * added, `finished` with {done, failed, name, text} of what has ended since the last time, when
   * nothing is under way any more. That an object is there goes to the whole page, by its event bus:
   * `stored` with {bucket, key}.
   */
  class Uploads extends EventProvider {
    #component;
    #transfers = [];
    #rows;
    #redraw = null;
    #owner = "";
    #hasTakenOver = false;
    #service;
    #dialogsLoading = null;
    /** Changes with the language, and with it all that is told of transfers. */
    #title;

    /** What a badge and the panel show; sums are made by Rows. */
    model = new JSONModel({
      items: [], active: 0, failed: 0, attention: 0, wanting: 0, seen: 0, toChoose: 0, standing: 0, ended: 0,
      summary: "", notice: "",
    });
    store = new Store();

    constructor(component) {
      super();
      this.#component = component;
      this.#service = component.service ?? new Service("/catalog/");
      this.http = new Http(this.#service);
      this.model.setSizeLimit(Number.MAX_SAFE_INTEGER);
      this.#rows = new Rows(this.model, () => component.getModel("i18n").getResourceBundle());
      this.#title = component.getModel("i18n").bindProperty("title").attachChange(() => {
        this.#transfers.forEach((transfer) => this.#rows.touch(transfer));
        this.#settle();
      });
      window.addEventListener("online", () => {
        this.#goOn("offline");
        this.#takeOver();
      });
      window.addEventListener("beforeunload", (event) => this.#holdBack(event));
      setInterval(() => this.#transfers.forEach((transfer) => transfer.watch()), WATCH_MS);
      this.#takeOver();
    }

    /** The uploads of the page that this component is. */
    static of(component) {
      if (!byComponent.has(component)) byComponent.set(component, new Uploads(component));
      return byComponent.get(component);
    }

    get component() {
      return this.#component;
    }

    /** Adds files, `{file, path}`, and empty folders, `{folder}`, below a folder of a bucket. */
    async add(items, { bucket, folder = "" }) {
      // what the user chooses for one conflict may hold for all that came together
      const batch = { choice: null, size: items.length };
      const added = [];
      for (const item of items) {
        const known = this.#known(item, bucket, folder);
        if (!known || !(await known.take(item.file, item.handle))) {
          added.push(new Transfer({ ...describe(item, bucket, folder), batch }, this));
        }
      }
      this.#transfers.push(...added);
      added.forEach((transfer) => this.#rows.add(transfer));
      this.#settle();
      this.#dialogs().then(() => {
        this.fireEvent("began", { transfers: added });
      });
      this.next();
      await Promise.all([this.#lookForSignIn(), ...added.map((transfer) => transfer.remember())]);
    }

    /** Adds what was dropped; to be called before the event is over. */
    async addDropped(dataTransfer, target) {
      await this.add(await Entries.ofDrop(dataTransfer), target);
    }

    /** Lets the user choose files, or a folder with all that is in it. */
    pick(target, { directory = false } = {}) {
      const input = document.createElement("input");
      Object.assign(input, { type: "file", multiple: true, webkitdirectory: directory, hidden: true });
      input.addEventListener("change", () => {
        this.add(Entries.ofInput(input.files), target);
        input.remove();
      });
      input.addEventListener("cancel", () => input.remove());
      // in the document, because some browsers forget a chooser that belongs to nothing
      document.body.append(input);
      input.click();
    }

    async openPanel(openBy) {
      this.#settle();
      this.#takeOver();
      (await this.#dialogs())?.openPanel(openBy);
    }

    // ---- what the panel does -------------------------------------------------------------------

    pause(id) {
      this.#with(id, (transfer) => transfer.pause());
    }

    async resume(id) {
      await this.#with(id, async (transfer) => {
        if (transfer.state === "signin") return this.signIn();
        if (transfer.state === "file") return this.#reopen(transfer);
        return transfer.goOn();
      });
    }

    async cancel(id) {
      await this.#with(id, (transfer) => transfer.cancel());
      this.#settle();
    }

    pauseAll() {
      this.#transfers.forEach((transfer) => transfer.pause());
    }

    resumeAll() {
      this.#transfers.filter(({ state }) => ["paused", "failed"].includes(state))
        .forEach((transfer) => transfer.goOn());
      this.#lookForSignIn();
    }

    /**
     * Takes the one of this id off the list, or all that needs nobody any more: what failed can be
     * tried again, and part of it may be sent already.
     */
    clear(id) {
      const isGone = (transfer) => (id ? transfer.isEnded && transfer.id === id : transfer.isSettled);
      // after a reload a failed one would be there again
      this.#transfers.filter((it) => isGone(it) && it.state === "failed").forEach((it) => it.cancel());
      this.#transfers = this.#transfers.filter((it) => !isGone(it));
      this.#rows.reset(this.#transfers);
      this.#settle();
    }

    /** What needs the user was seen; he is told again when there is more of it. */
    markSeen() {
      this.model.setProperty("/seen", this.model.getProperty("/wanting"));
    }

    /**
     * Files that were chosen again after a reload; returns how many of them go on with something.
     */
    async takeAgain(files) {
      let taken = 0;
      for (const file of files) {
        for (const transfer of this.#transfers.filter((it) => it.state === "file" && isLike(it, file))) {
          if (await transfer.take(file)) {
            taken += 1;
            break;
          }
        }
      }
      return taken;
    }

    // ---- what transfers need -------------------------------------------------------------------

    /** Whose page this is, or "" if nobody can say now: nobody shall see what another user of this browser left behind. */
    async owner() {
      this.#owner ||= await this.#whoIs();
      return this.#owner;
    }

    async ask(transfer, found) {
      const dialogs = await this.#dialogs();
      if (!dialogs) throw new Http.Failure("refused");
      const answer = await dialogs.askConflict(transfer, found);
      if (answer.forAll) transfer.batch.choice = answer.choice;
      return answer.choice;
    }

    isTaken(other, key) {
      return this.#transfers.some((transfer) => transfer !== other && !transfer.isEnded
        && transfer.bucket === other.bucket && transfer.key === key);
    }

    changed(transfer) {
      this.#rows.touch(transfer);
      if (transfer.state !== transfer.told) {
        transfer.told = transfer.state;
        transfer.isReported &&= transfer.isEnded;
        this.#tell(transfer);
      }
      this.#redraw ??= setTimeout(() => this.#settle(), REDRAW_MS);
    }

    #tell(transfer) {
      const { state, bucket, key } = transfer;
      if (state === "done") {
        this.#component.getEventBus().publish("s3catalog", "stored", { bucket, key });
      }
      if (!["failed", "offline", "signin"].includes(state)) return;
      // one of many says it for all when the network is cut or the user is signed out
      const isFirst = this.#transfers.filter((it) => it.state === state).length === 1;
      if (state === "failed" || isFirst) this.fireEvent("trouble", { state, name: transfer.name });
    }

    /** Lets as many run as may, once whatever happens now is over: starting one asks for the next. */
    next() {
      this.#starting ??= Promise.resolve().then(() => {
        this.#starting = null;
        this.#start();
      });
    }

    #starting = null;

    #start() {
      let free = AT_ONCE - this.#transfers.filter(({ isRunning }) => isRunning).length;
      // while the network is cut, one that is known to wait for it tries; the others stay
      const isCut = this.#transfers.some(({ state }) => state === "offline" || state === "signin");
      for (const transfer of this.#transfers) {
        if (free <= 0) return;
        if (transfer.state !== "waiting" || (isCut && transfer.attempts === 0)) continue;
        free -= 1;
        transfer.run();
      }
    }

    async signIn() {
      if (await (await this.#dialogs())?.signIn()) await this.#signedIn();
    }

    // ---- inside --------------------------------------------------------------------------------

    /** What waits for a sign-in goes on if somebody signed in elsewhere; else he is asked. */
    async #lookForSignIn() {
      if (!this.#transfers.some(({ state }) => state === "signin")) return;
      if (await this.http.isSignedIn()) await this.#signedIn();
      else await this.signIn();
    }

    /** Goes on, unless it is somebody else by now: he gets a page of his own, and not these files. */
    async #signedIn() {
      const before = await this.owner();
      this.#component.session.forgetUser();
      this.http.forgetToken();
      const now = await this.#whoIs();
      if (!before || now === before) {
        this.#goOn("signin");
      } else if (now) {
        this.#isOver = true;
        location.reload();
      } else {
        setTimeout(() => this.#lookForSignIn(), 5 * WATCH_MS); // nobody can say now
      }
    }

    async #whoIs() {
      const user = await this.#component.session.user();
      return user?.name || user?.email || "";
    }

    #isOver = false;

    /** Null if they can't be loaded; the user is told to reload the page, since OpenUI5 tries no module twice. */
    #dialogs() {
      this.#dialogsLoading ??= new Promise((resolve, reject) => {
        sap.ui.require(["s3catalog/upload/Dialogs"], resolve, reject);
      }).then((Dialogs) => new Dialogs(this));
      return this.#dialogsLoading.catch((error) => {
        this.#component.telling.failed(error);
        return null;
      });
    }

    #with(id, what) {
      const transfer = this.#transfers.find((it) => it.id === id);
      return transfer && what(transfer);
    }

    #goOn(state) {
      this.#transfers.filter((it) => it.state === state).forEach((transfer) => transfer.goOn());
    }

    /**
     * What a reload left behind, as soon as it is known whose page this is; where the browser still
     * lets us read the file, it goes on.
     */
    async #takeOver() {
      const owner = await this.owner();
      if (!owner || this.#hasTakenOver) return;
      this.#hasTakenOver = true;
      const records = await this.store.takeOver(owner);
      for (const record of records) {
        const transfer = new Transfer({ ...record, batch: {} }, this);
        this.#transfers.push(transfer);
        this.#rows.add(transfer);
        if (await isOpen(transfer.handle)) await this.#reopen(transfer);
      }
      if (records.length > 0) this.#settle();
      this.next();
    }

    /** By the handle if there is one, which may make the browser ask; else the user chooses. */
    async #reopen(transfer) {
      try {
        const allowed = transfer.handle && await transfer.handle.requestPermission();
        if (allowed === "granted" && await transfer.take(await transfer.handle.getFile())) return;
        transfer.handle = null;
      } catch {
        // the file was moved or deleted, or the browser wants a click first
      }
      if (transfer.state === "file" && navigator.userActivation?.isActive) {
        (await this.#dialogs())?.chooseAgain();
      }
    }

    /** What waits for this very file to be chosen again. */
    #known({ file, path }, bucket, folder) {
      const key = file && Keys.below(folder, path);
      return file && this.#transfers.find((it) => it.state === "file" && it.bucket === bucket
        && it.wanted === key && isLike(it, file));
    }

    #holdBack(event) {
      if (!this.#isOver && this.#transfers.some(({ isRunning, state }) => isRunning || state === "waiting")) {
        event.preventDefault();
      }
    }

    #settle() {
      clearTimeout(this.#redraw);
      this.#redraw = null;
      this.#rows.draw(this.#transfers);
      if (this.model.getProperty("/active") === 0) this.#report();
    }

    #report() {
      const ended = this.#transfers.filter((it) => it.isEnded && !it.isReported);
      const counts = {};
      for (const transfer of ended) {
        transfer.isReported = true;
        counts[transfer.state] = (counts[transfer.state] ?? 0) + 1;
      }
      const { done = 0, failed = 0 } = counts;
      if (done + failed === 0) return; // what was cancelled or skipped needs no telling
      const { name } = ended.find(({ state }) => state === "done" || state === "failed");
      this.fireEvent("finished", { done, failed, name, text: this.#rows.listed(counts) });
    }
  }

  function describe({ file, folder: empty, path, handle }, bucket, folder) {
    const key = Keys.below(folder, empty ?? path);
    const told = { id: crypto.randomUUID(), bucket, key, wanted: key };
    if (!file) {
      const failure = empty ? null : new Http.Failure("file");
      return { ...told, folder: Boolean(empty), failure, size: 0, type: "", lastModified: 0 };
    }
    const { size, type, lastModified } = file;
    return { ...told, file, handle, size, type, lastModified };
  }

  /** Whether the browser lets us read the file without a question. */
  async function isOpen(handle) {
    try {
      return (await handle?.queryPermission()) === "granted";
    } catch {
      return false;
    }
  }

  function isLike(transfer, file) {
    return transfer.size === file.size && transfer.lastModified === file.lastModified
      && Keys.split(transfer.wanted).name === file.name.normalize("NFC");
  }

  return Uploads;
});
