// Two people are connected, and the hub dies. Posts and pictures keep flowing from one to the other.

import assert from "node:assert/strict";

import { drawn, rememberBlobs, shownPictures } from "../support/pictures.mjs";

// The picture as it is, not the small one that lists show.
async function whole(app, card) {
  await card.getByRole("button", { name: "Show the picture whole: A view" }).click();
  const dialog = app.page.getByRole("dialog", { name: "Picture" });
  const [picture] = await shownPictures(dialog);
  await dialog.getByRole("button", { name: "Close" }).click();
  return picture.bytes;
}

export default async function journey(stage) {
  const hub = await stage.hub();
  const [ana, ben] = await stage.friends(hub, ["Ana", "Ben"], [{ init: rememberBlobs }, { init: rememberBlobs }]);
  await ana.connected("Ben");
  await ben.connected("Ana");
  const picture = await drawn(ana.page, { number: 5 });
  await hub.kill();

  await ana.post("The hub is gone, and so what");
  await ben.tap("Home");
  await ben.sees("The hub is gone, and so what");
  await ben.post("I can still hear you", [{ file: { name: "a.jpg", mimeType: "image/jpeg", buffer: picture }, alt: "A view" }]);
  const card = await ana.sees("I can still hear you");
  await card.getByAltText("A view").waitFor();
  const [hers, his] = [await whole(ana, card), await whole(ben, await ben.sees("I can still hear you"))];
  assert.ok(hers.length > 0 && hers.equals(his), "the whole picture came over the direct way");
  await ana.delivered("The hub is gone, and so what", /^With 1 friend$/);
  await ben.delivered("I can still hear you", /^With 1 friend$/);

  const { hubs, peers } = await ana.network();
  assert.match(hubs[0].state, /Not reached|Connecting/);
  assert.deepEqual(peers.map(({ name, path }) => [name, path]), [["Ben", "Direct"]]);

  // When the hub comes back, it gets what it missed.
  await hub.restart();
  await ana.tap("Home");
  await ana.delivered("The hub is gone, and so what", /^With 1 friend and a hub$/, 90_000);
  await ana.isWhole();
  await ben.isWhole();
}
