// How fast something goes, from what was told in the last seconds, and what follows from it.
sap.ui.define([], () => {
  "use strict";

  const MIB = 1 << 20;
  const WINDOW_MS = 5000;
  /** The approuter ends a request after 30 seconds by default; a chunk shall take a third of that. */
  const CHUNK_SECONDS = 10;
  const LEAST = MIB / 4;
  const MOST = 32 * MIB;

  class Pace {
    #told = [];

    constructor(now = () => performance.now()) {
      this.now = now;
    }

    /** So many bytes are there now. */
    tell(bytes) {
      const now = this.now();
      this.#told.push([now, bytes]);
      while (this.#told.length > 2 && this.#told[0][0] < now - WINDOW_MS) this.#told.shift();
    }

    /** Forgets what was before a pause. */
    rest() {
      this.#told = [];
    }

    /** Bytes a second; 0 as long as nothing is known. */
    get speed() {
      if (this.#told.length < 2) return 0;
      const [first, before] = this.#told[0];
      const [, bytes] = this.#told.at(-1);
      const seconds = (this.now() - first) / 1000;
      return seconds > 0.2 ? Math.max(0, (bytes - before) / seconds) : 0;
    }

    /** Seconds until the rest has gone; null as long as nobody can say. */
    left(rest) {
      return this.speed > 0 ? rest / this.speed : null;
    }
  }

  /**
   * How long the next chunk shall be, after one of `bytes` took `seconds`: never more than four
   * times as long, so that one lucky chunk decides nothing; whole MiB where it is longer than one.
   */
  Pace.nextChunk = (chunk, bytes, seconds) => {
    const fitting = seconds > 0 ? (bytes / seconds) * CHUNK_SECONDS : MOST;
    const next = Math.min(MOST, Math.max(LEAST, Math.min(fitting, chunk * 4)));
    return next > MIB ? Math.floor(next / MIB) * MIB : Math.floor(next);
  };

  /** After a chunk that broke off. */
  Pace.smallerChunk = (chunk) => Math.max(LEAST, Math.floor(chunk / 2));

  Pace.FIRST_CHUNK = 8 * MIB;
  return Pace;
});
