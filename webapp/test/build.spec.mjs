// What is kept in git is what the sources give: a rebuild makes the same files.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { gunzipSync } from "node:zlib";
import { files } from "../build/contents.mjs";

const root = join(import.meta.dirname, "..");
const MOST_BYTES = 5_000_000;
const MOST_LINES = 400;

test("the built page in git is up to date, and small", () => {
  const fresh = mkdtempSync(join(tmpdir(), "s3catalog-built-"));
  try {
    execFileSync(process.execPath, [join(root, "build", "build.mjs"), fresh], { stdio: "inherit" });
    // what git has, and not what lies beside it unpacked
    const kept = execFileSync("git", ["ls-files", "-z", "dist"], { cwd: root, encoding: "utf8" })
      .split("\0").filter(Boolean).map((name) => name.slice("dist/".length)).sort();
    const expected = files(fresh);
    const unpacked = new Set(expected.filter((name) => expected.includes(`${name}.gz`)));
    assert.deepEqual(kept, expected.filter((name) => !unpacked.has(name)), "other files");
    const changed = kept.filter((name) => !content(join(root, "dist", name)).equals(content(join(fresh, name))));
    assert.deepEqual(changed, [], "`npm run build` was forgotten");
    const bytes = kept.reduce((sum, name) => sum + readFileSync(join(root, "dist", name)).length, 0);
    assert.ok(bytes < MOST_BYTES, `${bytes} bytes`);
  } finally {
    rmSync(fresh, { recursive: true });
  }
});

test("no file is too long to be read at once", () => {
  const ours = execFileSync("git", ["ls-files", "-z", "src", "test", "build", "simple.js"], { cwd: root, encoding: "utf8" })
    .split("\0").filter((name) => /\.m?js$|\.xml$/.test(name));
  const long = ours.filter((name) => readFileSync(join(root, name), "utf8").split("\n").length - 1 > MOST_LINES);
  assert.deepEqual(long, []);
});

/** Versions of zlib pack differently; what matters is what comes out. */
function content(path) {
  const bytes = readFileSync(path);
  return path.endsWith(".gz") ? gunzipSync(bytes) : bytes;
}
