// Cold and warm start, beside an empty page of the same hub.

import { App } from "../tests/support/pages.mjs";
import { Stage } from "../tests/support/stage.mjs";
import { until } from "../tests/support/waiting.mjs";
import { WATCH_START, median, number, table } from "./support.mjs";

const ROUNDS = number("ROUNDS", 5);
const PHONE = { latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 750e3 / 8, offline: false };

async function visit(device, path, slow, wait) {
  const session = await device.context.newCDPSession(device.page);
  let bytes = 0;
  await session.send("Network.enable");
  session.on("Network.loadingFinished", (event) => { bytes += event.encodedDataLength; });
  if (slow) {
    await session.send("Emulation.setCPUThrottlingRate", { rate: 4 });
    await session.send("Network.emulateNetworkConditions", PHONE);
  }
  await device.page.goto(`${device.hub.address}${path}`, { waitUntil: "commit" });
  const milliseconds = await until("it can be used", () => device.page.evaluate(wait), 60_000);
  await session.detach();
  return { milliseconds, bytes };
}

const stage = await Stage.set("bench-start");
const rows = [];
try {
  const hub = await stage.hub();
  for (const slow of [false, true]) {
    const found = { blank: [], cold: [], warm: [] };
    let bytes = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const device = await stage.device(hub, `${slow ? "phone" : "desktop"}-${round}`, { init: WATCH_START });
      const blank = await visit(device, "/healthz", slow, "performance.now()");
      found.blank.push(blank.milliseconds);
      const cold = await visit(device, "/", slow, "window.usableAt");
      found.cold.push(cold.milliseconds);
      bytes = cold.bytes;
      const app = new App(device);
      await app.start("Ana");
      await app.post("The first of a few posts.");
      await device.page.evaluate(() => navigator.serviceWorker.ready);
      await device.page.goto("about:blank");
      const warm = await visit(device, "/", slow, "window.usableAt");
      found.warm.push(warm.milliseconds);
      await device.end();
    }
    const [blank, cold, warm] = [found.blank, found.cold, found.warm].map(median);
    const of = (value) => `${Math.round(value)} ms (${(value / blank).toFixed(1)} ×)`;
    rows.push({
      device: slow ? "slow phone" : "desktop", "empty page": `${Math.round(blank)} ms`, cold: of(cold), warm: of(warm), "bytes, cold": bytes,
    });
  }
} finally {
  await stage.clear();
}
table(`Start, medians of ${ROUNDS}; in brackets beside the empty page`, rows);
process.exit(0);
