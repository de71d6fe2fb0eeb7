// A small file: one PUT …/content, with the file's SHA-256, so that nothing else can be stored.
sap.ui.define(["s3catalog/upload/Http"], (Http) => {
  "use strict";

  const { Failure } = Http;

  /** A sender of one whole file; `start` may be called again after it failed. */
  class Whole {
    #xhr = null;
    #ended = false;

    /** `told`: http, bucket, key, file, create (only if there is none yet), progress(bytes). */
    constructor(told) {
      Object.assign(this, told);
    }

    async start() {
      const { http, file } = this;
      const headers = {
        "Content-Type": file.type || "application/octet-stream",
        "Repr-Digest": `sha-256=:${await digest(file)}:`,
        ...(this.create && { "If-None-Match": "*" }),
        ...(await http.headers()),
      };
      if (this.#ended) return;
      await this.#put(headers);
    }

    /** XMLHttpRequest, because fetch tells nothing of what it has sent. */
    #put(headers) {
      const xhr = new XMLHttpRequest();
      this.#xhr = xhr;
      return new Promise((resolve, reject) => {
        xhr.open("PUT", this.http.content(this.bucket, this.key));
        Object.entries(headers).forEach(([name, value]) => xhr.setRequestHeader(name, value));
        xhr.upload.onprogress = ({ loaded }) => this.progress(loaded);
        xhr.onerror = () => reject(Failure.network());
        xhr.onload = () => {
          if (xhr.status >= 200 && xhr.status < 300) return resolve();
          reject(Failure.of(xhr.status, (name) => xhr.getResponseHeader(name), xhr.responseText));
        };
        xhr.send(this.file);
      });
    }

    /** Ends the request; its promise stays open for ever, because nobody waits for it any more. */
    stop() {
      this.#ended = true;
      this.#xhr?.abort();
    }

    /** Nothing is left behind by a request that was cut off. */
    async discard() {
      this.stop();
    }
  }

  async function digest(file) {
    let bytes;
    try {
      bytes = await file.arrayBuffer();
    } catch {
      // moved, changed or deleted since it was chosen
      throw new Failure("file");
    }
    const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return btoa(String.fromCharCode(...sum));
  }

  return Whole;
});
