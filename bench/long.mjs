// A long video from one browser to another over a data channel, without a hub: how long it takes to attach it and to send it, when
// it plays, and how much memory the pages need meanwhile, beside what they need when nothing happens. `MIB` is its size.

import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { pageMemory } from "../tests/support/processes.mjs";
import { Stage } from "../tests/support/stage.mjs";
import { video } from "../tests/support/videos.mjs";
import { pause, until } from "../tests/support/waiting.mjs";
import { table } from "./support.mjs";

const MIB = Number(process.env.MIB ?? 1_024);
const AN_HOUR_MS = 3_600_000;

const stage = await Stage.set("bench-long");
const rows = [];

// Looks at the memory of both pages until it is over.
function watch(apps) {
  const most = apps.map(() => 0);
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      for (const [at, app] of apps.entries()) most[at] = Math.max(most[at], await pageMemory(app.device.profile));
      await pause(250);
    }
  })();
  return async () => {
    isOver = true;
    await watching;
    return most;
  };
}

async function measured(apps, idle, what, size, work) {
  const over = watch(apps);
  const begun = performance.now();
  await work();
  const seconds = (performance.now() - begun) / 1_000;
  const most = await over();
  const above = most.map((bytes, at) => `${((bytes - idle[at]) / 1e6).toFixed(0)} MB`);
  rows.push({
    what, seconds: seconds.toFixed(1), "MB/s": (size / 1e6 / seconds).toFixed(1), "sender above idle": above[0], "receiver above idle": above[1],
  });
}

try {
  const hub = await stage.hub();
  const apps = await stage.friends(hub);
  const [ana, ben] = apps;
  await ana.connected("Ben");
  await ben.connected("Ana");
  await hub.kill();
  const path = join(stage.folder, "film.webm");
  const { size, seconds } = await video(ana.page, path, MIB * 1024 * 1024);
  console.log(`${(size / 1e6).toFixed(0)} MB, ${seconds} s long; load ${(await readFile("/proc/loadavg", "utf8")).split(" ")[0]}`);
  await ana.tap("Write");
  await ana.compose("A long film");
  await ben.tap("Home");
  await pause(5_000);
  const idle = await Promise.all(apps.map((app) => pageMemory(app.device.profile)));
  console.log(`memory of the pages when nothing happens: ${idle.map((bytes) => `${(bytes / 1e6).toFixed(0)} MB`).join(", ")}`);

  await measured(apps, idle, "attach", size, async () => {
    await ana.page.locator(".composer input[data-takes=any]").setInputFiles(path);
    await ana.page.locator("[data-attach]").getByText("Ready to be posted.").waitFor({ timeout: AN_HOUR_MS });
  });
  await ana.sendPost();
  const card = await ben.sees("A long film");
  const begun = performance.now();
  let first;
  await measured(apps, idle, "send, and play meanwhile", size, async () => {
    await card.getByRole("button", { name: /^Play the video/ }).click();
    await until("it plays", () => card.locator("video").evaluate((element) => element.currentTime > 0), 60_000);
    first = performance.now() - begun;
    await until("all of it is there", async () => /on this device$/.test(await card.locator("[data-told]").innerText()), AN_HOUR_MS);
  });
  console.log(`it played after ${(first / 1_000).toFixed(1)} s`);
} finally {
  await stage.clear();
}
table("A long video over a data channel", rows);
process.exit(0);
