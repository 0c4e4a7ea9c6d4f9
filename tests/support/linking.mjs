// Linking one browser to the account in another, as two people who hold both devices do it.

import assert from "node:assert/strict";

import { App } from "./pages.mjs";

// A browser without an account, where somebody begins to link it.
export async function beginsToLink(stage, hub, name, options, shot = async () => undefined) {
  const device = await stage.device(hub, name, options);
  await device.go();
  const app = new App(device);
  await app.button("I already have an account").click();
  await app.button("Link this device").waitFor();
  await shot(app, `${name}-already`);
  await app.button("Link this device").click();
  await app.button("Show a code here").waitFor();
  return app;
}

const pictures = (app) => app.page.locator(".emoji-row").getAttribute("data-emoji");

// Both compare, the old one types what the new one shows.
export async function agree(old, fresh, name, shot = async () => undefined) {
  const seen = await pictures(fresh);
  assert.equal(await pictures(old), seen, "both show the same pictures");
  assert.equal(seen.split(" ").length >= 7, true);
  assert.equal(await old.page.locator(".link-number").count(), 0, "the number is shown on the new device alone");
  const number = (await fresh.page.locator(".link-number").innerText()).trim();
  await shot(fresh, `${name}-compare`);
  await fresh.button("They are the same").click();
  await old.page.getByText("sees the same and waits").waitFor();
  await old.field("Number on the new device").fill(number);
  await shot(old, `${name}-approve`);
  await old.button("Link this device").click();
  await old.page.getByText("The new device is linked.").waitFor();
  await fresh.button("Open Effigy").click();
  await fresh.heading("Home").waitFor();
}

// Links a new browser by the letters that it shows.
export async function linked(stage, hub, old, name, options) {
  const fresh = await beginsToLink(stage, hub, name, options);
  await fresh.button("Show a code here").click();
  const letters = await fresh.page.locator(".link-letters").getAttribute("data-letters");
  await old.go("#/you/link");
  await old.field("Link, or the nine letters").fill(letters.toLowerCase());
  await old.button("Use it").click();
  await agree(old, fresh, name);
  await old.go("#/");
  return fresh;
}
