// Programs that a test starts: each is waited for until it is ready and ended by its own pid.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const GRACE_MS = 20_000;
const REMEMBERED_LINES = 200;

/** The repository's folder. */
export const ROOT = new URL("../../../", import.meta.url).pathname;

/** A port of 127.0.0.1 that is free now. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

export class Program {
  #child;
  #ended;
  #lines = [];

  /** Starts `command`; its output is shown only if something goes wrong. */
  constructor(name, command, options) {
    this.name = name;
    this.#child = spawn(command[0], command.slice(1), { ...options, stdio: ["ignore", "pipe", "pipe"] });
    this.#ended = once(this.#child, "exit").catch((error) => [`not started: ${error.message}`]);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => this.#remember(text));
    }
  }

  #remember(text) {
    this.#lines.push(...text.split("\n").filter(Boolean));
    this.#lines.splice(0, this.#lines.length - REMEMBERED_LINES);
  }

  get log() {
    return this.#lines.join("\n");
  }

  /** Returns when `isReady` says yes; fails with the log when the program ends or takes too long. */
  async until(isReady, patienceMs) {
    const end = Date.now() + patienceMs;
    let ended;
    this.#ended.then(([code]) => { ended = code ?? "by a signal"; });
    while (!(await isReady())) {
      if (ended !== undefined) throw new Error(`${this.name} ended (${ended}):\n${this.log}`);
      if (Date.now() > end) throw new Error(`${this.name} is not ready after ${patienceMs} ms:\n${this.log}`);
      await sleep(100);
    }
  }

  /** SIGTERM, some time, SIGKILL. */
  async end() {
    this.#child.kill("SIGTERM");
    const inTime = await Promise.race([this.#ended, sleep(GRACE_MS, undefined, { ref: false })]);
    if (!inTime) {
      this.#child.kill("SIGKILL");
      await this.#ended;
    }
  }
}

/** Whether something answers at this address, whatever it says. */
export function answers(url) {
  return fetch(url, { redirect: "manual", signal: AbortSignal.timeout(2000) }).then(() => true, () => false);
}
