// Processes of one browser profile: found by the folder they use, ended by their ids, awaited until none lives.

import { readFile, readdir } from "node:fs/promises";

import { until } from "./waiting.mjs";

async function all() {
  const found = new Map();
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  await Promise.all(ids.map(async (id) => {
    try {
      const [stat, line] = await Promise.all([readFile(`/proc/${id}/stat`, "utf8"), readFile(`/proc/${id}/cmdline`, "utf8")]);
      // The name in brackets may hold anything, so what counts is behind the last bracket: state, then parent.
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      found.set(Number(id), { line, parent: Number(parent), isDead: state === "Z" || state === "X" });
    } catch {
      // Gone between the list and the look.
    }
  }));
  return found;
}

// The browser of this profile with all that it started, youngest last.
export async function ofProfile(folder) {
  const processes = await all();
  const ids = [];
  for (const [id, { line, isDead }] of processes) {
    if (!isDead && line.includes(`--user-data-dir=${folder}`)) ids.push(id);
  }
  for (let at = 0; at < ids.length; at += 1) {
    for (const [id, { parent, isDead }] of processes) {
      if (!isDead && parent === ids[at] && !ids.includes(id)) ids.push(id);
    }
  }
  return ids;
}

// How many bytes of memory the pages of a browser have for themselves: what is not shared, and not a file's.
export async function pageMemory(folder) {
  const [ids, processes] = [await ofProfile(folder), await all()];
  const pages = ids.filter((id) => processes.get(id)?.line.includes("--type=renderer"));
  const sizes = await Promise.all(pages.map(async (id) => {
    const status = await readFile(`/proc/${id}/status`, "utf8").catch(() => "");
    return Number(status.match(/^RssAnon:\s+(\d+) kB/m)?.[1] ?? 0) * 1024;
  }));
  return Math.max(0, ...sizes);
}

// Kills the browser of a profile as a power cut does, and waits until no process of it lives: a second browser on one profile
// would spoil both.
export async function killProfile(folder) {
  const ids = await ofProfile(folder);
  for (const id of ids) {
    try {
      process.kill(id, "SIGKILL");
    } catch (error) {
      if (error.code !== "ESRCH") throw error;
    }
  }
  await until("all processes of the profile are gone", async () => {
    const left = await all();
    return ids.every((id) => left.get(id)?.isDead ?? true);
  });
}
