// What the benchmarks share: medians, tables, native programs, pages of the peers' libraries, what Chromium uses.

import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { loadavg } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { root } from "../tests/support/places.mjs";
import { ofProfile } from "../tests/support/processes.mjs";

export const PEERS = join(root, "bench/peers");

export const number = (name, otherwise) => Number(process.env[name] ?? otherwise);
export const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
export const part = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
export const whole = (value) => Math.round(value).toLocaleString("en");
export const times = (value, beside) => `${(value / beside).toFixed(2)} ×`;

export function table(title, rows) {
  console.log(`\n${title} (load ${loadavg()[0].toFixed(1)})\n`);
  const names = Object.keys(rows[0]);
  const cells = [names, ...rows.map((row) => names.map((name) => String(row[name])))];
  const widths = names.map((_, at) => Math.max(...cells.map((row) => row[at].length)));
  for (const [at, row] of cells.entries()) {
    console.log(`| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`);
    if (at === 0) console.log(`| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`);
  }
}

// Starts one of the native programs; `first` is the JSON object that it prints.
export function program(name, args) {
  const child = spawn(join(root, "target/release", name), args, { stdio: ["pipe", "pipe", "inherit"] });
  const reader = createInterface({ input: child.stdout });
  const first = new Promise((resolve, reject) => {
    reader.once("line", (line) => resolve(JSON.parse(line)));
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code}`)));
  });
  return { first, end: () => child.stdin.end(), kill: () => child.kill("SIGKILL") };
}

// Bundles bench/peers/<job>.js and serves it on the loopback address as a page, with these further files: a path, and its
// content as text, bytes or JSON. Returns what a device takes for a hub.
export async function peerPages(job, further = {}) {
  const { build } = createRequire(join(PEERS, "package.json"))("esbuild");
  const { outputFiles } = await build({
    entryPoints: [join(PEERS, `${job}.js`)], outdir: "/", bundle: true, splitting: true, format: "esm", platform: "browser", write: false,
    // What libraries written for Node only ask for in Node.
    define: { global: "globalThis", "process.env.NODE_ENV": '"production"' }, external: ["crypto", "fs", "path", "stream", "buffer", "node:*"], logLevel: "error",
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [path, ["text/javascript", contents]]));
  files.set("/", ["text/html", `<!doctype html><meta charset="utf-8"><script type="module" src="/${job}.js"></script>`]);
  for (const [path, content] of Object.entries(further)) {
    const type = path.endsWith(".js") ? "text/javascript" : path.endsWith(".wasm") ? "application/wasm" : "application/json";
    files.set(path, [type, typeof content === "string" || content instanceof Uint8Array ? content : JSON.stringify(content)]);
  }
  const server = createServer((request, response) => {
    const [type, content] = files.get(request.url) ?? ["text/plain", undefined];
    response.writeHead(content === undefined ? 404 : 200, { "content-type": type }).end(content);
  });
  await new Promise((resolve) => { server.listen(0, "127.0.0.1", resolve); });
  return { address: `http://localhost:${server.address().port}`, wasAway: false, server, close: () => server.close() };
}

// Notes every time the page could not answer for more than 50 ms.
export const WATCH_TASKS = `
  window.longTasks = [];
  new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask" });
`;
export const longestTask = (page) => page.evaluate(() => Math.max(0, ...window.longTasks.splice(0)));
export const asTask = (milliseconds) => (milliseconds > 0 ? `${Math.round(milliseconds)} ms` : "none over 50 ms");

// How many posts of one author are here, as the Network screen says.
export const HELD = () => Math.max(0, ...[...document.querySelectorAll("section[aria-labelledby=feeds-title] .row-note")]
  .map((note) => Number(note.textContent.match(/^([\d,.\s]+) of/)?.[1].replace(/\D/g, "") ?? 0)));

// Notes when there is something a person can use: the field for a name, or the heading of Home.
export const WATCH_START = `
  const look = () => {
    const usable = document.querySelector("main h1") && (document.querySelector("nav[aria-label=Main]") || document.querySelector("form input"));
    if (usable && !window.usableAt) window.usableAt = performance.now();
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
`;

// Processor seconds that a process has used, by what the system tells in its `stat`.
export function processorSeconds(stat) {
  // The name in brackets may hold anything.
  const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(ticks[11] ?? 0) + Number(ticks[12] ?? 0)) / 100;
}

// Processor seconds that a device's browser has used in all its processes, and bytes of its largest page.
export async function usage(device) {
  const found = { seconds: 0, page: 0 };
  for (const id of await ofProfile(device.profile)) {
    const [stat, status, line] = await Promise.all(["stat", "status", "cmdline"].map((file) => readFile(`/proc/${id}/${file}`, "utf8").catch(() => "")));
    found.seconds += processorSeconds(stat);
    const own = Number(status.match(/RssAnon:\s+(\d+)/)?.[1] ?? 0) * 1024;
    if (line.includes("--type=renderer")) found.page = Math.max(found.page, own);
  }
  return found;
}
