// What the benchmarks share: a stage to run on, medians, tables.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { root } from "../tests/support/places.mjs";

export const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

export function table(title, rows) {
  console.log(`\n${title}\n`);
  const names = Object.keys(rows[0]);
  const cells = [names, ...rows.map((row) => names.map((name) => String(row[name])))];
  const widths = names.map((_, at) => Math.max(...cells.map((row) => row[at].length)));
  for (const [at, row] of cells.entries()) {
    console.log(`| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`);
    if (at === 0) console.log(`| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`);
  }
}

// Starts one of the native programs; `lines` yields the JSON objects that it prints.
export function program(name, args) {
  const child = spawn(join(root, "target/release", name), args, { stdio: ["pipe", "pipe", "inherit"] });
  const reader = createInterface({ input: child.stdout });
  const first = new Promise((resolve, reject) => {
    reader.once("line", (line) => resolve(JSON.parse(line)));
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code}`)));
  });
  return { first, end: () => child.stdin.end(), kill: () => child.kill("SIGKILL") };
}
