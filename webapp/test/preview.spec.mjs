// Rules of previews that need no browser.

import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./harness/amd.mjs";

const Kinds = load("s3catalog/preview/Kinds");
const Source = load("s3catalog/preview/Source");
const { indent } = load("s3catalog/preview/Json", { "s3catalog/preview/Text": {} });

test("the kind is told by the type, and by the name where the type says nothing", () => {
  assert.equal(Kinds.of("image/png", "a"), "image");
  assert.equal(Kinds.of("image/svg+xml; charset=utf-8", "a.png"), "svg");
  assert.equal(Kinds.of("application/octet-stream", "docs/a.PDF"), "pdf");
  assert.equal(Kinds.of("binary/octet-stream", "a.bin"), null);
  assert.equal(Kinds.of(undefined, "README"), null);
  assert.equal(Kinds.of("text/plain", "a.csv"), "csv");
  assert.equal(Kinds.of("text/plain", "a.md"), "markdown");
  assert.equal(Kinds.of("application/vnd.api+json", "a"), "json");
  assert.equal(Kinds.of("video/mp4", "a"), "video");
  assert.equal(Kinds.of("application/zip", "a.txt"), null);
});

test("what could be a page is text", () => {
  for (const type of ["text/html", "application/xhtml+xml", "application/javascript", "text/xml", "application/xml"]) {
    assert.equal(Kinds.of(type, "a.html"), "text", type);
  }
  // a picture that no <img> shows is no picture
  assert.equal(Kinds.of("image/tiff", "a.tif"), null);
});

test("JSON is indented as JSON.stringify does", () => {
  for (const value of [{}, [], { a: [] }, [1, [2, { b: null, c: "x, {y}: [z] \\\" \"" }], true], "s", 12, { "": { d: [{}] } }]) {
    for (const text of [JSON.stringify(value), JSON.stringify(value, null, 7)]) {
      assert.equal(indent(text), JSON.stringify(value, null, 2));
    }
  }
});

test("JSON keeps what a parser would lose, and its beginning is enough", () => {
  assert.equal(indent('{"n":12345678901234567890,"n":1.0}'), '{\n  "n": 12345678901234567890,\n  "n": 1.0\n}');
  assert.equal(indent('{"a":[1,"cut o'), '{\n  "a": [\n    1,\n    "cut o');
  assert.equal(indent("no  json <b>"), "no json <b>");
  assert.ok(indent("[".repeat(100000)).length < 100000 * 210);
});

test("a broken network is told as such, in whatever words the browser says it", async (t) => {
  const answers = [
    () => Promise.reject(new TypeError("Load failed")),
    async () => new Response(new ReadableStream({ start: (it) => it.error(new TypeError("Load failed")) })),
  ];
  for (const answer of answers) {
    t.mock.method(globalThis, "fetch", answer);
    await assert.rejects(new Source("/content", 3).first(3), { code: "Offline" });
  }
});

test("a picture that can't be shown leaves nothing in memory", async (t) => {
  const Picture = load("s3catalog/preview/Picture", { "s3catalog/preview/Stage": {} });
  const decode = () => Promise.reject(new Error("no picture"));
  globalThis.document = { createElement: () => ({ decode }) };
  t.after(() => delete globalThis.document);
  const revoked = t.mock.method(URL, "revokeObjectURL").mock;
  const made = t.mock.method(URL, "createObjectURL").mock;
  const source = { all: async () => new Uint8Array(3) };
  await assert.rejects(Picture.show({ kind: "image", name: "a.png", contentType: "image/png", source }), { reason: "broken" });
  assert.deepEqual(revoked.calls.map((it) => it.arguments[0]), [made.calls[0].result]);
});
