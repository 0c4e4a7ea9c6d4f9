// What becomes slower as an account grows: posts taken in, keys while they arrive, memory, the start. SIZES=0,1000,10000,100000.

import { App } from "../tests/support/pages.mjs";
import { Stage } from "../tests/support/stage.mjs";
import { pause, until } from "../tests/support/waiting.mjs";
import { HELD, WATCH_START, WATCH_TASKS, asTask, longestTask, median, part, program, table, usage, whole } from "./support.mjs";

const SIZES = (process.env.SIZES ?? "0,1000,10000,100000").split(",").map(Number);
const STARTS = 3;
const MINUTES = 30 * 60_000;
// Less than this share of a core is no work.
const QUIET = 0.1;

// How long each key takes from the keyboard until what it wrote was painted.
const WATCH_KEYS = `
  window.keyTimes = [];
  addEventListener("keydown", ({ timeStamp }) => requestAnimationFrame(() => setTimeout(() => window.keyTimes.push(performance.now() - timeStamp))), true);
`;

// Types while posts arrive, and looks from time to time how many are here.
async function takeIn(app, invite, size) {
  const { page } = app;
  const began = performance.now();
  await app.addByText(invite);
  await app.heading("Add a friend").waitFor({ state: "hidden" });
  await app.tap("Home");
  await app.sees(`Post number ${size - 1}:`, MINUTES);
  const readable = performance.now() - began;
  const keys = [];
  await until(`${size} posts are here`, async () => {
    await app.go("#/you/network");
    await app.heading("Network").waitFor();
    if (await page.evaluate(HELD) >= size) return true;
    await app.tap("Write");
    await app.text.focus();
    await page.evaluate("window.keyTimes.splice(0)");
    for (const letter of "a word or two ") {
      await page.keyboard.press(letter);
      await pause(80);
    }
    keys.push(...await page.evaluate("window.keyTimes.splice(0)"));
    return false;
  }, MINUTES);
  return { readable, all: performance.now() - began, keys, task: await longestTask(page) };
}

// How long a new process of the browser takes to a Home with its newest post, and what the page has when it rests.
async function starts(device, newest) {
  const found = [];
  for (let round = 0; round < STARTS; round += 1) {
    await device.restart();
    await until("Home can be used", () => device.page.evaluate("window.usableAt"), 120_000);
    if (newest) await new App(device).sees(newest, 120_000);
    found.push(await device.page.evaluate((post) => (post ? performance.now() : window.usableAt), newest));
    // An app that is closed as soon as it was there takes itself for one that did not start.
    await pause(2_000);
  }
  let last = await usage(device);
  await until("it rests", async () => {
    await pause(2_000);
    const [before, now] = [last, await usage(device)];
    last = now;
    return now.seconds - before.seconds < 2 * QUIET;
  }, 300_000);
  return { start: median(found), memory: last.page, task: await longestTask(device.page) };
}

const rows = [];
for (const size of SIZES) {
  const stage = await Stage.set(`bench-growth-${size}`);
  let author;
  try {
    const hub = await stage.hub();
    const device = await stage.device(hub, "reader", { init: WATCH_TASKS + WATCH_START + WATCH_KEYS });
    await device.go();
    const app = new App(device);
    await app.start("Reader");
    await longestTask(device.page);
    let taken;
    if (size > 0) {
      author = program("author", [hub.address, String(size)]);
      taken = await takeIn(app, (await author.first).invite, size);
      author.kill();
    }
    await device.page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    // A hub that is there would give the newest post again.
    await hub.stop();
    const { start, memory, task } = await starts(device, size > 0 ? `Post number ${size - 1}:` : undefined);
    const seconds = (value) => `${(value / 1000).toFixed(1)} s`;
    rows.push({
      posts: whole(size), "newest readable": taken ? seconds(taken.readable) : "", "all checked and kept": taken ? seconds(taken.all) : "",
      "longest task": taken ? asTask(taken.task) : "", "keys p50, p99": taken?.keys.length ? `${Math.round(part(taken.keys, 0.5))}, ${Math.round(part(taken.keys, 0.99))} ms` : "",
      "start to Home": `${Math.round(start)} ms (${(start / (rows[0]?.ms ?? start)).toFixed(2)} ×)`, "longest task then": asTask(task), memory: `${(memory / 1e6).toFixed(0)} MB`, ms: start,
    });
  } finally {
    author?.kill();
    await stage.clear();
  }
}
table("An account that grows", rows.map(({ ms: _, ...row }) => row));
process.exit(0);
