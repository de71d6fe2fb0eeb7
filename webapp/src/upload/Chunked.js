// A large file: a resumable upload as tus 1.0 has it, by tus-js-client. Chunks are as long as the
// network is fast, because the approuter and the platform's router end long requests.
sap.ui.define([
  "sap/ui/dom/includeScript",
  "s3catalog/upload/Http",
  "s3catalog/upload/Pace",
], (includeScript, Http, Pace) => {
  "use strict";

  const { Failure } = Http;

  let library;
  /** Not by OpenUI5's loader, which tries no module twice: the network may be cut at this moment. */
  function tus() {
    library ??= includeScript({ url: sap.ui.require.toUrl("s3catalog/thirdparty/tus.js") }).then(() => globalThis.tus, () => {
      library = undefined;
      throw Failure.network();
    });
    return library;
  }

  /** A sender of one file in chunks; `start` goes on where the server says that it is. */
  class Chunked {
    #upload = null;
    /** Which start is the one that counts. */
    #turn = 0;
    #chunk = Pace.FIRST_CHUNK;

    /**
     * `told`: http, bucket, key, file, create (only if there is none yet), url (of an upload that
     * was begun already), progress(bytes), taken() when a chunk is stored, begun(url).
     */
    constructor(told) {
      Object.assign(this, told);
    }

    async start() {
      const turn = ++this.#turn;
      const { Upload } = await tus();
      if (turn !== this.#turn) return;
      try {
        await this.#send(Upload, turn);
      } catch (failure) {
        if (failure.kind === "gone" && this.url) {
          // expired, ended or another user's: begin anew
          this.#begun(null);
          this.progress(0);
          await this.#send(Upload, turn);
          return;
        }
        if (["network", "later"].includes(failure.kind)) this.#chunk = Pace.smallerChunk(this.#chunk);
        throw failure;
      }
    }

    #send(Upload, turn) {
      const { file } = this;
      let began = 0;
      return new Promise((resolve, reject) => {
        const upload = new Upload(file, {
          // With both, tus-js-client would begin a new upload whenever the server can't tell at
          // the moment how far the old one is, even after a 503.
          ...(this.url ? { uploadUrl: this.url } : { endpoint: this.http.uploads }),
          metadata: {
            bucket: this.bucket,
            key: this.key,
            ...(file.type && { filetype: file.type }),
          },
          chunkSize: this.#chunk,
          // who asks for a new try, and when, is decided by Transfer for all kinds of uploads
          retryDelays: null,
          storeFingerprintForResuming: false,
          fingerprint: async () => null,
          onBeforeRequest: async (request) => {
            const headers = await this.http.headers();
            // stopped meanwhile: tus-js-client keeps errors of aborted uploads to itself
            if (turn !== this.#turn) throw Failure.network();
            began = performance.now();
            if (this.create && request.getMethod() === "POST") headers["If-None-Match"] = "*";
            Object.entries(headers).forEach(([name, value]) => request.setHeader(name, value));
          },
          onUploadUrlAvailable: () => this.#begun(upload.url),
          onProgress: (sent) => this.progress(sent),
          onChunkComplete: (bytes) => {
            const seconds = (performance.now() - began) / 1000;
            this.#chunk = Pace.nextChunk(this.#chunk, bytes, seconds);
            upload.options.chunkSize = this.#chunk;
            this.taken();
          },
          onSuccess: () => resolve(),
          onError: (error) => reject(failureOf(error)),
        });
        this.#upload = upload;
        upload.start();
      });
    }

    #begun(url) {
      if (this.url === url) return;
      this.url = url;
      this.begun(url);
    }

    /** Ends the request that runs; what the server has got it keeps. */
    stop() {
      this.#turn += 1;
      this.#upload?.abort();
    }

    /** Tells the server that nobody will go on (tus: termination). */
    async discard() {
      this.stop();
      if (!this.url) return;
      const { Upload } = await tus();
      const headers = await this.http.headers();
      try {
        await Upload.terminate(this.url, { headers, retryDelays: null });
      } catch (error) {
        const failure = failureOf(error);
        if (failure.kind !== "gone") throw failure;
      }
    }
  }

  function failureOf(error) {
    if (error instanceof Failure) return error;
    // what onBeforeRequest threw
    if (error.causingError instanceof Failure) return error.causingError;
    const answer = error.originalResponse;
    if (answer?.getStatus()) {
      return Failure.of(answer.getStatus(), (name) => answer.getHeader(name), answer.getBody());
    }
    if (error.originalRequest) return Failure.network();
    // no request was made, so it is the file that can't be read any more
    return new Failure("file", { message: error.message });
  }

  return Chunked;
});
