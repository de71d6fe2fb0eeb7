// The bytes of an object, never more of them than a viewer can use.
sap.ui.define(["s3catalog/model/Problem"], (Problem) => {
  "use strict";

  const PATIENCE_MS = 30000;

  /** The object is not what its type says, or too much; `reason` is the key of a text. */
  class Unfit extends Error {
    constructor(reason) {
      super(reason);
      this.reason = reason;
    }
  }

  function offline(error) {
    throw Problem.ofFetch(error);
  }

  class Source {
    /** @param {string} url of the content  @param {number} size as it is known */
    constructor(url, size) {
      this.url = url;
      this.size = size;
    }

    /** The address at which a player may ask for parts by itself. */
    get inline() {
      return `${this.url}${this.url.includes("?") ? "&" : "?"}inline=true`;
    }

    /** Headers of every request for content. */
    get headers() {
      return { "X-Requested-With": "XMLHttpRequest" };
    }

    /** The first bytes, and whether that is all. */
    async first(most) {
      if (this.size === 0) return { bytes: new Uint8Array(), isAll: true };
      const stop = new AbortController();
      let patience = setTimeout(() => stop.abort(), PATIENCE_MS);
      try {
        const answer = await fetch(this.url, {
          headers: { ...this.headers, Range: `bytes=0-${most - 1}` },
          signal: stop.signal,
        }).catch(offline);
        if (!answer.ok) throw await Problem.ofResponse(answer);
        const bytes = await read(answer.body, most, () => {
          clearTimeout(patience);
          patience = setTimeout(() => stop.abort(), PATIENCE_MS);
        });
        return { bytes, isAll: lengthOf(answer, this.size) <= bytes.length };
      } catch (error) {
        throw stop.signal.aborted ? new Problem({ code: "Timeout" }) : error;
      } finally {
        clearTimeout(patience);
        // whoever ignored the range must not go on sending
        stop.abort();
      }
    }

    /** All of it, if that is no more than so much. */
    async all(most) {
      if (this.size > most) throw new Unfit("tooLarge");
      const { bytes, isAll } = await this.first(most);
      if (!isAll) throw new Unfit("tooLarge");
      return bytes;
    }

    /** The beginning as text; what is no text, or nothing at all, is Unfit. */
    async text(most) {
      const { bytes, isAll } = await this.first(most);
      if (bytes.length === 0) throw new Unfit("empty");
      return { text: decode(bytes), isAll };
    }
  }

  async function read(body, most, alive) {
    const reader = body.getReader();
    const pieces = [];
    let length = 0;
    try {
      while (length < most) {
        const { done, value } = await reader.read().catch(offline);
        if (done) break;
        alive();
        pieces.push(value.subarray(0, most - length));
        length += pieces.at(-1).length;
      }
    } catch (error) {
      // a compressed object that was cut can be unpacked up to the cut
      if (length === 0) throw error;
    }
    const all = new Uint8Array(length);
    let at = 0;
    for (const piece of pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }

  /** The length of the whole object; after unpacking nobody knows. */
  function lengthOf(answer, size) {
    const total = /\/(\d+)$/.exec(answer.headers.get("content-range") ?? "")?.[1];
    return Number(total ?? answer.headers.get("content-length") ?? size);
  }

  function decode(bytes) {
    if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
    if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
    if (bytes.includes(0)) throw new Unfit("noText");
    try {
      // as a stream: the last letter may have been cut
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    } catch {
      const text = new TextDecoder("utf-8").decode(bytes);
      const count = (letters) => text.match(letters)?.length ?? 0;
      // where more is broken than whole, it was written in the West before Unicode
      const isOlder = count(/\ufffd/g) > count(/[\u0080-\ufffc]/g);
      return isOlder ? new TextDecoder("windows-1252").decode(bytes) : text;
    }
  }

  Source.Unfit = Unfit;
  return Source;
});
