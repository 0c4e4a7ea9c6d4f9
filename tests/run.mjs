// Runs the journeys: all, or those that are named. Some at a time, each with its own hub, data and browser profiles.
//
//   node tests/run.mjs [journey..]
//
// Nothing is tried twice: a journey that fails sometimes, fails. What it left is in tests/output/<journey>.

import { readdir } from "node:fs/promises";
import { cpus } from "node:os";
import { basename, relative } from "node:path";

import { root } from "./support/places.mjs";
import { Stage } from "./support/stage.mjs";
import { SLOWNESS, within } from "./support/waiting.mjs";

const SECONDS = 120;
// They wait more than they work.
const AT_ONCE = Math.min(3, cpus().length + 1);

const folder = new URL("journeys/", import.meta.url);
const known = (await readdir(folder)).filter((name) => name.endsWith(".mjs")).map((name) => basename(name, ".mjs")).sort();
const named = process.argv.slice(2).map((name) => basename(name, ".mjs"));
const unknown = named.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`there is no journey ${unknown.join(", ")}; there are:\n  ${known.join("\n  ")}`);
  process.exit(2);
}

async function read(name) {
  const { default: journey, seconds = SECONDS } = await import(new URL(`${name}.mjs`, folder));
  return { name, journey, seconds };
}

async function play({ name, journey, seconds }) {
  const begun = Date.now();
  let failure;
  let stage;
  try {
    stage = await Stage.set(name);
    await within(seconds * SLOWNESS * 1000, "the journey", journey(stage));
    const faults = stage.faults();
    if (faults.length > 0) throw new Error(`pages complained:\n  ${faults.join("\n  ")}`);
  } catch (error) {
    failure = error;
    await stage?.keepTraces(error);
  }
  try {
    await stage?.clear();
  } catch (error) {
    failure ??= error;
  }
  const time = `${((Date.now() - begun) / 1000).toFixed(1).padStart(6)} s`;
  console.log(`${time}  ${failure ? "FAILED" : "holds "}  ${name}`);
  if (failure) console.log(inShort(failure).replaceAll(/^/gm, "          "));
  return { name, failure, output: stage?.output };
}

// What was typed may be part of an error, and may be long.
function inShort(error) {
  const text = String(error.stack ?? error).replaceAll(/\n\s*(?=\n)/g, "");
  return text.length > 3_000 ? `${text.slice(0, 2_000)}\n[..]\n${text.slice(-1_000)}` : text;
}

const begun = Date.now();
// The long ones first, so that none of them is left over in the end.
const waiting = await Promise.all((named.length > 0 ? [...new Set(named)] : known).map(read));
waiting.sort((one, other) => other.seconds - one.seconds);
const results = [];
await Promise.all(Array.from({ length: AT_ONCE }, async () => {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results.push(await play(next));
}));
const failed = results.filter(({ failure }) => failure);
console.log(`\n${results.length - failed.length} of ${results.length} journeys hold (${((Date.now() - begun) / 1000).toFixed(0)} s)`);
for (const { name, output } of failed) console.log(`failed: ${name}, see ${output ? relative(root, output) : "above"}`);
process.exit(failed.length > 0 ? 1 : 0);
