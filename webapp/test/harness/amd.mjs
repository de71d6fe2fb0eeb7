// Loads modules of the page into Node, for those that need no browser.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

const SOURCES = fileURLToPath(new URL("../../src/", import.meta.url));

/** What `sap.ui.define` gives, with stand-ins for what is not ours: `{"sap/…": value}`. */
export function load(name, standIns = {}) {
  if (name in standIns) return standIns[name];
  if (!name.startsWith("s3catalog/")) throw new Error(`${name} has no stand-in`);
  const file = `${SOURCES}${name.slice("s3catalog/".length)}.js`;
  let defined;
  const define = (names, factory) => {
    defined = factory(...names.map((it) => load(it.startsWith("./") ? resolved(name, it) : it, standIns)));
  };
  const sap = { ui: { define, loader: { config() {} } } };
  vm.compileFunction(readFileSync(file, "utf8"), ["sap"], { filename: file })(sap);
  return defined;
}

function resolved(from, relative) {
  return `${from.slice(0, from.lastIndexOf("/"))}/${relative.slice(2)}`;
}
