// Content from page to page and from a server to a page: ours, checked and kept, beside ways that do neither. In turns, each time
// with fresh profiles. MIB says how much, ROUNDS how often.

import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

import { Stage } from "../tests/support/stage.mjs";
import { until } from "../tests/support/waiting.mjs";
import { PEERS, median, number, peerPages, table, times, usage } from "./support.mjs";

const BYTES = number("MIB", 32) * 1024 * 1024;
const ROUNDS = number("ROUNDS", 3);
const PIECE = 64 * 1024;
const BUFFERED = 1024 * 1024;
const PATIENCE_MS = 300_000;

// Two devices and the processor time that both use meanwhile.
async function between(stage, server, names, what) {
  const devices = [];
  for (const name of names) {
    const device = await stage.device(server, `${name}-${Math.random()}`);
    devices.push(device);
    await device.go();
    await until("the page is ready", () => device.page.evaluate("Boolean(window.begin)"));
  }
  const all = async () => (await Promise.all(devices.map(usage))).reduce((sum, { seconds }) => sum + seconds, 0);
  const before = await all();
  const ms = await what(...devices.map(({ page }) => page));
  const seconds = await all() - before;
  await Promise.all(devices.map((device) => device.end()));
  return { ms, seconds };
}

async function channel(name, sender, receiver) {
  await sender.evaluate((way) => window.begin(way, true), name);
  await receiver.evaluate((way) => window.begin(way, false), name);
  await receiver.evaluate((offer) => { window.meet(offer); }, await sender.evaluate("described()"));
  await sender.evaluate((answer) => { window.meet(answer); }, await receiver.evaluate("described()"));
  await Promise.all([sender, receiver].map((page) => page.evaluate("opened()")));
  await receiver.evaluate((bytes) => window.receive(bytes), BYTES);
  await sender.evaluate((bytes) => window.send(bytes), BYTES);
  return receiver.evaluate("received");
}

// Two friends without a hub: one posts a file, the other loads it, looks it through and keeps it.
async function friends(stage) {
  const hub = await stage.hub();
  const [ana, ben] = await stage.friends(hub);
  await Promise.all([ana.connected("Ben"), ben.connected("Ana")]);
  await hub.kill();
  let posts = 0;
  return async () => {
    const [name, path] = [`film-${posts += 1}.bin`, join(stage.folder, `film-${posts}.bin`)];
    await writeFile(path, randomBytes(BYTES));
    await ana.tap("Write");
    await ana.compose(`The file ${posts}`);
    await ana.attach(path);
    await ana.sendPost();
    await ben.tap("Home");
    const card = await ben.sees(`The file ${posts}`);
    const used = async () => (await Promise.all([ana, ben].map(({ device }) => usage(device)))).reduce((sum, { seconds }) => sum + seconds, 0);
    const [before, begun] = [await used(), performance.now()];
    await card.getByRole("button", { name: `Load ${name}` }).click();
    await card.locator("[data-told]", { hasText: /on this device$/ }).waitFor({ timeout: PATIENCE_MS });
    return { ms: performance.now() - begun, seconds: await used() - before };
  };
}

// A server that sends as fast as a socket takes it.
function source(server) {
  const { WebSocketServer } = createRequire(join(PEERS, "package.json"))("ws");
  const piece = Buffer.alloc(PIECE, 7);
  new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (socket) => {
    socket.on("message", () => {
      let sent = 0;
      const go = () => {
        for (; sent < BYTES && socket.bufferedAmount < BUFFERED; sent += PIECE) socket.send(piece);
        if (sent < BYTES) setImmediate(go);
      };
      go();
    });
  });
}

const stage = await Stage.set("bench-transfer");
try {
  const pages = await peerPages("transfer");
  stage.atEnd(pages.close);
  source(pages.server);
  const ways = {
    "data channel, Effigy": await friends(stage),
    "data channel, as it is": () => between(stage, pages, ["sender", "receiver"], (a, b) => channel("raw", a, b)),
    "data channel, simple-peer": () => between(stage, pages, ["sender", "receiver"], (a, b) => channel("simple-peer", a, b)),
    "WebSocket, as it is": () => between(stage, pages, ["receiver"], (page) => page.evaluate(
      ([address, bytes]) => window.download(address, bytes), [pages.address.replace("http", "ws"), BYTES],
    )),
  };
  const found = new Map(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, way] of Object.entries(ways)) found.get(name).push(await way());
  }
  const rate = (rows) => median(rows.map(({ ms }) => BYTES / 1e3 / ms));
  table(`${BYTES / 1024 / 1024} MiB, medians of ${ROUNDS}, in turns`, [...found].map(([name, rows]) => ({
    way: name, "MB/s": rate(rows).toFixed(1), "beside the way as it is": times(rate(rows), rate(found.get(`${name.split(",")[0]}, as it is`))),
    "processor, ms for a MB": (median(rows.map(({ seconds }) => seconds)) * 1e9 / BYTES).toFixed(0),
  })));
} finally {
  await stage.clear();
}
process.exit(0);
