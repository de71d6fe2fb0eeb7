// People's way through the real approuter: signing in at the sandbox's SAP Cloud Identity Services,
// reading, uploading, deleting, signing out; and what the approuter must not let through.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, request as forward } from "node:http";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { pipeline } from "node:stream";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { startApprouter } from "./approuter.mjs";
import { signInAtApprouter, startBrowser } from "./browser.mjs";
import { startSandbox } from "./sandbox.mjs";
import { ask, change, contentPath, csrfToken, direct, keysOf } from "./service.mjs";

const PREFIX = "approuter/";
const KEYS = [
  "plain.txt", "a b+c.txt", "100%.txt", "%2F.txt", "a%2Fb%25c.txt", "%252e%252e%252f.txt", "😀 ü ｆ.txt",
  "it's.txt", "q?x#y&z=1;w.txt", "back\\slash.txt", "a//b.txt", "./here.txt", "x/../up.txt", "sap_idp=x@y:z,(1).txt",
].map((name) => PREFIX + name);

/** The sandbox's tokens live for twelve hours, and the approuter takes two minutes off; so early before
 * that end, in minutes, it is to renew them: a minute after the sign-in. */
const RENEWAL = 12 * 60 - 3;
let sandbox, gate, approuter, browser, bucket, editor;

before(async () => {
  sandbox = await startSandbox();
  gate = await startGate(sandbox.service);
  approuter = await startApprouter({ ...sandbox, service: gate.url }, { JWT_REFRESH: String(RENEWAL) });
  browser = await startBrowser();
  bucket = (await (await direct(sandbox, "/catalog/Buckets?$top=1")).json()).value[0].id;
  editor = await signedIn("editor");
}, { timeout: 30 * 60_000 });

after(async () => {
  await browser?.end();
  for (const key of sandbox ? await keysOf(sandbox, bucket, PREFIX) : []) {
    await direct(sandbox, contentPath(bucket, key), { method: "DELETE" });
  }
  await approuter?.end();
  gate?.end();
  await sandbox?.end();
});

