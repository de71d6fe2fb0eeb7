// A server before the sandbox's front door that has the page and can do what networks and
// approuters do: cut, slow down, sign out, and ask for CSRF tokens.

import { createReadStream, readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import http from "node:http";
import { extname, join, normalize } from "node:path";
import { Transform } from "node:stream";

const TYPES = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css",
  ".json": "application/json", ".xml": "application/xml", ".svg": "image/svg+xml", ".woff2": "font/woff2",
  ".properties": "text/plain; charset=utf-8",
};
const PASSED_ON = /^\/(catalog|user-api|login|logout)\b/;

/** The policy of the page, as the approuter and the front door set it. */
const POLICY = JSON.parse(readFileSync(new URL("../../../approuter/xs-app.json", import.meta.url)))
  .responseHeaders.find(({ name }) => name === "Content-Security-Policy").value;

export class Front {
  /** Whether connections to the service break. */
  isCut = false;
  isSignedOut = false;
  /** A token that changes have to carry, as at the approuter. */
  csrf = null;
  /** Bytes a second of one upload. */
  rate = Infinity;
  /** Answers in the service's place; tells whether it did. */
  instead = () => false;
  /** Requests that were passed on: {method, url, headers}. */
  seen = [];
  #sockets = new Set();

  /** @param {string} door URL of the front door  @param {string[]} folders with the page's files, the first wins */
  constructor(door, folders) {
    this.door = new URL(door);
    this.folders = folders;
    this.server = http.createServer((request, answer) => this.#answer(request, answer));
  }

  async open() {
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** Breaks what runs, and whatever comes until `mend`. */
  cut() {
    this.isCut = true;
    this.#sockets.forEach((socket) => socket.destroy());
  }

  mend() {
    this.isCut = false;
  }

  async #answer(request, answer) {
    if (!PASSED_ON.test(request.url)) return this.#file(request, answer);
    if (this.isCut) return request.socket.destroy();
    if (!this.#sockets.has(request.socket)) {
      this.#sockets.add(request.socket);
      request.socket.once("close", () => this.#sockets.delete(request.socket));
    }
    if (this.isSignedOut && request.url.startsWith("/catalog")) {
      return answer.writeHead(401, { "content-type": "text/plain" }).end("Unauthorized");
    }
    if (this.csrf && request.url.startsWith("/catalog")) {
      const told = request.headers["x-csrf-token"];
      if (["GET", "HEAD"].includes(request.method)) {
        if (/^fetch$/i.test(told ?? "")) answer.setHeader("x-csrf-token", this.csrf);
      } else if (told !== this.csrf) {
        return answer.writeHead(403, { "x-csrf-token": "Required" }).end("Forbidden");
      }
    }
    this.seen.push({ method: request.method, url: request.url, headers: request.headers });
    if (!this.instead(request, answer)) this.#pass(request, answer);
    return undefined;
  }

  async #pass(request, answer) {
    // the door knows its own token only
    if (this.csrf && !["GET", "HEAD"].includes(request.method)) {
      const { cookie = "" } = request.headers;
      const asked = await fetch(new URL("/catalog/", this.door), { method: "HEAD", headers: { cookie, "x-csrf-token": "Fetch" } });
      request.headers["x-csrf-token"] = asked.headers.get("x-csrf-token") ?? "";
    }
    const options = {
      host: this.door.hostname, port: this.door.port, method: request.method, path: request.url, headers: request.headers,
    };
    const onward = http.request(options, (found) => {
      // the service's own answer to "Fetch" is for clients that come without an approuter
      if (this.csrf) delete found.headers["x-csrf-token"];
      answer.writeHead(found.statusCode, found.headers);
      found.on("error", () => answer.destroy()).pipe(answer);
    });
    onward.on("error", () => answer.destroy());
    request.on("close", () => request.complete || onward.destroy());
    answer.on("close", () => answer.writableFinished || onward.destroy());
    if (this.rate < Infinity) request.pipe(slowed(() => this.rate)).pipe(onward);
    else request.pipe(onward);
  }

  async #file(request, answer) {
    const path = normalize(decodeURIComponent(new URL(request.url, this.url).pathname));
    const files = this.folders.map((folder) => join(folder, path.endsWith("/") ? `${path}index.html` : path));
    const found = await Promise.all(files.map((file) => stat(file).catch(() => null)));
    const file = files.find((_, at) => found[at]?.isFile());
    if (!file) return answer.writeHead(404).end();
    answer.writeHead(200, {
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
    });
    return createReadStream(file).pipe(answer);
  }
}

function slowed(rate) {
  return new Transform({
    highWaterMark: 64 << 10,
    transform(piece, _, done) {
      setTimeout(() => done(null, piece), (piece.length / rate()) * 1000);
    },
  });
}
