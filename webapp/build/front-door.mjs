// Hands on to the front door of a sandbox what is not the page itself, for `npm start`. FRONT_DOOR
// is its URL, http://127.0.0.1:8080 by default.

import http from "node:http";

const door = new URL(process.env.FRONT_DOOR ?? "http://127.0.0.1:8080");
const BEHIND = /^\/(catalog|login|do|logout|user-api)([/?]|$)/;

/** Who asks himself would do so for ever. */
const HOPS = "x-front-door";

export default function frontDoor() {
  return (request, answer, next) => {
    if (!BEHIND.test(request.url)) {
      next();
      return;
    }
    if (request.headers[HOPS]) {
      answer.writeHead(508).end(`FRONT_DOOR is ${door.origin}, which is this server itself: start a sandbox, and name it there.\n`);
      return;
    }
    const headers = { ...request.headers, host: door.host, [HOPS]: "1" };
    if (headers.origin) {
      headers.origin = door.origin;
    }
    const { method, url: path } = request;
    const passed = http.request({ host: door.hostname, port: door.port, method, path, headers }, (got) => {
      answer.writeHead(got.statusCode, got.headers);
      got.pipe(answer);
    });
    passed.on("error", () => answer.writeHead(502).end(`No sandbox answers at ${door.origin}: start one with "cargo run -p sandbox".\n`));
    request.pipe(passed);
  };
}
