// A data folder for a sandbox with more than anybody wants to scroll through: ten thousand buckets,
// and a hundred thousand objects in a folder of the first. It is written as the sandbox keeps it
// (sandbox/src/s3/buckets.rs and shelf.rs), because as many requests would take minutes.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSandbox } from "../harness/sandbox.mjs";
import { placeOf } from "./folder.mjs";

export const BUCKETS = 10_000;
export const OBJECTS = 100_000;
export const FOLDER = "many/";

export const bucketName = (at) => `bucket-${String(at).padStart(5, "0")}`;
export const objectName = (at) => `object-${String(at).padStart(6, "0")}.txt`;

export const AT_FOLDER = placeOf(bucketName(0), FOLDER);

/** A sandbox that has them, whichever one READY names; its end takes them away. */
export async function startPlenty() {
  const folder = await mkdtemp(join(tmpdir(), "s3catalog-plenty-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await fill(folder);
    const sandbox = await startSandbox({ options: ["--data", folder], own: true });
    return { ...sandbox, end: () => sandbox.end().finally(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function fill(folder) {
  const began = Date.UTC(2026, 0, 1);
  const numbers = (count) => Array.from({ length: count }, (_, at) => at);
  const buckets = numbers(BUCKETS).map((at) => [bucketName(at), { region: "eu-central-1", created: began / 1000 + at }]);
  const keys = numbers(OBJECTS).map((at) => JSON.stringify({
    key: { bucket: bucketName(0), key: FOLDER + objectName(at), versions: [version(began + at * 1000)] },
  }));
  await mkdir(join(folder, "blobs"));
  await writeFile(join(folder, "blobs", "x"), "x"); // copies share their bytes
  await writeFile(join(folder, "buckets.json"), JSON.stringify(Object.fromEntries(buckets)));
  await writeFile(join(folder, "journal.jsonl"), `${keys.join("\n")}\n`);
}

function version(modified) {
  return {
    id: "null", marker: false, modified, size: 1, etag: "9dd4e461268c8034f5c8564e155c67a6", // MD5 of x
    blobs: [{ file: "x", start: 0, length: 1 }], described: { content_type: "text/plain" },
    tags: [], sums: {}, sums_of: null, parts: null,
  };
}
