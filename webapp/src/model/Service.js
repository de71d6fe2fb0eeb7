// The way to the service for everything that is not bound by the OData model: plain requests with
// a time limit, the approuter's CSRF token, and errors as a Problem.
sap.ui.define(["./Problem"], function (Problem) {
  "use strict";

  /** The approuter asks all others for its token, OPTIONS too. */
  const HARMLESS = new Set(["GET", "HEAD"]);

  class Service {
    /** A call answers within 20 seconds or tells how far it got; this is for what is on the way. */
    static PATIENCE_MS = 45000;
    #root;
    #token;

    /** @param {string} root URL of the catalogue, with a slash at its end */
    constructor(root) {
      this.#root = root;
    }

    /** The absolute path of something in the catalogue. */
    url(path) {
      return this.#root + path;
    }

    /** The absolute path of something beside the catalogue, which the approuter answers. */
    beside(path) {
      return this.#root.replace(/catalog\/$/, path);
    }

    /** JSON of the catalogue. */
    async get(path, headers) {
      return contentOf(await this.send("GET", path, undefined, headers));
    }

    /** Calls an action or changes something; the answer's JSON, or undefined if there is none. */
    async change(...request) {
      return (await this.call(...request)).content;
    }

    /** The same, with the correlation id of the answer. */
    async call(method, path, body, headers) {
      const response = await this.send(method, path, body, headers);
      const content = response.status === 204 ? undefined : await contentOf(response);
      return { content, correlationId: response.headers.get("x-correlation-id") };
    }

    /** Sends one request. Rejects with a Problem unless the answer is good. */
    async send(method, path, body, headers) {
      let response = await this.#once(method, path, body, headers);
      if (response.status === 403 && /required/i.test(response.headers.get("x-csrf-token") ?? "")) {
        this.#token = undefined; // the approuter's session is another one now
        response = await this.#once(method, path, body, headers);
      }
      if (!response.ok) {
        throw await Problem.ofResponse(response);
      }
      return response;
    }

    async #once(method, path, body, headers) {
      const sent = { Accept: "application/json", ...headers };
      if (body !== undefined) {
        sent["Content-Type"] = "application/json";
      }
      if (!HARMLESS.has(method)) {
        sent["X-CSRF-Token"] = await this.csrfToken();
      }
      return this.reach(this.url(path), { method, headers: sent, body: body === undefined ? undefined : JSON.stringify(body) });
    }

    /** Whatever is answered at a URL. Rejects with a Problem if nothing is, or not in time. */
    async reach(url, { headers, ...request } = {}) {
      try {
        return await fetch(url, {
          // makes the approuter answer 401 instead of leading a script to a login page
          headers: { "X-Requested-With": "XMLHttpRequest", ...headers },
          signal: AbortSignal.timeout(Service.PATIENCE_MS),
          ...request,
        });
      } catch (error) {
        throw Problem.ofFetch(error);
      }
    }

    /** The token that the approuter wants with changes; "Fetch" where nobody hands one out. */
    async csrfToken() {
      this.#token ??= this.#fetchToken();
      try {
        return await this.#token;
      } catch (error) {
        this.#token = undefined;
        throw error;
      }
    }

    async #fetchToken() {
      const response = await this.reach(this.#root, { method: "HEAD", headers: { "X-CSRF-Token": "Fetch" } });
      if (response.status === 401) {
        throw await Problem.ofResponse(response); // without a session there is no token
      }
      return response.headers.get("x-csrf-token") || "Fetch";
    }

    /** For senders of their own, after the approuter refused the token: the next one is fetched. */
    forgetToken() {
      this.#token = undefined;
    }
  }

  /** The connection may break in the middle of an answer as well. */
  function contentOf(response) {
    return response.json().catch((error) => {
      throw Problem.ofFetch(error);
    });
  }

  return Service;
});
