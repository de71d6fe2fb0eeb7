// One file on its way: its states, what failures mean for it, and what is remembered of it.
// It starts nothing by itself: the queue (Uploads) lets it run when it is its turn.
sap.ui.define([
  "s3catalog/upload/Chunked",
  "s3catalog/upload/Http",
  "s3catalog/upload/Keys",
  "s3catalog/upload/Pace",
  "s3catalog/upload/Store",
  "s3catalog/upload/Whole",
], (Chunked, Http, Keys, Pace, Store, Whole) => {
  "use strict";

  const { Failure } = Http;

  /** Up to here one request is simpler than a resumable upload. */
  const SMALL = 8 << 20;
  /** A request that moves nothing for so long is taken for dead. */
  const STALL_MS = 60000;
  /** How often a service that is there but can't is asked again before the user has to. */
  const PATIENCE = 8;
  const LONGEST_WAIT = 30;
  /** Numbers that are tried for "keep both". */
  const NUMBERS = 1000;

  /** What is kept over a reload; the file itself can't be. */
  const KEPT = ["id", "bucket", "key", "wanted", "size", "type", "lastModified", "folder", "url", "create",
    "handle", "fingerprint"];

  const ENDED = ["done", "skipped", "failed", "cancelled"];
  const RUNNING = ["checking", "running"];

  class Transfer {
    state = "waiting";
    sent = 0;
    failure = null;
    pace = new Pace();
    /** Tries since the service took something. */
    attempts = 0;
    #turn = 0;
    #sender = null;
    #timer = null;
    #moved = 0;

    /**
     * `told`: id, bucket, key, wanted (the key before it was numbered), size, type, lastModified and file, or folder: true for an empty
     * folder; after a reload url and handle. `house` is the queue: http, store, owner(), ask(),
     * isTaken(), changed(), signIn().
     */
    constructor(told, house) {
      this.create = null;
      this.url = null;
      this.batch = {};
      Object.assign(this, told);
      this.house = house;
      if (this.failure) this.state = "failed";
      else if (!this.file && !this.folder) this.state = "file";
    }

    /** What people call it; a folder's key ends with a slash. */
    get name() {
      return Keys.split(this.key.replace(/\/$/, "")).name;
    }

    get isRunning() {
      return RUNNING.includes(this.state);
    }

    get isEnded() {
      return ENDED.includes(this.state);
    }

    /** Ended for good; what failed can be tried again. */
    get isSettled() {
      return this.isEnded && this.state !== "failed";
    }

    /** Takes its turn. Whatever happens in it after pause or cancel is of no interest any more. */
    async run() {
      const turn = ++this.#turn;
      const isOver = () => turn !== this.#turn;
      this.#moved = performance.now();
      try {
        this.#become("checking");
        if (this.folder) {
          await this.house.http.createFolder(this.bucket, this.key);
        } else {
          if (this.create === null && !this.url && !(await this.#decide(isOver))) return;
          if (isOver()) return;
          this.#sender ??= this.#newSender();
          this.#become("running");
          await this.#sender.start();
        }
        if (isOver()) return;
        this.sent = this.size;
        await this.#end("done");
      } catch (failure) {
        if (!isOver()) await this.#fail(failure, turn);
      }
    }

    /** Settles what becomes of an object that is there already; false if there is nothing to do. */
    async #decide(isOver) {
      const found = await this.house.http.look(this.bucket, this.key);
      if (isOver()) return false;
      if (!found) {
        this.create = true;
        return true;
      }
      const { choice } = this.batch;
      if (choice) {
        await this.#obey(choice);
        return !this.isEnded;
      }
      this.#become("asking");
      // while somebody thinks, others may run
      this.house.ask(this, found).then(async (chosen) => {
        if (this.state !== "asking" || isOver()) return;
        await this.#obey(chosen);
        if (!this.isEnded) this.#become("waiting");
      }).catch((failure) => this.#fail(failure, this.#turn));
      return false;
    }

    async #obey(choice) {
      if (choice === "skip") return this.#end("skipped");
      if (choice === "both") await this.#rename();
      this.create = choice === "both";
    }

    async #rename() {
      for (let number = 2; number < NUMBERS; number += 1) {
        const key = Keys.numbered(this.key, number);
        if (!this.house.isTaken(this, key) && !(await this.house.http.look(this.bucket, key))) {
          this.key = key;
          return;
        }
      }
      throw new Failure("refused", { code: "Conflict" });
    }

    #newSender() {
      const { bucket, key, file, create, url } = this;
      const progress = (sent) => this.#progress(sent);
      const told = { http: this.house.http, bucket, key, file, create, progress };
      if (this.size <= SMALL) return new Whole(told);
      const begun = (at) => {
        this.url = at;
        this.remember();
      };
      const taken = () => {
        this.attempts = 0;
      };
      return new Chunked({ ...told, url, begun, taken });
    }

    #progress(sent) {
      this.sent = sent;
      this.#moved = performance.now();
      this.pace.tell(sent);
      this.house.changed(this);
    }

    /** Called every second or so: gives up a request that hangs, as behind a dead access point. */
    watch() {
      if (this.state === "running" && performance.now() - this.#moved > STALL_MS) {
        this.#sender?.stop();
        this.#fail(Failure.network(), ++this.#turn);
      }
    }

    async #fail(failure, turn) {
      failure = Failure.from(failure);
      // a file that was changed or taken away looks like a broken network to XMLHttpRequest
      if (failure.kind === "network" && this.file && !(await isReadable(this.file))) {
        failure = new Failure("file");
      }
      if (turn !== this.#turn) return undefined;
      this.failure = failure;
      this.attempts += 1;
      this.pace.rest();
      // an ended request can't be started again
      if (this.#sender instanceof Whole) {
        this.#sender = null;
        this.sent = 0;
      }
      switch (failure.kind) {
        case "network":
          return this.#wait("offline", 2 ** this.attempts);
        case "later":
          if (this.attempts > PATIENCE) break;
          return this.#wait("retrying", failure.retryAfter || 2 ** this.attempts);
        case "csrf":
          this.house.http.forgetToken();
          if (this.attempts > 2) break;
          return this.#become("waiting");
        case "signin":
          this.#become("signin");
          return this.house.signIn();
        case "exists":
          // somebody was faster: what was settled is void, and so is the upload
          if (this.attempts > PATIENCE) break;
          this.restart();
          return this.#become("waiting");
        default:
      }
      // what can't be read any more has to be chosen again
      if (failure.kind === "file") this.file = null;
      return this.#end("failed");
    }

    #wait(state, seconds) {
      this.#timer = setTimeout(() => this.goOn(), Math.min(seconds, LONGEST_WAIT) * 1000);
      this.#become(state);
    }

    /** Goes back to the beginning. */
    restart() {
      this.#sender = null;
      Object.assign(this, { create: null, url: null, sent: 0 });
    }

    /** Queues up again, after a pause, a failure or a broken network. */
    goOn() {
      clearTimeout(this.#timer);
      if (this.isRunning || ["waiting", "asking", "done"].includes(this.state)) return;
      if (this.isEnded) this.attempts = 0;
      this.failure = null;
      this.#become(this.file || this.folder ? "waiting" : "file");
    }

    /** The user chose the file again; tells whether it is the one that was begun. */
    async take(file, handle = this.handle) {
      if (file.size !== this.size) return false;
      if (this.fingerprint && this.fingerprint !== (await Store.fingerprint(file))) return false;
      Object.assign(this, { file, handle });
      this.goOn();
      return true;
    }

    pause() {
      // a question stays open until it is answered
      if (this.isEnded || ["file", "asking"].includes(this.state)) return;
      this.#leave();
      this.#become("paused");
    }

    /** Ends it for good. If the server can't be told now, it forgets the upload in seven days. */
    async cancel() {
      if (this.isSettled) return;
      this.#leave();
      const sender = this.#sender ?? (this.url ? this.#newSender() : null);
      await this.#end("cancelled");
      await sender?.discard().catch(() => {});
    }

    #leave() {
      this.#turn += 1;
      clearTimeout(this.#timer);
      this.#sender?.stop();
      if (this.#sender instanceof Whole) {
        this.#sender = null;
        this.sent = 0;
      }
      this.pace.rest();
    }

    async #end(state) {
      this.pace.rest();
      // at once, so that nobody writes it down any more; told when a reload would not bring it back
      this.state = state;
      if (this.isSettled) await this.house.store.forget(this.id);
      this.#become(state);
    }

    #become(state) {
      this.state = state;
      this.house.changed(this);
      this.house.next();
    }

    /** Keeps what a reload would lose, unless nobody could say later whose it is, or know the file again. */
    async remember() {
      if (this.isEnded) return;
      const isLarge = this.size > SMALL;
      if (isLarge && this.file) this.fingerprint ??= await Store.fingerprint(this.file);
      const owner = await this.house.owner();
      if (!owner || (isLarge && !this.fingerprint) || this.isSettled) return;
      const record = Object.fromEntries(KEPT.map((name) => [name, this[name]]));
      await this.house.store.keep({ ...record, owner });
    }
  }

  async function isReadable(file) {
    try {
      await file.slice(0, 1).arrayBuffer();
      return true;
    } catch {
      return false;
    }
  }

  return Transfer;
});
