// The wire to the hub goes dead without a word, and later is cut again and again. The app notices, comes back by itself, keeps
// one connection, and shows nothing twice.

import assert from "node:assert/strict";

import { pause, until } from "../support/waiting.mjs";

const CUTS = 15;
// A ping and the patience for its answer, with what else the machine does.
const NOTICED_MS = 60_000;

export const seconds = 240;

export default async function journey(stage) {
  const { hub, wire, direct } = await stage.hubBehindWire();
  const ana = await stage.person(hub, "Ana");
  hub.wasAway = true;
  await ana.post("Before the silence");
  await ana.statusBecomes(/Up to date/);
  assert.ok((await fetch(`${direct}/healthz`)).ok);

  const begun = Date.now();
  wire.goDead();
  await ana.post("Into the silence");
  await ana.statusBecomes(/Offline/, NOTICED_MS);
  assert.ok(Date.now() - begun < NOTICED_MS);
  await ana.delivered("Into the silence", /^On this device$/);
  wire.revive();
  await ana.statusBecomes(/Up to date/, 90_000);
  await ana.delivered("Into the silence", /hub/i);

  await until("only one connection is left", () => wire.sockets === 1);
  wire.mostSockets = 1;
  for (let cut = 1; cut <= CUTS; cut += 1) {
    wire.cut();
    await ana.page.evaluate(() => window.dispatchEvent(new Event("online")));
    await pause(150 + 50 * (cut % 5));
  }
  await ana.statusBecomes(/Up to date/, 90_000);
  assert.ok(wire.mostSockets <= 1, `at most one connection at a time, there were ${wire.mostSockets}`);
  await until("only one connection is left", () => wire.sockets === 1);
  assert.ok(wire.greetings < 4 * CUTS, `it does not storm: ${wire.greetings} greetings`);
  await ana.post("After it all");
  await ana.delivered("After it all", /hub/i);
  assert.equal(await ana.cards("").count(), 3, "nothing twice");
  await ana.isWhole();
}
