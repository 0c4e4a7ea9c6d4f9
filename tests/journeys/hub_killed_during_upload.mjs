// The hub's power fails again and again while a large picture is on its way. In the end it arrives whole.

import assert from "node:assert/strict";

import { noise, rememberBlobs, shownPictures } from "../support/pictures.mjs";
import { pause, until } from "../support/waiting.mjs";

const CUTS = 3;

export default async function journey(stage) {
  const hub = await stage.hub();
  const [ana, ben] = await stage.friends(hub, ["Ana", "Ben"], [{ init: rememberBlobs }, { init: rememberBlobs }]);
  await ben.befriended("Ana");
  // Without Ben, the hub is the only way for the picture.
  await ben.device.close();
  const large = await noise(ana.page, { width: 2_000, height: 1_500 });

  await ana.tap("Write");
  await ana.compose("A large picture", [{ file: { name: "noise.jpg", mimeType: "image/jpeg", buffer: large }, alt: "Noise" }]);
  await ana.sendPost();
  await hub.kill();
  const card = await ana.sees("A large picture");
  assert.match(await ana.delivery("A large picture"), /On this device|hub/i);
  for (let cut = 1; cut <= CUTS; cut += 1) {
    await hub.restart();
    // As soon as it is connected again the upload goes on; then the power fails once more.
    await ana.page.evaluate(() => window.dispatchEvent(new Event("online")));
    await until("the hub has a caller", async () => {
      const metrics = await (await fetch(`${hub.address}/metrics`)).text();
      return /connections?\S*\s+[1-9]/.test(metrics) || undefined;
    }, 60_000);
    await pause(120 * cut);
    await hub.kill();
  }
  await hub.restart();
  await ana.delivered("A large picture", /Kept by a hub/, 90_000);
  await card.getByRole("button", { name: /Show the picture whole/ }).click();
  const [his] = await shownPictures(ana.page.getByRole("dialog", { name: "Picture" }));

  // What the hub said to have, it has: the author's device is off when Ben looks.
  await until("nothing waits any more", async () => /Up to date/.test(await ana.status()), 60_000);
  await pause(1_000);
  await ana.device.close();
  await ben.device.restart();
  await ben.opened();
  const copy = await ben.sees("A large picture");
  await copy.getByRole("button", { name: /Show the picture whole/ }).click();
  const [hers] = await shownPictures(ben.page.getByRole("dialog", { name: "Picture" }));
  assert.ok(his.bytes.length > 500_000, `it was large: ${his.bytes.length}`);
  assert.ok(his.bytes.equals(hers.bytes), "it arrived whole");
}
