// The same without a link: Ben's camera looks at the code on Ana's screen.

import assert from "node:assert/strict";

import { film, pictureOf } from "../support/qr_camera.mjs";

export default async function journey(stage) {
  const hub = await stage.hub();
  const ana = await stage.person(hub, "Ana");
  await ana.post("Seen through a camera");
  await ana.inviteLink();
  const { fragment, picture } = await pictureOf(ana.page.locator("svg.qr"));
  const camera = await film(stage, "code", fragment);

  const ben = await stage.person(hub, "Ben", { camera });
  await ben.tap("People");
  await ben.link("Add").click();
  await ben.button("Scan with the camera").click();
  await ben.heading("Ana").waitFor();
  assert.equal(await ben.page.locator("video").count(), 0, "the camera is closed again");
  await ben.post("Ben has good eyes");
  await ben.sees("Seen through a camera");
  await ana.tap("Home");
  await ana.sees("Ben has good eyes");
  await ana.befriended("Ben");
  await ben.befriended("Ana");

  // A picture of the code does as well.
  const cem = await stage.person(hub, "Cem");
  await cem.tap("People");
  await cem.link("Add").click();
  await cem.page.locator(".scan input[type=file]").setInputFiles({ name: "code.png", mimeType: "image/png", buffer: picture });
  await cem.heading("Ana").waitFor();
  await cem.tap("Home");
  await cem.sees("Seen through a camera");
}
