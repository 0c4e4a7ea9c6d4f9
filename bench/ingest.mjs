// Posts of one author, taken in natively and in Chromium, beside what others do with as many entries: in turns, each time in a
// fresh profile. POSTS, ROUNDS and PEERS=ssb-browser-core,.. say how much.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { App } from "../tests/support/pages.mjs";
import { root } from "../tests/support/places.mjs";
import { Stage } from "../tests/support/stage.mjs";
import { until, within } from "../tests/support/waiting.mjs";
import { corpora } from "./corpus.mjs";
import { HELD, PEERS, WATCH_TASKS, asTask, longestTask, median, number, peerPages, program, table, times, usage, whole } from "./support.mjs";

const POSTS = number("POSTS", 10_000);
const ROUNDS = number("ROUNDS", 3);
// The slow ones get as many as a fifth, which is enough for a rate.
const LIMIT = "two workers of strict checks";
const PEER_SHARES = { "ssb-browser-core": 1, "nostr-tools + nostr-idb": 1, "nostr-tools + nostr-wasm + nostr-idb": 1, "Yjs + y-indexeddb": 1, "p2panda-js": 0.2, gun: 0.2, [LIMIT]: 1 };
const CHOSEN = process.env.PEERS?.split(",") ?? Object.keys(PEER_SHARES);

async function ours(stage, hub, invite, round) {
  const device = await stage.device(hub, `reader-${round}`, { init: WATCH_TASKS });
  await device.go();
  const app = new App(device);
  await app.start("Reader");
  await longestTask(device.page);
  const [before, began] = [await usage(device), performance.now()];
  await app.addByText(invite);
  // The app goes to another screen when the invite was taken.
  await app.heading("Add a friend").waitFor({ state: "hidden" });
  await app.go("#/you/network");
  await until(`${POSTS} posts are here`, async () => await device.page.evaluate(HELD) >= POSTS, 600_000);
  const found = { entries: POSTS, ms: performance.now() - began };
  const after = await usage(device);
  found.task = await longestTask(device.page);
  await device.end();
  return { ...found, seconds: after.seconds - before.seconds };
}

async function theirs(stage, pages, peer, round) {
  const device = await stage.device(pages, `${peer.replace(/\W+/g, "-")}-${round}`, { init: WATCH_TASKS });
  await device.go();
  await until("the page is ready", () => device.page.evaluate("Boolean(window.take)"));
  const before = await usage(device);
  const count = Math.ceil(POSTS * PEER_SHARES[peer]);
  const found = await within(600_000, peer, device.page.evaluate(([name, all]) => window.take(name, all), [peer, count]));
  const after = await usage(device);
  found.task = await longestTask(device.page);
  await device.end();
  if (found.entries < count) throw new Error(`took in ${found.entries} of ${count}`);
  return { ...found, seconds: after.seconds - before.seconds };
}

// The published bundle asks a file system for a file that no browser has; there is none in a fresh profile.
async function ssbBundle() {
  const text = await readFile(join(PEERS, "node_modules/ssb-browser-core/dist/bundle-core.js"), "utf8");
  return text.replace("return fs.existsSync(getStateFilename(t))", "return!1");
}

const stage = await Stage.set("bench-ingest");
const folder = await mkdtemp(join(tmpdir(), "effigy-ingest-"));
let author;
try {
  const hub = await stage.hub();
  const pages = await peerPages("ingest", {
    ...corpora(POSTS), "/ssb.js": await ssbBundle(),
    "/limit.wasm": await readFile(join(root, "target/wasm32-unknown-unknown/release/effigy-bench-limit.wasm")),
  });
  stage.atEnd(pages.close);
  author = program("author", [hub.address, String(POSTS)]);
  const { invite } = await author.first;

  const found = new Map();
  const note = (name, row) => found.set(name, [...(found.get(name) ?? []), row]);
  for (let round = 0; round < ROUNDS; round += 1) {
    note("effigy, Chromium, IndexedDB", await ours(stage, hub, invite, round));
    for (const peer of CHOSEN) {
      await theirs(stage, pages, peer, round).then((row) => note(peer, row), (error) => console.log(`${peer} was not measured: ${error.message.split("\n")[0]}`));
    }
    const reader = program("ingest", [hub.address, invite, String(POSTS), join(folder, `${round}.redb`)]);
    const { seconds, strict_checks_per_second: checks } = await reader.first;
    note("effigy, native, redb", { entries: POSTS, ms: seconds * 1000 });
    note("strict checks, native, one core", { entries: checks, ms: 1000 });
  }

  const rates = new Map([...found].map(([name, rows]) => [name, median(rows.map(({ entries, ms }) => entries / ms * 1000))]));
  const own = rates.get("effigy, Chromium, IndexedDB");
  table(`Ingest of ${whole(POSTS)} entries: checked, indexed, stored; medians of ${ROUNDS}, in turns`, [...found].map(([name, rows]) => ({
    who: name, "entries/s": whole(rates.get(name)), "effigy beside it": times(own, rates.get(name)),
    "longest task": name.includes("native") || name === LIMIT ? "" : asTask(Math.max(...rows.map(({ task }) => task))),
    "processor, ms each": rows[0].seconds === undefined ? "" : (median(rows.map(({ entries, seconds }) => seconds * 1000 / entries))).toFixed(3),
  })));
} finally {
  author?.kill();
  await stage.clear();
  await rm(folder, { recursive: true, force: true });
}
process.exit(0);
