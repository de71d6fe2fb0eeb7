// Runs tests with one sandbox for all of them, whose ready file READY names:
//
//   node test/harness/run.mjs test/*.spec.mjs test/harness/*.spec.mjs
//
// Ends the sandbox afterwards, and with the outcome of the tests.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { startSandbox } from "./sandbox.mjs";

const files = process.argv.slice(2);
if (files.length > 0) {
  const sandbox = await startSandbox();
  const command = ["--test", "--test-concurrency=1", ...files];
  const tests = spawn(process.execPath, command, { stdio: "inherit", env: { ...process.env, READY: sandbox.file } });
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => tests.kill(signal));
  const [code] = await once(tests, "exit");
  await sandbox.end();
  process.exit(code ?? 1);
}