/** Hands everything on to the service; `expiry()` is when the last token that came by ends, in seconds. */
async function startGate(service) {
  let seen;
  const server = createServer((request, response) => {
    seen = request.headers.authorization ?? seen;
    const sent = forward(service + request.url, { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      pipeline(answer, response, () => {});
    });
    pipeline(request, sent, (error) => error && response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    expiry: () => JSON.parse(Buffer.from(seen.split(".")[1], "base64url")).exp,
    end: () => server.close(),
  };
}

/** The plain page with somebody signed in, in a browser of their own. */
async function signedIn(user) {
  const page = await browser.page();
  await page.context().addInitScript({ path: createRequire(import.meta.url).resolve("tus-js-client/dist/tus.min.js") });
  await signInAtApprouter(page, `${approuter.url}/simple.html#here`, user);
  return page;
}

test("after signing in the page is where people wanted to go, and it knows them", async () => {
  assert.equal(editor.url(), `${approuter.url}/simple.html#here`);
  const user = JSON.parse((await ask(editor, "/user-api/currentUser")).text);
  assert.deepEqual([user.firstname, user.lastname, user.email], ["Carol", "Castro", "carol.castro@example.com"]);
  await editor.getByRole("button", { name: "Load Buckets" }).click();
  await editor.locator("#buckets li").first().waitFor();
  assert.deepEqual(editor.problems, []);
});

test("the plain page works below a path, as managed approuters have it", async () => {
  const page = await signedIn("editor");
  const below = `${approuter.url}/below/`;
  await page.route(`${below}**`, (route) => route.continue({ url: route.request().url().replace(below, `${approuter.url}/`) }));
  await page.goto(`${below}simple.html`);
  await page.getByText("Carol Castro").waitFor();
  await page.getByRole("button", { name: "Load Buckets" }).click();
  await page.locator("#buckets li").first().waitFor();
  assert.ok((await page.getByRole("link").evaluateAll((all) => all.map((it) => it.href))).every((it) => it.startsWith(below)));
  await page.context().clearCookies();
  await page.getByRole("button", { name: "Load Buckets" }).click();
  await page.getByRole("heading", { name: "Your sign-in has ended." }).waitFor();
  assert.deepEqual(page.problems, []);
});

test("who is not signed in gets no data, and a script is told so", async () => {
  const headers = { "x-requested-with": "XMLHttpRequest" };
  for (const path of ["/catalog/Buckets", "/fileshare/", "/simple.html", "/user-api/currentUser"]) {
    assert.equal((await fetch(approuter.url + path, { headers })).status, 401, path);
  }
  assert.equal((await fetch(`${approuter.url}/logout.html`)).status, 200);
  const forged = await fetch(`${approuter.url}/catalog/Buckets`, {
    headers: { ...headers, authorization: `Bearer ${sandbox.token.alice}` },
  });
  assert.equal(forged.status, 401, "a token does not replace the session");
});

test("the page has a strict policy, is compressed and is asked for again", async () => {
  const { status, headers } = await ask(editor, "/simple.html");
  assert.equal(status, 200);
  assert.match(headers["content-security-policy"], /script-src 'self';/);
  assert.equal(headers["x-content-type-options"], "nosniff");
  assert.equal(headers["cache-control"], "no-cache");
  assert.match(headers["content-encoding"], /^(br|gzip)$/);
  assert.ok(headers.etag);
});

test("every key comes through, up and down and away", async (t) => {
  for (const key of KEYS) {
    await t.test(key, async () => {
      const path = contentPath(bucket, key);
      const put = await change(editor, "PUT", path, { body: `content of ${key}`, headers: { "content-type": "text/plain" } });
      assert.equal(put.status, 201, put.text);
      assert.ok((await keysOf(sandbox, bucket, PREFIX)).includes(key), "stored under this key");
      const got = await ask(editor, path);
      assert.deepEqual([got.status, got.text], [200, `content of ${key}`]);
      assert.equal((await change(editor, "DELETE", path)).status, 204);
      assert.ok(!(await keysOf(sandbox, bucket, PREFIX)).includes(key), "gone");
    });
  }
});

test("content keeps its length and its parts, whatever its type", async () => {
  for (const type of ["text/plain", "text/html", "text/csv", "application/json", "application/javascript", "image/svg+xml"]) {
    const path = contentPath(bucket, `${PREFIX}long`);
    await change(editor, "PUT", path, { body: "0123456789".repeat(1000), headers: { "content-type": type } });
    const part = await ask(editor, path, { headers: { range: "bytes=5000-6999" } });
    assert.deepEqual([part.status, part.size, part.headers["content-range"]], [206, 2000, "bytes 5000-6999/10000"], type);
    for (const answer of [part, await ask(editor, path), await ask(editor, path, { method: "HEAD" })]) {
      assert.equal(answer.headers["content-encoding"], undefined, type);
      assert.ok(answer.headers["content-length"], type);
      assert.equal(answer.headers["content-security-policy"], "sandbox; default-src 'none'", type);
    }
  }
});

test("a long body streams through", async () => {
  const path = contentPath(bucket, `${PREFIX}long.bin`);
  const token = await csrfToken(editor);
  const status = await editor.evaluate(async ([path, token]) => {
    const body = new Blob(Array.from({ length: 48 }, (_, index) => new Uint8Array(1 << 20).fill(index)));
    return (await fetch(path, { method: "PUT", body, headers: { "x-csrf-token": token } })).status;
  }, [path, token]);
  assert.equal(status, 201);
  const stored = Buffer.from(await (await direct(sandbox, path)).arrayBuffer());
  const expected = Buffer.concat(Array.from({ length: 48 }, (_, index) => Buffer.alloc(1 << 20, index)));
  assert.equal(digest(stored), digest(expected));
});

test("an upload by tus is broken off and goes on", async () => {
  const key = `${PREFIX}tus %2F+.bin`;
  const token = await csrfToken(editor);
  const outcome = await editor.evaluate(async ([bucket, key, token]) => {
    const file = new Blob(Array.from({ length: 20 }, (_, index) => new Uint8Array(1 << 20).fill(index)));
    const options = {
      endpoint: new URL("/catalog/uploads", location).href, chunkSize: 6 << 20, retryDelays: null,
      headers: { "x-csrf-token": token }, metadata: { bucket, key },
    };
    const run = (upload, until) => new Promise((resolve, reject) => {
      Object.assign(upload.options, { onSuccess: () => resolve("done"), onError: reject, onChunkComplete: until(resolve) });
      upload.start();
    });
    const first = new tus.Upload(file, options);
    await run(first, (resolve) => async (_, sent) => {
      if (sent < 12 << 20) return;
      await first.abort();
      resolve("broken off");
    });
    const second = new tus.Upload(file, { ...options, uploadUrl: first.url });
    return { url: first.url, end: await run(second, () => () => {}) };
  }, [bucket, key, token]);
  assert.equal(outcome.end, "done");
  assert.equal(new URL(outcome.url).origin, approuter.url, "the address of the upload is the approuter's");
  const stored = Buffer.from(await (await direct(sandbox, contentPath(bucket, key))).arrayBuffer());
  assert.equal(digest(stored), digest(Buffer.concat(Array.from({ length: 20 }, (_, index) => Buffer.alloc(1 << 20, index)))));
});

test("changes without the session's token are refused", async () => {
  const path = contentPath(bucket, `${PREFIX}forged.txt`);
  const other = await csrfToken(await signedIn("editor"));
  for (const method of ["PUT", "POST", "PATCH", "DELETE"]) {
    for (const headers of [{}, { "x-csrf-token": "guessed" }, { "x-csrf-token": other }]) {
      const answer = await ask(editor, path, { method, headers, body: "x" });
      assert.deepEqual([answer.status, answer.headers["x-csrf-token"]], [403, "Required"], method);
    }
  }
  assert.deepEqual((await keysOf(sandbox, bucket, PREFIX)).filter((key) => key.endsWith("forged.txt")), []);
});

test("the service judges what each user may do", async () => {
  const [viewer, guest] = [await signedIn("viewer"), await signedIn("guest")];
  assert.equal((await ask(viewer, "/catalog/Buckets")).status, 200);
  const refused = await change(viewer, "PUT", contentPath(bucket, `${PREFIX}viewer.txt`), { body: "x" });
  assert.deepEqual([refused.status, JSON.parse(refused.text).error.code], [403, "Forbidden"]);
  assert.equal((await ask(guest, "/catalog/Buckets")).status, 403);
});

test("nothing but the page is served from the approuter's folder", async () => {
  const cookies = (await editor.context().cookies(approuter.url)).map(({ name, value }) => `${name}=${value}`).join("; ");
  for (const path of [
    "/../xs-app.json", "/..%2fxs-app.json", "/%2e%2e/xs-app.json", "/%2e%2e%2fxs-app.json", "/x/../../xs-app.json",
    "/..%5cxs-app.json", "//../xs-app.json", "/....//xs-app.json", "/%252e%252e/xs-app.json", "/logout.html/../../xs-app.json",
    "/../../../../../../etc/passwd", "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
  ]) {
    const answer = await raw(path, cookies);
    assert.doesNotMatch(answer, /^HTTP\/1\.1 200/, path);
    assert.doesNotMatch(answer, /authenticationMethod|root:/, path);
  }
});

test("a session outlives its token", async () => {
  assert.equal((await ask(editor, "/catalog/Buckets")).status, 200);
  const first = gate.expiry();
  const due = (first - (RENEWAL + 2) * 60) * 1000;
  assert.ok(due < Date.now() + 61_000, "the token lives longer than this test thinks");
  for (const end = Math.max(due, Date.now()) + 10_000; gate.expiry() === first && Date.now() < end;) {
    await setTimeout(500);
    assert.equal((await ask(editor, "/catalog/Buckets")).status, 200);
  }
  assert.ok(gate.expiry() > first, "the token was not renewed");
});

test("signing out ends the session here and at the identity provider", async () => {
  const page = await signedIn("editor");
  assert.equal((await ask(page, "/do/logout", { method: "POST" })).status, 403);
  await page.getByRole("button", { name: "Switch user" }).click();
  await page.waitForURL((address) => address.href.startsWith(`${approuter.url}/logout.html`));
  await page.getByRole("heading", { name: "You are signed out" }).waitFor();
  assert.equal((await ask(page, "/catalog/Buckets", { headers: { "x-requested-with": "XMLHttpRequest" } })).status, 401);
  await page.getByRole("link", { name: "Sign in again" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
});

function digest(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A request whose path no library tidies up. */
async function raw(path, cookies) {
  const { port } = new URL(approuter.url);
  const socket = connect(Number(port), "127.0.0.1").setEncoding("utf8");
  socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncookie: ${cookies}\r\nconnection: close\r\n\r\n`);
  let answer = "";
  socket.on("data", (text) => { answer += text; });
  await once(socket, "close");
  return answer;
}
