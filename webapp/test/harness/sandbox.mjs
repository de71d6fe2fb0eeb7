// The sandbox for a test: the one that READY names (a ready file), or one of its own.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program, ROOT } from "./processes.mjs";

/** Cargo may have to build everything first. */
const PATIENCE_MS = 30 * 60_000;

/** What the sandbox says about itself (the ready file), with `end()`; `own` means not READY's. */
export async function startSandbox({ options = [], own = false } = {}) {
  if (process.env.READY && !own) {
    return { ...JSON.parse(await readFile(process.env.READY, "utf8")), file: process.env.READY, end: async () => {} };
  }
  const folder = await mkdtemp(join(tmpdir(), "s3catalog-sandbox-"));
  const file = join(folder, "ready.json");
  // On Unix cargo becomes the program that it runs, so the pid stays the one to end.
  const command = ["cargo", "run", "--locked", "--quiet", "-p", "sandbox", "--", "--port", "0", "--ready-file", file];
  const program = new Program("the sandbox", [...command, ...options], { cwd: ROOT });
  let ready;
  const isReady = async () => {
    ready = await readFile(file, "utf8").then(JSON.parse, () => undefined);
    return ready;
  };
  const end = async () => {
    await program.end();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await program.until(isReady, PATIENCE_MS);
  } catch (error) {
    await end();
    throw error;
  }
  return { ...ready, file, end };
}
