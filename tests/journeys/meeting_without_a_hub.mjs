// The hub is gone for good, and one of the two was away when something was posted. They hand each other codes, and what was
// missed arrives, directly.

import assert from "node:assert/strict";

import { violations } from "../support/axe.mjs";
import { drawn } from "../support/pictures.mjs";
import { pause, until } from "../support/waiting.mjs";

// How long it takes people to read a code from each other's screens.
const SLOW_PEOPLE_MS = 5_000;

async function code(app) {
  // Addresses come one by one; the code is shown with those that were found.
  let last;
  return await until("the code has settled", async () => {
    const now = await app.field("Code").inputValue();
    const settled = now !== "" && now === last;
    last = now;
    await pause(500);
    return settled && now;
  });
}

async function takes(app, text) {
  await app.field("Code you were sent").fill(text);
  await app.field("Code you were sent").press("Enter");
}

async function connectScreen(app, other) {
  await app.openPerson(other);
  await app.link("Connect without a hub").click();
  await app.heading("Connect without a hub").waitFor();
}

export const seconds = 180;

export default async function journey(stage) {
  const hub = await stage.hub();
  const [ana, ben] = await stage.friends(hub);
  await ana.befriended("Ben");
  await ben.befriended("Ana");
  await ben.statusBecomes(/Up to date/);
  await ben.device.close();
  await hub.kill();
  const picture = await drawn(ana.page, { number: 21 });
  await ana.post("While you were away", [{ file: { name: "a.png", mimeType: "image/png", buffer: picture }, alt: "Some hills" }]);
  await ben.device.restart();
  await ben.opened();
  await ben.seesNot("While you were away");

  await connectScreen(ana, "Ben");
  await connectScreen(ben, "Ana");
  await ana.button("Make a code").click();
  const offer = await code(ana);
  assert.ok(offer.length < 1_300, `it fits a code that a camera reads: ${offer.length}`);
  await ana.page.getByRole("img", { name: "QR code for this connection" }).waitFor();

  // What is not for him, or damaged, gets its sentence and changes nothing.
  await takes(ben, offer.slice(0, -3));
  await ben.page.getByText(/This code is of no use here/).waitFor();
  await takes(ana, offer);
  await ana.page.getByText(/This code is of no use here/).waitFor();

  await takes(ben, offer);
  const answer = await code(ben);
  for (const app of [ana, ben]) {
    for (const colorScheme of ["light", "dark"]) {
      await app.page.emulateMedia({ colorScheme });
      assert.deepEqual(await violations(app.page), [], `${app.name}, ${colorScheme}`);
    }
  }
  await pause(SLOW_PEOPLE_MS);
  await takes(ana, answer);
  for (const app of [ana, ben]) await app.page.getByText(/^You are connected to/).waitFor({ timeout: 30_000 });
  assert.deepEqual(await violations(ana.page), [], "connected");

  await ben.tap("Home");
  const card = await ben.sees("While you were away");
  await card.getByAltText("Some hills").waitFor();
  await ben.post("And here I am");
  await ana.tap("Home");
  await ana.sees("And here I am");
  await ana.delivered("While you were away", /With 1 friend/);
  await ana.isWhole();
  await ben.isWhole();
}
