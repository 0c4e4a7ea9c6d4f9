// Codes of one kind where another is expected: opening a link for linking does nothing, an invite links no device, and an offer
// adds no friend.

import assert from "node:assert/strict";

import { App } from "../support/pages.mjs";

export default async function journey(stage) {
  const hub = await stage.hub();
  const ana = await stage.person(hub, "Ana");
  const invite = await ana.inviteLink();
  const eve = await stage.person(hub, "Eve");
  await eve.go("#/you/link");
  await eve.button("Show a code here").click();
  const link = await eve.field("Link").inputValue();
  assert.match(link, /\/#\/link\//);

  // Ana opens what Eve sent her.
  await ana.go(new URL(link).hash);
  await ana.page.getByText("opening it does nothing").waitFor();
  assert.equal(await ana.page.locator(".emoji-row").count(), 0);
  // Where friends are added it adds none.
  await ana.addByText(link);
  await ana.page.getByText("for something else than adding a person").waitFor();
  // Where devices are linked an invite links none, and two people with an account are told.
  await ana.go("#/you/link");
  await ana.field("Link, or the nine letters").fill(invite);
  await ana.button("Use it").click();
  await ana.page.getByText("This code adds a friend.").waitFor();
  await ana.field("Link, or the nine letters").fill("ABC-DEF-GHU");
  await ana.button("Use it").click();
  await ana.page.getByText("This is not a code for linking a device.").waitFor();
  await ana.field("Link, or the nine letters").fill(link);
  await ana.button("Use it").click();
  for (const app of [ana, eve]) await app.page.getByText("belongs to another account").waitFor();

  // Nor does it link a browser without an account.
  const device = await stage.device(hub, "new");
  await device.go(new URL(link).hash);
  const fresh = new App(device);
  await fresh.page.getByText("You opened a link for linking a device.").waitFor();
  await fresh.start("Cem");
}
