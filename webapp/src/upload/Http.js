// What requests of uploads have in common: where things are, which headers they need, and what an
// answer means for the one who sent it.
sap.ui.define(["s3catalog/model/Problem", "s3catalog/model/paths"], (Problem, paths) => {
  "use strict";

  /** Statuses after which the same request may well succeed later. */
  const LATER = [408, 409, 423, 425, 429, 500, 502, 503, 504];
  const UNREACHED = ["Offline", "Timeout"];

  /**
   * A problem of an upload. `kind` says what to do about it:
   * `network` no answer came, `later` try again, `csrf` fetch a token and try again,
   * `signin` nobody is signed in, `exists` the object is there (or another one than expected),
   * `gone` what was asked for is no more, `file` the file is not what it was, `refused` trying
   * again is of no use.
   */
  class Failure extends Problem {
    constructor(kind, facts = {}) {
      super(facts);
      this.kind = kind;
    }

    /** Of an answer; `header` reads one of its headers, `body` is its text. */
    static of(status, header, body) {
      let error;
      try {
        error = JSON.parse(body).error;
      } catch {
        // a router on the way answers with something else
      }
      return new Failure(kindOf(status, header("x-csrf-token")), {
        status,
        code: error?.code,
        message: error?.message,
        correlationId: header("x-correlation-id"),
        retryAfter: Number(header("retry-after")) || 0,
      });
    }

    /** Of anything that was thrown. */
    static from(error) {
      if (error instanceof Failure) return error;
      const problem = Problem.of(error);
      const kind = UNREACHED.includes(problem.code) ? "network" : kindOf(problem.status);
      return new Failure(kind, problem);
    }

    static network() {
      return new Failure("network", { code: "Offline" });
    }
  }

  function kindOf(status, csrf) {
    if (status === 401) return "signin";
    if (status === 403 && /^required$/i.test(csrf ?? "")) return "csrf";
    if (status === 412) return "exists";
    if (status === 404 || status === 410) return "gone";
    return LATER.includes(status) ? "later" : "refused";
  }

  class Http {
    #service;

    /** @param {s3catalog.model.Service} service the way to the catalogue */
    constructor(service) {
      this.#service = service;
    }

    /** Where resumable uploads begin; absolute, because tus-js-client resolves against it. */
    get uploads() {
      return new URL(this.#service.url("uploads"), document.baseURI).href;
    }

    content(bucket, key) {
      return this.#service.url(paths.content(bucket, key));
    }

    /**
     * Headers of a request that changes something. `X-Requested-With` makes the approuter answer
     * 401 instead of leading a script to a login page.
     */
    async headers() {
      try {
        return { "X-Requested-With": "XMLHttpRequest", "X-CSRF-Token": await this.#service.csrfToken() };
      } catch (error) {
        throw Failure.from(error);
      }
    }

    /** The next request fetches a new token. */
    forgetToken() {
      this.#service.forgetToken();
    }

    /** What is there: null, or size and time of the object. */
    async look(bucket, key) {
      try {
        const { headers } = await this.#service.send("HEAD", paths.content(bucket, key));
        return { size: Number(headers.get("content-length")), changed: headers.get("last-modified") };
      } catch (error) {
        const failure = Failure.from(error);
        if (failure.kind === "gone") return null;
        throw failure;
      }
    }

    /** Makes an empty folder; one that is there already is as good. */
    async createFolder(bucket, folder) {
      const action = `${paths.bucket(bucket)}/CatalogService.createFolder`;
      try {
        await this.#service.change("POST", action, { folder });
      } catch (error) {
        const failure = Failure.from(error);
        if (failure.code !== "Conflict") throw failure;
      }
    }

    /** Whether somebody is signed in; what else may be wrong is of no interest here. */
    async isSignedIn() {
      try {
        await this.#service.send("HEAD", "");
        return true;
      } catch (error) {
        const { kind } = Failure.from(error);
        return kind !== "signin" && kind !== "network";
      }
    }
  }

  Http.Failure = Failure;
  return Http;
});
