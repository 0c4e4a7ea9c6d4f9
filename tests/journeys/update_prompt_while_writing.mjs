// A new version is on the hub while somebody writes. It is offered and waits; nothing is reloaded before they agree, and then
// what they wrote is still there.

import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";

import { dist } from "../support/places.mjs";
import { release } from "../support/release.mjs";

export default async function journey(stage) {
  const assets = join(stage.folder, "app");
  cpSync(dist, assets, { recursive: true });
  const hub = await stage.hub({ assets });
  const ana = await stage.person(hub, "Ana");
  await ana.page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  let loads = 0;
  ana.page.on("load", () => { loads += 1; });

  await ana.tap("Write");
  await ana.compose("I am in the middle of");
  const name = release(assets, "another");
  // The page asks hourly and whenever it is looked at again; a test does not wait for an hour.
  await ana.page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
  const notice = ana.page.locator("[data-notice=update]");
  await notice.getByText("Finish writing first; your draft is kept either way.").waitFor();

  const field = ana.text;
  await field.pressSequentially(" a long sentence", { delay: 60 });
  await ana.page.waitForTimeout(2_000);
  assert.equal(loads, 0, "nothing was reloaded while somebody wrote");
  assert.equal(await field.inputValue(), "I am in the middle of a long sentence");

  const loaded = ana.page.waitForEvent("load");
  await notice.getByRole("button", { name: "Update now" }).click();
  await loaded;
  await ana.heading("New post").waitFor();
  assert.equal(await field.inputValue(), "I am in the middle of a long sentence", "the draft is kept");
  assert.equal(await ana.page.locator(`link[href*="${name}"]`).count() > 0, true, "the new version runs");
  await ana.sendPost();
  await ana.sees("I am in the middle of a long sentence");
  assert.equal(loads, 1, "it was reloaded once");
  assert.equal(await notice.count(), 0);

  // Put off, it stays away until the next start.
  release(assets, "a third");
  await ana.page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
  await notice.getByText("A new version of Effigy is ready.").waitFor();
  await notice.getByRole("button", { name: "Later" }).click();
  await notice.waitFor({ state: "detached" });
  assert.equal(loads, 1);
}
