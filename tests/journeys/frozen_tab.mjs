// The browser freezes a tab in the background, as phones do: nothing in it runs. When it comes back it catches up, shows nothing twice, and
// gives way if another tab has taken over meanwhile.

import assert from "node:assert/strict";

import { App } from "../support/pages.mjs";
import { pause } from "../support/waiting.mjs";

// Longer than a hub waits for somebody who is silent.
const FROZEN_MS = 40_000;

export const seconds = 240;

export default async function journey(stage) {
  const hub = await stage.hub();
  const [ana, ben] = await stage.friends(hub);
  await ana.befriended("Ben");
  await ana.tap("Home");
  await ben.post("Before the frost");
  await ana.sees("Before the frost");

  const inspector = await ana.device.context.newCDPSession(ana.page);
  const becomes = (state) => inspector.send("Page.setWebLifecycleState", { state });
  await becomes("frozen");
  await ben.post("During the frost");
  await pause(FROZEN_MS);
  await ben.post("Late in the frost");
  await becomes("active");
  const begun = Date.now();
  await ana.sees("Late in the frost", 20_000);
  console.log(`          caught up ${Date.now() - begun} ms after the frost`);
  await ana.sees("During the frost");
  for (const text of ["Before the frost", "During the frost", "Late in the frost"]) {
    assert.equal(await ana.cards(text).count(), 1, `${text} is shown once`);
  }
  await ana.post("After the frost");
  await ben.tap("Home");
  await ben.sees("After the frost");

  // A frozen tab cannot be asked to stop writing. Another one takes over, and the frozen one gives way when it thaws.
  await becomes("frozen");
  const second = new App(ana.device, await ana.device.newPage());
  await second.page.goto(hub.address);
  await second.heading("Effigy is open in another tab").waitFor();
  await second.button("Use it here").click();
  await second.opened();
  await second.post("From the second tab");
  await becomes("active");
  await ana.heading("Effigy is open in another tab").waitFor();
  await ben.sees("From the second tab");
  await second.post("One chain");
  await ben.sees("One chain");
  await second.isWhole();
  await ben.isWhole();
}
