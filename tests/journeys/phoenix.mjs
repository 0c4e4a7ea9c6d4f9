// A laptop loses all that it kept and comes back into its own place: one line in the list of devices, and what others have of its
// posts counts. The second time its last post had reached nobody: that one is lost, and nobody sees two versions of it.

import assert from "node:assert/strict";

import { App } from "../support/pages.mjs";
import { until } from "../support/waiting.mjs";
import { loseAll } from "./words_bring_all_back.mjs";

const SHOT = process.env.EFFIGY_PHOENIX_SHOTS;

async function shot(app, name) {
  if (SHOT) await app.page.screenshot({ path: `${SHOT}/${name}.png`, fullPage: true });
}

// The new browser shows letters, the phone takes them and says which device it is.
async function link(phone, laptop, comesBack) {
  await laptop.button("I already have an account").click();
  await laptop.button("Link this device").click();
  await laptop.button("Show a code here").click();
  const letters = await laptop.page.locator(".link-letters").getAttribute("data-letters");
  await phone.go("#/you");
  await phone.go("#/you/link");
  await phone.field("Link, or the nine letters").fill(letters);
  await phone.button("Use it").click();
  const number = (await laptop.page.locator(".link-number").innerText()).trim();
  await laptop.button("They are the same").click();
  await phone.field("Number on the new device").fill(number);
  if (comesBack) await phone.page.getByRole("radio", { name: /which lost its data and comes back$/ }).check();
  else assert.equal(await phone.page.getByRole("radio", { name: /comes back/ }).count(), 0, "nobody is missing");
  await shot(phone, comesBack ? "approve-comes-back" : "approve-new");
  await phone.button("Link this device").click();
  await phone.page.getByText("The new device is linked.").waitFor();
  await laptop.button("Open Effigy").click();
  await laptop.heading("Home").waitFor();
}

// Each device of the account has one line.
async function devices(app, count) {
  await app.go("#/you/devices");
  await app.heading("Linked devices").waitFor();
  await until(`${count} devices are listed`, async () => (await app.page.locator(".row-device").count()) === count, 40_000);
}

export const seconds = 240;

export default async function journey(stage) {
  const hub = await stage.hub();
  const [ana, ben] = await stage.friends(hub);
  await ana.post("From the phone");
  const device = await stage.device(hub, "laptop", { viewport: { width: 1280, height: 800 } });
  await device.go();
  const laptop = new App(device);
  await link(ana, laptop, false);
  await laptop.sees("From the phone");
  await laptop.post("From the laptop");
  await ben.sees("From the laptop", 40_000);

  // With an answer: the phone has all that it wrote.
  await loseAll(laptop);
  await laptop.heading("Welcome to Effigy").waitFor();
  await ana.tap("Home");
  await ana.sees("From the laptop", 40_000);
  await link(ana, laptop, true);
  await laptop.sees("From the laptop", 40_000);
  await laptop.post("I am back");
  await ben.sees("I am back", 40_000);
  await devices(ana, 2);
  await devices(laptop, 2);
  await ana.tap("Home");
  await ana.sees("I am back", 40_000);

  // Without one: what it wrote last was on no other device.
  await laptop.page.evaluate(async () => { await navigator.serviceWorker.ready; });
  await hub.stop();
  await ana.device.close();
  await ben.device.close();
  await laptop.post("Nobody has read this");
  await laptop.page.goto("about:blank");
  await hub.start();
  await loseAll(laptop);
  for (const app of [ana, ben]) {
    await app.device.open();
    await app.device.go();
    await app.opened();
  }
  await laptop.heading("Welcome to Effigy").waitFor();
  await link(ana, laptop, true);
  await laptop.sees("I am back", 40_000);
  await laptop.seesNot("Nobody has read this");
  await laptop.post("Once more");
  await ben.tap("Home");
  await ben.sees("Once more", 40_000);
  await devices(ana, 2);
  await shot(ana, "devices");
  for (const app of [ana, ben, laptop]) await app.isWhole();
}
