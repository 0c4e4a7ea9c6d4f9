// The only device loses everything. Its words bring the account back from the hub: name, follows, posts and pictures, and the
// device takes its old place.

import assert from "node:assert/strict";

import { violations } from "../support/axe.mjs";
import { drawn } from "../support/pictures.mjs";

// Takes away all that the browser keeps of the app, while the app is closed.
export async function loseAll(app) {
  const { context, page } = app.device;
  await page.goto("about:blank");
  const inspector = await context.newCDPSession(page);
  await inspector.send("Storage.clearDataForOrigin", { origin: app.device.hub.address, storageTypes: "all" });
  await inspector.detach();
  await app.device.go();
}

export default async function journey(stage) {
  const hub = await stage.hub();
  const [ana, ben] = await stage.friends(hub);
  const image = await drawn(ana.page, { width: 640, height: 480, number: 5 });
  await ana.post("A picture to come back", [{ file: { name: "p.jpg", mimeType: "image/jpeg", buffer: image }, alt: "Five" }]);
  await ana.post("And a few words");
  await ana.delivered("And a few words", /hub/i);
  const words = await ana.writesDownWords();

  await loseAll(ana);
  await ana.heading("Welcome to Effigy").waitFor();
  await ana.entersWords(`1. ${words.slice(0, 6).join("  ").toUpperCase()}\n${words.slice(6).join(" \t")} `);
  await ana.heading("Is this you?").waitFor();
  await ana.page.getByText("Ana", { exact: true }).waitFor();
  assert.deepEqual(await violations(ana.page), []);
  await ana.page.getByRole("radio").nth(1).check();
  await ana.button("Yes, this is my account").click();
  await ana.heading("Welcome back").waitFor();
  await ana.page.getByText(/^(\d+) of \1 posts and changes are here; no picture or file is missing\.$/).waitFor({ timeout: 40_000 });
  assert.deepEqual(await violations(ana.page), []);
  await ana.button("Open Effigy").click();
  await ana.opened();
  await ana.sees("And a few words");
  await (await ana.sees("A picture to come back")).getByAltText("Five").waitFor();
  await ana.post("I am back");
  await ben.tap("Home");
  await ben.sees("I am back", 40_000);
  await ana.page.reload();
  await ana.opened();
  await ana.sees("I am back");
  await ana.isWhole();
  await ben.post("Welcome");
  await ana.tap("Home");
  await ana.sees("Welcome", 40_000);
}
