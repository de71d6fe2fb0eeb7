// The real @sap/approuter, as npm has it and as manifest.yml configures it, before a running
// sandbox: bound to the sandbox's SAP Cloud Identity Services, with a destination to the service.
//
//   node webapp/test/harness/approuter.mjs --run [ready file]
//
// starts it (and a sandbox, without a ready file) for people to look at. It is taken from
// APPROUTER_HOME, else from approuter/, after `npm ci` there.

import { cp, mkdir, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answers, freePort, Program, ROOT } from "./processes.mjs";
import { startSandbox } from "./sandbox.mjs";

const PATIENCE_MS = 60_000;

/** `{ url, end() }` of an approuter before the sandbox that `ready` describes; `settings` are more variables. */
export async function startApprouter(ready, settings = {}) {
  const home = process.env.APPROUTER_HOME ?? join(ROOT, "approuter");
  const folder = await mkdtemp(join(tmpdir(), "s3catalog-approuter-"));
  await layOut(folder);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = {
    PATH: process.env.PATH,
    ...(await deployedEnvironment()),
    ...settings,
    PORT: String(port),
    XS_BIND_ADDRESS: "127.0.0.1",
    NODE_EXTRA_CA_CERTS: ready.ca,
    VCAP_SERVICES: JSON.stringify({ identity: JSON.parse(ready.environment.VCAP_SERVICES).identity }),
  };
  env.destinations = JSON.stringify(JSON.parse(env.destinations).map((one) => ({ ...one, url: ready.service })));
  const script = join(home, "node_modules/@sap/approuter/approuter.js");
  const program = new Program("the approuter", [process.execPath, script, "-w", folder], { cwd: folder, env });
  const end = async () => {
    await program.end();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await program.until(() => answers(`${url}/logout.html`), PATIENCE_MS);
  } catch (error) {
    await end();
    throw error;
  }
  return { url, end, log: () => program.log };
}

/** Copies what a deployment puts side by side: routes, logout page, the page. */
async function layOut(folder) {
  for (const part of ["xs-app.json", "public"]) {
    await cp(join(ROOT, "approuter", part), join(folder, part), { recursive: true });
  }
  const page = join(folder, "page");
  const built = join(ROOT, "webapp/dist");
  if (await stat(join(built, "index.html")).catch(() => undefined)) {
    await cp(built, page, { recursive: true });
  } else {
    await mkdir(page);
  }
  for (const part of ["simple.html", "simple.js", "simple.css"]) {
    await cp(join(ROOT, "webapp", part), join(page, part));
  }
}

/** The variables that manifest.yml gives the approuter: `    NAME: 'value'` below its `env:`. */
async function deployedEnvironment() {
  const manifest = await readFile(join(ROOT, "manifest.yml"), "utf8");
  const block = /name: btp-s3-catalog-approuter[^]*?\n {4}env:\n((?: {6}.*\n)+)/.exec(manifest)[1];
  const lines = block.split("\n").map((line) => /^ {6}(\w+): (?:'(.*)'|(\S+))$/.exec(line)).filter(Boolean);
  return Object.fromEntries(lines.map(([, name, quoted, plain]) => [name, quoted ?? plain]));
}

if (process.argv[2] === "--run") {
  process.env.READY ??= process.argv[3] ?? "";
  const sandbox = await startSandbox();
  const approuter = await startApprouter(sandbox);
  console.log(`The approuter runs: ${approuter.url}\nThe certificate of its sign-in page is the sandbox's: ${sandbox.ca}`);
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, async () => {
      await approuter.end();
      await sandbox.end();
      process.exit(0);
    });
  }
}
