// The hub's power fails again and again while a large picture is on its way, each time when some of it has left the browser and
// not all of it. In the end it arrives whole.

import assert from "node:assert/strict";

import { noise, rememberBlobs, shownPictures } from "../support/pictures.mjs";
import { pause, until, within } from "../support/waiting.mjs";

// How many bytes the browser sends until the power fails: within a piece of the picture, within others, at their edge.
const CUTS = [150_000, 400_000, 262_144];

export default async function journey(stage) {
  const { hub, wire } = await stage.hubBehindWire();
  const [ana, ben] = await stage.friends(hub, ["Ana", "Ben"], [{ init: rememberBlobs }, { init: rememberBlobs }]);
  await ben.befriended("Ana");
  // Without Ben, the hub is the only way for the picture.
  await ben.device.close();
  const large = await noise(ana.page, { width: 2_000, height: 1_500 });

  await ana.tap("Write");
  await ana.compose("A large picture", [{ file: { name: "noise.jpg", mimeType: "image/jpeg", buffer: large }, alt: "Noise" }]);
  for (const [cut, bytes] of CUTS.entries()) {
    const sent = wire.carried(bytes);
    if (cut === 0) {
      await ana.sendPost();
    } else {
      // As soon as it is connected again the upload goes on; then the power fails once more.
      wire.revive();
      await hub.restart();
      await ana.page.evaluate(() => window.dispatchEvent(new Event("online")));
    }
    await within(60_000, "the picture is on its way", sent);
    await hub.kill();
    wire.cut();
    assert.doesNotMatch(await ana.delivery("A large picture"), /hub$/, "no hub is said to keep what it has not all of");
  }
  const card = await ana.sees("A large picture");
  wire.revive();
  await hub.restart();
  await ana.delivered("A large picture", /Kept by a hub$/, 90_000);
  await card.getByRole("button", { name: /Show the picture whole/ }).click();
  const [his] = await shownPictures(ana.page.getByRole("dialog", { name: "Picture" }));

  // What the hub said to have, it has: the author's device is off when Ben looks.
  await ana.device.close();
  await ben.device.restart();
  await ben.opened();
  const copy = await ben.sees("A large picture");
  await copy.getByRole("button", { name: /Show the picture whole/ }).click();
  const [hers] = await shownPictures(ben.page.getByRole("dialog", { name: "Picture" }));
  assert.ok(his.bytes.length > Math.max(...CUTS) + 300_000, `it was larger than what was sent: ${his.bytes.length}`);
  assert.ok(his.bytes.equals(hers.bytes), "it arrived whole");
}
