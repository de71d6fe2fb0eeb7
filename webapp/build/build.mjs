// `npm run build`: the page as it is served, in dist/. @ui5/cli builds the page and all of OpenUI5;
// of that only what the page can load is taken. Every text gets a .gz beside it, for servers that
// pack nothing themselves; only these are kept in git (docs/decisions/0013-the-built-page.md).
//
//     node build/build.mjs [folder]

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { files, FONTS, isText, wanted } from "./contents.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const built = join(root, ".build");
const dist = process.argv[2] ?? join(root, "dist");

run("node", [join(root, "build", "thirdparty.mjs")]);
run(join(root, "node_modules", ".bin", "ui5"), ["build", "--all", "--clean-dest", "--dest", built, "--loglevel", "warn",
  "--exclude-task", "generateLibraryPreload", "generateComponentPreload", "generateFlexChangesBundle"]);

const page = new Map(files(built).filter(wanted).map((name) => [name, contentOf(name)]));
page.set("resources/sap-ui-version.json", versions());
for (const name of ["simple.html", "simple.css", "simple.js"]) {
  page.set(name, readFileSync(join(root, name)));
}
write(page);
rmSync(built, { recursive: true });
const sizes = files(dist).map((name) => [name, readFileSync(join(dist, name)).length]);
const sum = (some) => (some.reduce((all, [, size]) => all + size, 0) / 1e6).toFixed(1);
console.log(`${dist}: ${page.size} files, ${sum(sizes.filter(([name]) => !name.endsWith(".gz")))} MB, `
  + `${sum(sizes.filter(([name]) => name.endsWith(".gz") || !isText(name)))} MB packed`);

/** A source that can't be read is but a line for @ui5/cli, and would be missing in the page. */
function run(program, parameters) {
  const { status, stderr } = spawnSync(program, parameters, { cwd: root, stdio: ["inherit", "inherit", "pipe"], encoding: "utf8", maxBuffer: 2 ** 26 });
  process.stderr.write(stderr ?? "");
  if (status !== 0 || /\berror lbt:/.test(stderr)) {
    process.exit(status || 1);
  }
}

/** The page starts with its bundle, and themes share their fonts; the rest is as it was built. */
function contentOf(name) {
  const content = readFileSync(join(built, name));
  if (name === "index.html") {
    // no bundles of libraries: what they would have is in ours
    return Buffer.from(content.toString().replace('"resources/sap-ui-core.js"', '"resources/ui5.js"\n  data-sap-ui-preload="none"'));
  }
  if (name === "resources/ui5.js") {
    // the only time in the build; equal sources shall give equal files
    return Buffer.from(content.toString().replace(/buildtime:"[\d-]+"/, 'buildtime:""'));
  }
  return /core\/themes\/.*\.css$/.test(name)
    ? Buffer.from(content.toString().replace(/url\((["']?)fonts\//g, `url($1../${FONTS}/fonts/`))
    : content;
}

/** What OpenUI5 wants to know of itself; without times, so that equal sources give equal files. */
function versions() {
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json")));
  const libraries = Object.entries(dependencies)
    .filter(([name]) => name.startsWith("@openui5/"))
    .map(([name, version]) => ({ name: name.slice("@openui5/".length), version }));
  return Buffer.from(JSON.stringify({ name: "s3catalog", version: libraries[0].version, libraries }));
}

function write(contents) {
  const old = existsSync(dist) ? files(dist) : [];
  for (const name of old.filter((it) => !contents.has(it.replace(/\.gz$/, "")))) {
    rmSync(join(dist, name));
  }
  for (const [name, content] of contents) {
    const path = join(dist, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    if (isText(name) && !isPacked(`${path}.gz`, content)) {
      writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
    }
  }
}

/** Other versions of zlib pack otherwise: what unpacks to the same is left as it is. */
function isPacked(path, content) {
  return existsSync(path) && gunzipSync(readFileSync(path)).equals(content);
}
