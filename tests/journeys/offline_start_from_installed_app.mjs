// Chromium finds nothing that speaks against installing the app, and once it was opened it starts without any network.

import assert from "node:assert/strict";

import { until } from "../support/waiting.mjs";

export default async function journey(stage) {
  const hub = await stage.hub();
  const ana = await stage.person(hub, "Ana");
  await ana.post("Written with a network");
  await ana.page.waitForFunction(() => navigator.serviceWorker.controller !== null);

  const inspector = await ana.device.context.newCDPSession(ana.page);
  const { installabilityErrors } = await inspector.send("Page.getInstallabilityErrors");
  assert.deepEqual(installabilityErrors, []);
  const { errors: manifestErrors, data } = await inspector.send("Page.getAppManifest");
  assert.deepEqual(manifestErrors, []);
  const manifest = JSON.parse(data);
  for (const { src, sizes } of manifest.icons) {
    const answer = await fetch(new URL(src, hub.address));
    assert.ok(answer.ok && Number(answer.headers.get("content-length") ?? 1) > 0, `${src} ${sizes}`);
  }

  await hub.stop();
  await ana.device.restart();
  await ana.opened();
  await ana.sees("Written with a network");
  await ana.post("Written without");
  await ana.statusBecomes(/Offline/);

  // As the installed app opens, and as its shortcut for a new post does.
  for (const [place, heading] of [[manifest.start_url, "Home"], [manifest.shortcuts[0].url, "New post"]]) {
    await ana.page.goto(new URL(place, hub.address).href);
    await ana.heading(heading).waitFor();
  }
  await ana.tap("Home");
  await ana.sees("Written without");
  const loaded = await ana.page.evaluate(() => performance.getEntriesByType("navigation")[0].transferSize);
  assert.equal(loaded, 0, "the page came from the device");
  await until("the storage of the shell is complete", () => ana.page.evaluate(async () => (await caches.keys()).length > 0));
}
