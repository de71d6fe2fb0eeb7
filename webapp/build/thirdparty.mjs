// Puts the libraries of others where the page loads them from: src/thirdparty/, which is not kept in
// git. They are bundles as their makers publish them, pinned by package-lock.json.

import { copyFile, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, "src", "thirdparty");

const FILES = {
  "tus.js": "tus-js-client/dist/tus.min.js",
  "markdown-it.js": "markdown-it/dist/browser/markdown-it.umd.min.js",
  "papaparse.js": "papaparse/papaparse.min.js",
  // the build for browsers that are not of this year
  "pdf.min.mjs": "pdfjs-dist/legacy/build/pdf.min.mjs",
  "pdf.worker.min.mjs": "pdfjs-dist/legacy/build/pdf.worker.min.mjs",
  // JPEG 2000, which many scanners write, without WebAssembly
  "openjpeg_nowasm_fallback.js": "pdfjs-dist/wasm/openjpeg_nowasm_fallback.js",
};

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
for (const [name, source] of Object.entries(FILES)) {
  await copyFile(join(root, "node_modules", source), join(target, name));
}

// their licences want to go along
const packages = [...new Set(Object.values(FILES).map((source) => source.split("/")[0]))];
const licences = await Promise.all(packages.map(async (name) => {
  const folder = join(root, "node_modules", name);
  const file = (await readdir(folder)).find((it) => /^licen[cs]e/i.test(it));
  return `${name}\n\n${await readFile(join(folder, file), "utf8")}`;
}));
await writeFile(join(target, "LICENSES.txt"), licences.join("\n\n"));
