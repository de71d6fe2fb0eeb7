// All languages say the same: the same keys in the same order, with the same placeholders, and no
// key that nobody uses or that is missing.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

const source = join(import.meta.dirname, "..", "src");
const LANGUAGES = ["de", "fr", "es", "ja"];

function bundle(suffix) {
  const lines = readFileSync(join(source, "i18n", `i18n${suffix}.properties`), "utf8").split("\n");
  return lines.filter((line) => line && !line.startsWith("#")).map((line) => {
    const at = line.indexOf("=");
    assert.ok(at > 0, `i18n${suffix}: ${line}`);
    return [line.slice(0, at), line.slice(at + 1)];
  });
}

const placeholders = (text) => (text.match(/\{\d\}/g) ?? []).sort();
const english = bundle("");

test("no key stands twice", () => {
  const keys = english.map(([key]) => key);
  assert.deepEqual(keys.filter((key, at) => keys.indexOf(key) !== at), []);
});

for (const language of LANGUAGES) {
  test(`${language} is complete`, () => {
    const other = bundle(`_${language}`);
    assert.deepEqual(other.map(([key]) => key), english.map(([key]) => key));
    for (const [at, [key, text]] of other.entries()) {
      assert.ok(text.trim(), key);
      assert.deepEqual(placeholders(text), placeholders(english[at][1]), key);
      // an apostrophe begins a quotation in texts with placeholders, unless it is doubled
      assert.ok(!text.replaceAll("''", "").includes("'") || placeholders(text).length === 0, `${key}: ' in ${text}`);
    }
  });
}

test("the sources use what there is, and no more", () => {
  const files = readdirSync(source, { recursive: true })
    .filter((name) => /\.(js|xml|json|html)$/.test(name) && !name.startsWith("thirdparty"));
  const text = files.map((name) => readFileSync(join(source, name), "utf8")).join("\n");
  const keys = new Set(english.map(([key]) => key));
  const named = [...text.matchAll(/i18n>([\w.]+)|[.(](?:text|done|announce|tell|getText)\("([\w.]+)"/g)].map((it) => it[1] ?? it[2]);
  const missing = named.filter((key) => !keys.has(key) && !keys.has(`upload.${key}`) && !keys.has(`preview.${key}`));
  assert.deepEqual(missing, []);
  // composed in the sources from a beginning and an end
  const composed = /^(problem|connection|outcome|reach|upload\.|preview\.)|^(noBuckets|emptyFolder|nothing|objectDeleted|notAdmin)|(Title|Text|Counted|More)$/;
  const unused = [...keys].filter((key) => !composed.test(key) && !text.includes(`"${key}"`) && !text.includes(`i18n>${key}`) && !text.includes(`{{${key}}}`));
  assert.deepEqual(unused, []);
});
