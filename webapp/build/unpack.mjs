// Unpacks what git has of the built page, for servers that send files as they are (the approuter).

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { files } from "./contents.mjs";

const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), "dist");
for (const name of files(dist).filter((it) => it.endsWith(".gz"))) {
  const plain = join(dist, name.slice(0, -".gz".length));
  const content = gunzipSync(readFileSync(join(dist, name)));
  if (!existsSync(plain) || !readFileSync(plain).equals(content)) {
    writeFileSync(plain, content);
  }
}
