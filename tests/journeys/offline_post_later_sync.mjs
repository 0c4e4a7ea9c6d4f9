// Who was away catches up: through the hub when the other is not there, and after a time without any hub.

import { pause } from "../support/waiting.mjs";

export default async function journey(stage) {
  const hub = await stage.hub();
  const [ana, ben] = await stage.friends(hub);
  await ben.befriended("Ana");
  await ana.befriended("Ben");

  // Ben is away while Ana posts, and Ana is away when Ben comes: the hub has kept it.
  await ben.device.close();
  await ana.post("While Ben was away, one");
  await ana.post("While Ben was away, two");
  await ana.delivered("While Ben was away, two", /a hub/i);
  await ana.device.close();
  await ben.device.restart();
  await ben.opened();
  await ben.sees("While Ben was away, one");
  await ben.sees("While Ben was away, two");

  // No hub: both write on their own devices, also after a restart.
  await ana.device.restart();
  await ana.opened();
  await ana.statusBecomes(/Up to date/);
  await ben.device.close();
  await hub.kill();
  await ana.device.restart();
  await ana.opened();
  await ana.post("Written by Ana without anybody");
  await ana.statusBecomes(/Offline · 1 waiting/);
  await ana.delivered("Written by Ana without anybody", /^On this device$/);
  await ben.device.restart();
  await ben.opened();
  await ben.sees("While Ben was away, two");
  await ben.post("Written by Ben without anybody");
  await pause(1_000);

  await hub.restart();
  await ana.sees("Written by Ben without anybody", 75_000);
  await ben.sees("Written by Ana without anybody", 75_000);
  for (const [app, text] of [[ana, "Written by Ana"], [ben, "Written by Ben"]]) {
    await app.delivered(text, /With 1 friend and a hub/);
    await app.isWhole();
  }
}
