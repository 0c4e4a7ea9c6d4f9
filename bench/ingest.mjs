// Ten thousand posts of one author, taken in natively and in Chromium.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { App } from "../tests/support/pages.mjs";
import { Stage } from "../tests/support/stage.mjs";
import { until } from "../tests/support/waiting.mjs";
import { median, program, table } from "./support.mjs";

const POSTS = Number(process.env.POSTS ?? 10_000);
const ROUNDS = Number(process.env.ROUNDS ?? 3);

// Notes every time the page could not answer for more than 50 ms.
const WATCH = `
  window.longTasks = [];
  new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask" });
`;

const stage = await Stage.set("bench-ingest");
const folder = await mkdtemp(join(tmpdir(), "effigy-ingest-"));
let author;
try {
  const hub = await stage.hub();
  author = program("author", [hub.address, String(POSTS)]);
  const { invite } = await author.first;

  const native = [];
  let checks = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const reader = program("ingest", [hub.address, invite, String(POSTS), join(folder, `${round}.redb`)]);
    const found = await reader.first;
    native.push(found.entries_per_second);
    checks = Math.max(checks, found.strict_checks_per_second);
  }

  const browser = [];
  const longest = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const device = await stage.device(hub, `reader-${round}`, { init: WATCH });
    await device.go();
    const app = new App(device);
    await app.start("Reader");
    await device.page.evaluate(() => { window.longTasks.length = 0; });
    const began = Date.now();
    await app.addByText(invite);
    // The app goes to another screen when the invite was taken.
    await app.heading("Add a friend").waitFor({ state: "hidden" });
    await app.go("#/you/network");
    await until(`${POSTS} posts are here`, () => device.page.evaluate(
      (posts) => [...document.querySelectorAll("section[aria-labelledby=feeds-title] .row-note")]
        .some((note) => Number(note.textContent.match(/^([\d,.\s]+) of/)?.[1].replace(/\D/g, "")) >= posts),
      POSTS,
    ), 300_000);
    browser.push(POSTS / ((Date.now() - began) / 1000));
    longest.push(await device.page.evaluate(() => Math.max(0, ...window.longTasks)));
    await device.end();
  }

  const rate = (value) => `${Math.round(value).toLocaleString("en")}/s`;
  table(`Ingest of ${POSTS} posts: verified, indexed, stored; medians of ${ROUNDS}`, [
    { where: "strict checks alone, native, one core", rate: rate(checks), ratio: "1.00", "longest task": "" },
    { where: "native, from a hub into redb", rate: rate(median(native)), ratio: (median(native) / checks).toFixed(2), "longest task": "" },
    {
      where: "Chromium, from a hub into IndexedDB", rate: rate(median(browser)), ratio: (median(browser) / checks).toFixed(2),
      "longest task": Math.max(...longest) > 0 ? `${Math.round(Math.max(...longest))} ms` : "none over 50 ms",
    },
  ]);
} finally {
  author?.kill();
  await stage.clear();
  await rm(folder, { recursive: true, force: true });
}
process.exit(0);
