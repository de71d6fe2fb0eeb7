// What a person has to know of something that failed: a sentence, a remedy, and the correlation id
// by which an administrator finds the reason in the service's log.
sap.ui.define([], function () {
  "use strict";

  /** Codes of the service (docs/reference/errors.md) that have texts of their own. */
  const CODES = new Set([
    "Unauthenticated", "Forbidden", "NotFound", "Conflict", "PreconditionFailed", "Archived", "TooLarge",
    "TooManyRequests", "NotImplemented", "Busy", "NoSession", "StorageUnavailable", "StorageDenied",
    "StorageError", "IdentityUnavailable", "ServiceUnreachable", "InternalError", "Offline", "Timeout",
    "BadRequest",
  ]);

  /** What a status means when the answer has no code of ours: a gateway on the way gave it. */
  const STATUSES = {
    400: "BadRequest", 401: "Unauthenticated", 403: "Forbidden", 404: "NotFound", 405: "BadRequest",
    408: "Timeout", 409: "Conflict", 412: "PreconditionFailed", 413: "TooLarge", 414: "TooLarge",
    428: "PreconditionFailed", 429: "TooManyRequests", 431: "TooLarge", 500: "InternalError",
    501: "NotImplemented", 502: "ServiceUnreachable", 503: "ServiceUnreachable", 504: "Timeout",
  };

  const ILLUSTRATIONS = {
    Unauthenticated: "sapIllus-SignOut", Forbidden: "sapIllus-SignOut", NotFound: "sapIllus-PageNotFound",
    StorageDenied: "sapIllus-UnableToLoad", Offline: "sapIllus-Connection", NoSession: "sapIllus-Connection",
    StorageUnavailable: "sapIllus-ReloadScreen", ServiceUnreachable: "sapIllus-Connection",
    Timeout: "sapIllus-ReloadScreen",
  };

  /** Whose message says more than ours, since it names what to change. */
  const TELLING = new Set(["BadRequest", "NotImplemented", "TooLarge"]);

  class Problem extends Error {
    /** @param {object} facts status, code, message, correlationId and retryAfter (seconds), as far as known */
    constructor(facts) {
      super(facts.message || facts.code);
      this.status = facts.status || 0;
      this.code = CODES.has(facts.code) ? facts.code : STATUSES[facts.status] || "Unknown";
      this.serviceText = facts.message || "";
      this.correlationId = facts.correlationId || "";
      this.retryAfter = facts.retryAfter || 0;
    }

    /** Of an answer to fetch; reads its body. */
    static async ofResponse(response) {
      const body = await response.json().catch(() => undefined);
      return new Problem({
        status: response.status,
        code: body?.error?.code,
        message: body?.error?.message,
        correlationId: response.headers.get("x-correlation-id"),
        retryAfter: Problem.#seconds(response.headers.get("retry-after")),
      });
    }

    /** Of anything that was thrown. */
    static of(error) {
      if (error instanceof Problem) {
        return error;
      }
      if (error?.name === "TimeoutError") {
        return new Problem({ code: "Timeout" });
      }
      return new Problem({ message: String(error?.message ?? error) });
    }

    /** Of what fetch, or reading its answer, has thrown: browsers have no words in common for a broken network. */
    static ofFetch(error) {
      return error instanceof TypeError ? new Problem({ code: "Offline" }) : Problem.of(error);
    }

    /** Of an error of the OData model; whoever saw the answer tells what the model does not. */
    static ofModel(error, { correlationId, isLate }) {
      const cause = error.cause ?? error;
      const none = cause.status === 0 || (cause.status === undefined && !navigator.onLine);
      return new Problem({
        status: cause.status,
        code: none ? (isLate ? "Timeout" : "Offline") : cause.error?.code,
        message: cause.error?.message,
        correlationId,
        retryAfter: cause.retryAfter ? Math.ceil((cause.retryAfter - Date.now()) / 1000) : 0,
      });
    }

    static #seconds(header) {
      const seconds = Number(header);
      return Number.isFinite(seconds) && seconds > 0 ? seconds : 0;
    }

    get illustration() {
      return ILLUSTRATIONS[this.code] ?? "sapIllus-ErrorScreen";
    }

    get sentence() {
      return `problem${this.code}`;
    }

    get remedy() {
      // the service says which right is missed
      const right = this.code === "Forbidden" && /\bto write\b/.test(this.serviceText) ? "Write" : "";
      return `problem${this.code}${right}Remedy`;
    }

    /** The texts in the user's language. */
    texts(bundle) {
      const remedy = [bundle.getText(this.remedy)];
      if (TELLING.has(this.code) && this.serviceText) {
        remedy.push(bundle.getText("problemServiceSays", [this.serviceText]));
      }
      if (this.retryAfter) {
        remedy.push(bundle.getText("problemRetryAfter", [this.retryAfter]));
      }
      return {
        sentence: bundle.getText(this.sentence),
        remedy: remedy.join(" "),
        id: this.correlationId ? bundle.getText("correlationId", [this.correlationId]) : "",
      };
    }
  }

  return Problem;
});
