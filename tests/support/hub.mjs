// A real hub in a process of its own, which a journey may stop, kill and start again on the same port and data.

import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { hubBinary } from "./places.mjs";
import { pause, until } from "./waiting.mjs";

const ADDRESS = /Effigy hub is at (\S+)/;

export class Hub {
  #child;
  #log;
  #options;

  // `options.assets` serves the app from a folder instead of the copy in the binary, and so does EFFIGY_ASSETS for all hubs, which
  // saves building the hub again while the app is being changed; `options.flags` are further flags,
  // `options.port` is a port that is known to be free.
  constructor(folder, name, log, options = {}) {
    this.name = name;
    this.data = join(folder, name);
    this.port = options.port ?? 0;
    this.address = undefined;
    // Whether it was ever away: then browsers may say in their console that they could not reach it.
    this.wasAway = false;
    this.#log = createWriteStream(log, { flags: "a" });
    this.#options = options;
  }

  get isRunning() {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async start() {
    await mkdir(this.data, { recursive: true });
    const { assets = process.env.EFFIGY_ASSETS, flags = [] } = this.#options;
    const from = assets ? ["--assets", assets] : [];
    const child = spawn(hubBinary(), ["--listen", `127.0.0.1:${this.port}`, "--data", this.data, ...from, ...flags], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    let said = "";
    child.stdout.on("data", (chunk) => { said += chunk; this.#log.write(chunk); });
    child.stderr.on("data", (chunk) => { said += chunk; this.#log.write(chunk); });
    const found = await until("the hub says its address", () => {
      if (!this.isRunning) throw new Error(`the hub ended: ${said.trim()}`);
      return said.match(ADDRESS);
    });
    this.address = found[1];
    // What it says of itself may be the address of something in front of it.
    if (!this.#options.port) this.port = Number(new URL(this.address).port);
    await until("the hub answers", async () => (await fetch(`${this.address}/healthz`)).ok);
    return this;
  }

  // As a power cut does it.
  kill() {
    return this.#end("SIGKILL");
  }

  // As an operator does it.
  stop() {
    return this.#end("SIGTERM");
  }

  async restart() {
    await this.start();
  }

  async close() {
    await this.#end("SIGKILL");
    await new Promise((resolve) => this.#log.end(resolve));
  }

  async #end(signal) {
    const child = this.#child;
    if (!this.isRunning) return;
    this.wasAway = true;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    const late = await Promise.race([gone, pause(15_000).then(() => "late")]);
    if (late === "late") {
      child.kill("SIGKILL");
      throw new Error(`the hub did not end within 15 s of ${signal}`);
    }
  }
}
