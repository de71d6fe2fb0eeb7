// Rules of previews that need no browser.

import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./harness/amd.mjs";

const Kinds = load("s3catalog/preview/Kinds");
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
