// Which of the built files the page can load.

import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";

const LANGUAGES = "(en|de|fr|es|ja)";
const THEMES = "sap_horizon(_dark|_hcb|_hcw)?";
/** The theme whose fonts all of them use; they are the same files. */
export const FONTS = "sap_horizon";
const LIBRARIES = "sap/(ui/core|ui/layout|ui/unified|m|f|uxap)";
/** Illustrations by their sizes; the names are those that the sources mention. */
const ILLUSTRATIONS = "(BeforeSearch|SignOut|UnableToLoad|PageNotFound|Connection|ReloadScreen|ErrorScreen|NoData"
  + "|NoSearchResults|DragFilesToUpload|SimpleEmptyList|SimpleEmptyDoc)";

const WANTED = [
  "index.html", "start.js", "icon.svg", "manifest.json",
  "(css|preview)/[^/]+\\.css", "i18n/[^/]+\\.properties", "thirdparty/.+", "(view|fragment|upload)/[^/]+\\.xml",
  "resources/(ui5|rest)\\.js",
  `resources/${LIBRARIES}/messagebundle(_${LANGUAGES}(_[A-Z]{2})?)?\\.properties`,
  `resources/sap/ui/core/cldr/${LANGUAGES}(_[A-Z]+)?\\.json`,
  `resources/${LIBRARIES}/themes/${THEMES}/library\\.css`,
  `resources/sap/ui/core/themes/${FONTS}/fonts/(72-(Light|Regular|Bold|Black|SemiboldDuplex)(-full)?|72Mono-Regular|SAP-icons)\\.woff2`,
  "resources/sap/m/themes/base/illustrations/(metadata\\.json|sapIllus-Patterns\\.svg)",
  `resources/sap/m/themes/base/illustrations/sapIllus-(Dialog|Dot|Scene|Spot)-${ILLUSTRATIONS}\\.svg`,
].map((pattern) => new RegExp(`^${pattern}$`));

/** Whether the page can load this file. */
export function wanted(name) {
  return !/-dbg\.|\.map$/.test(name) && WANTED.some((pattern) => pattern.test(name));
}

/** Whether it is worth packing. */
export function isText(name) {
  return /\.(css|html|js|json|mjs|properties|svg|txt|xml)$/.test(name);
}

/** All files below a folder, by their path in it, in order. */
export function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)).split(sep).join("/"))
    .sort();
}
