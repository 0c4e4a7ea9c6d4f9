// A person's device: a Chromium with a profile of its own, which a journey may close, kill and open again.

import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { chromium } from "playwright-core";

import { chromiumBinary } from "./places.mjs";
import { killProfile } from "./processes.mjs";
import { PATIENCE_MS } from "./waiting.mjs";

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
  // Two pages of one machine connect to each other only so: over loopback, by plain addresses.
  "--allow-loopback-in-peer-connection", "--disable-features=WebRtcHideLocalIpsWithMdns,Translate",
];
export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 800 };

// What Chromium itself writes into the console when a hub that is away is asked for something.
const AWAY = [
  /WebSocket connection to '\S+' failed/,
  /Failed to load resource: net::ERR_/,
  /An unknown error occurred when fetching the script/,
  /net::ERR_CONNECTION_REFUSED/,
];

// What is right for people must not be noise in a test: options are `viewport`, `theme` ("light" or "dark"), `camera` (a file of
// pictures), `permissions`, `flags`, `init` (a script for each page before anything else runs).
export class Device {
  #console;
  #allowed = new Set();
  #expected = [];
  #faults = [];

  constructor(stage, hub, name, options = {}) {
    this.name = name;
    this.hub = hub;
    this.profile = options.profile ?? join(stage.folder, `profile-${name}`);
    this.options = options;
    this.context = undefined;
    this.page = undefined;
    // Where pages asked for something that is not the hub's.
    this.foreign = [];
    this.#console = createWriteStream(join(stage.output, `${name}.console.log`), { flags: "a" });
  }

  // Opens the browser with one empty page.
  async open() {
    const { viewport = PHONE, theme = "light", camera, permissions = ["camera", "microphone"], flags = [], init } = this.options;
    const seen = camera ? ["--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${camera}`] : [];
    await mkdir(this.profile, { recursive: true });
    this.context = await chromium.launchPersistentContext(this.profile, {
      executablePath: chromiumBinary,
      headless: true,
      args: [...FLAGS, ...seen, ...flags],
      viewport,
      colorScheme: theme,
      locale: "en-GB",
      reducedMotion: "reduce",
      hasTouch: false,
      acceptDownloads: true,
    });
    this.context.setDefaultTimeout(PATIENCE_MS);
    this.context.setDefaultNavigationTimeout(PATIENCE_MS);
    await this.context.grantPermissions(permissions, { origin: this.hub.address });
    if (init) await this.context.addInitScript(init);
    this.context.on("page", (page) => this.#listen(page));
    this.context.on("weberror", (error) => this.#fault(`uncaught: ${error.error()?.stack ?? error.error()}`));
    this.context.on("request", (request) => this.#look(request.url()));
    // What the page's policy stopped has not left the device.
    this.context.on("requestfailed", (request) => {
      const at = request.failure()?.errorText === "csp" ? this.foreign.indexOf(request.url()) : -1;
      if (at >= 0) this.foreign.splice(at, 1);
    });
    const [page] = this.context.pages();
    this.page = page ?? await this.context.newPage();
    if (page) this.#listen(page);
    return this;
  }

  // Opens the app, at a place within it if one is given.
  async go(hash = "") {
    await this.page.goto(`${this.hub.address}/${hash}`);
  }

  async newPage() {
    return this.context.newPage();
  }

  // Says that this journey provokes such a line in the console.
  expects(pattern) {
    this.#expected.push(pattern);
  }

  // Says that this address, too, may be asked for something.
  allows(address) {
    this.#allowed.add(new URL(address).host);
  }

  // As somebody closes a browser.
  async close() {
    const context = this.context;
    this.context = undefined;
    await context?.close();
  }

  // As a crash or an empty battery does it.
  async kill() {
    const context = this.context;
    this.context = undefined;
    await killProfile(this.profile);
    // Playwright learns of it by itself; what it still has is let go.
    await context?.close().catch(() => undefined);
  }

  async restart() {
    if (this.context) await this.close();
    await this.open();
    await this.go();
  }

  // What went wrong in pages without anybody having said that it would.
  faults() {
    const expected = this.hub.wasAway ? [...AWAY, ...this.#expected] : this.#expected;
    const faults = this.#faults.filter((fault) => !expected.some((pattern) => pattern.test(fault)));
    return [...faults, ...this.foreign.map((address) => `asked for ${address}`)].map((fault) => `${this.name}: ${fault}`);
  }

  async end() {
    await this.close().catch(() => undefined);
    await killProfile(this.profile);
    await new Promise((resolve) => this.#console.end(resolve));
  }

  #listen(page) {
    page.on("console", (message) => {
      const { url, lineNumber } = message.location();
      const line = `${message.type()}: ${message.text()}${url ? ` (${url}:${lineNumber})` : ""}`;
      this.#note(line);
      if (message.type() === "error") this.#fault(line);
    });
    page.on("crash", () => this.#fault("the page crashed"));
    page.on("dialog", (dialog) => {
      this.#fault(`a dialog of the browser: ${dialog.message()}`);
      dialog.dismiss().catch(() => undefined);
    });
    page.on("websocket", (socket) => this.#look(socket.url()));
  }

  #look(address) {
    if (/^(?:blob|data|about|chrome|devtools|chrome-extension):/.test(address)) return;
    const { host } = new URL(address);
    if (host !== new URL(this.hub.address).host && !this.#allowed.has(host)) this.foreign.push(address);
  }

  #fault(line) {
    this.#note(`FAULT ${line}`);
    this.#faults.push(line);
  }

  #note(line) {
    this.#console.write(`${new Date().toISOString()} ${line}\n`);
  }
}
