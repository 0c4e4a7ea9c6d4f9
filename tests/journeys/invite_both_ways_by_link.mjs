// One opens the other's link, and both follow each other: nobody taps anything else, on either side.

import assert from "node:assert/strict";

import { App } from "../support/pages.mjs";

export default async function journey(stage) {
  const hub = await stage.hub();
  const ana = await stage.person(hub, "Ana");
  await ana.post("Ana was here first");
  const link = await ana.inviteLink();
  assert.ok(link.startsWith(`${hub.address}/#/invite/`), link);
  assert.match(await ana.inviteText(), /^effigy:/);
  assert.ok(await ana.page.getByRole("img", { name: "QR code of my invite" }).isVisible());

  // A newcomer: the link makes the account, meets the hub, follows, and is followed.
  const device = await stage.device(hub, "Ben");
  await device.page.goto(link);
  const ben = new App(device);
  await ben.heading("You are invited to Effigy").waitFor();
  await ben.start("Ben");
  await ben.sees("Ana was here first");
  await ben.post("Ben came along");
  await ana.tap("Home");
  await ana.sees("Ben came along");
  for (const [one, other] of [["Ana", "Ben"], ["Ben", "Ana"]]) {
    const app = one === "Ana" ? ana : ben;
    await app.befriended(other);
    assert.deepEqual({ ...(await app.groups()) }, { Friends: 1, Following: 1, Followers: 1, Muted: 0, Blocked: 0 }, one);
  }
  await ana.connected("Ben");
  await ben.connected("Ana");

  // Somebody who has an account already is asked first: to open a link is not yet to follow.
  const cem = await stage.person(hub, "Cem");
  await cem.post("Cem says hello");
  await cem.page.goto(link);
  await cem.heading("Invite").waitFor();
  assert.equal((await cem.groups()).Following, 0);
  await cem.page.goto(link);
  await cem.button("Follow each other").click();
  await cem.heading("Ana").waitFor();
  await cem.tap("Home");
  await cem.sees("Ana was here first");
  await ana.tap("Home");
  await ana.sees("Cem says hello");
  await ana.delivered("Ana was here first", /With 2 friends and a hub/);
  for (const app of [ana, ben, cem]) await app.isWhole();
}
