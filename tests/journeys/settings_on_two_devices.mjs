// A phone and a laptop of one person, both offline, choose different things and the same; then they meet. A draft that both wrote apart
// is lost on neither. What was read on one is read on the other. Somebody's posts are kept on one of them only.

import assert from "node:assert/strict";

import { linked } from "../support/linking.mjs";
import { DESKTOP } from "../support/device.mjs";
import { until } from "../support/waiting.mjs";

const SHOT = process.env.EFFIGY_SETTINGS_SHOTS;

async function shot(app, name) {
  if (SHOT) await app.page.screenshot({ path: `${SHOT}/${name}.png` });
}

const theme = (app) => app.page.evaluate(() => document.documentElement.getAttribute("data-theme"));

async function chooses(app, colours) {
  await app.go("#/you/appearance");
  await app.field(colours).check();
}

async function letters(app, on) {
  await app.tap("You");
  await app.heading("You").waitFor();
  await app.page.keyboard.press("?");
  const box = app.page.getByLabel("Single letters do something");
  if (on === undefined) {
    const checked = await box.isChecked();
    await app.page.keyboard.press("Escape");
    return checked;
  }
  await box.setChecked(on);
  await app.page.keyboard.press("Escape");
}

async function standing(app, name, words) {
  await app.tap("People");
  await app.page.getByRole("link", { name }).first().click();
  await app.page.getByText(words).first().waitFor();
}

async function acts(app, name, button) {
  await app.tap("People");
  await app.page.getByRole("link", { name }).first().click();
  await app.button(button).click();
}

async function draft(app, text) {
  await app.tap("Write");
  await app.heading("New post").waitFor();
  if (text !== undefined) await app.insert(text);
  return app.text.inputValue();
}

const count = (app) => app.page.locator(".entry-count").allInnerTexts();

// Three browsers, one of which is linked, and a hub that goes and comes.
export const seconds = 300;

export default async function journey(stage) {
  const hub = await stage.hub();
  const [phone, ben] = await stage.friends(hub);
  await ben.post("Hello from Ben");
  await phone.tap("Home");
  await phone.sees("Hello from Ben");
  const laptop = await linked(stage, hub, phone, "laptop", { viewport: DESKTOP });
  await laptop.sees("Hello from Ben");

  // While they see each other, one follows the other without a reload.
  await chooses(phone, "Dark");
  await until("the phone is dark", async () => (await theme(phone)) === "dark");
  await until("so is the laptop", async () => (await theme(laptop)) === "dark");
  await shot(phone, "appearance-phone");

  // A draft begun on the phone goes on at the laptop, and back.
  await draft(phone, "Begun on the phone");
  await until("the laptop has it", async () => (await draft(laptop)) === "Begun on the phone", 40_000);
  await laptop.insert("Begun on the phone, and gone on with at the laptop");
  await until("the phone has it", async () => (await phone.text.inputValue()).endsWith("at the laptop"), 40_000);
  assert.equal(await phone.page.locator("[data-notice=other-draft]").count(), 0, "nobody is asked about what was seen");

  // What was read on the phone is no news on the laptop.
  await phone.tap("Home");
  await laptop.tap("You");
  await until("nothing is new", async () => (await count(laptop)).length === 0);
  await ben.tap("Home");
  await ben.post("One more from Ben");
  await until("the laptop counts it", async () => (await count(laptop))[0] === "1");
  await shot(laptop, "unread-laptop");
  await phone.sees("One more from Ben");
  await phone.page.waitForTimeout(2_000);
  // Put away, the phone says at once what it has to say.
  await phone.page.evaluate(() => {
    Object.defineProperty(document, "hidden", { get: () => true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    delete document.hidden;
  });
  await until("it was read", async () => (await count(laptop)).length === 0, 40_000);

  // Both offline, and never there at the same time.
  for (const app of [phone, laptop]) await app.page.evaluate(async () => { await navigator.serviceWorker.ready; });
  await hub.stop();
  await laptop.device.close();
  await chooses(phone, "Light");
  await letters(phone, false);
  await acts(phone, "Ben", "Mute");
  await draft(phone, "Apart, on the phone");
  await phone.page.waitForTimeout(1_500);
  await phone.device.close();
  await laptop.device.open();
  await laptop.device.go();
  await laptop.opened();
  assert.equal(await theme(laptop), "dark");
  await chooses(laptop, "As the system says");
  await draft(laptop, "Apart, on the laptop");
  await laptop.page.waitForTimeout(1_500);
  await hub.start();
  await phone.device.open();
  await phone.device.go();
  await phone.opened();
  const meets = async (app, what, look) => until(what, look, 90_000);
  await meets(phone, "the later colours", async () => (await theme(phone)) === null);
  assert.equal(await theme(laptop), null);
  await meets(laptop, "the other setting", async () => (await letters(laptop)) === false);
  assert.equal(await letters(phone), false);
  for (const app of [phone, laptop]) await standing(app, "Ben", "Friend, muted");

  // Both drafts are there: the older one asks.
  assert.equal(await draft(laptop), "Apart, on the laptop");
  assert.equal(await draft(phone), "Apart, on the phone");
  const asked = phone.page.locator("[data-notice=other-draft]");
  await asked.getByText("Apart, on the laptop").waitFor();
  await shot(phone, "other-draft");
  await asked.getByRole("button", { name: "Put it below mine" }).click();
  const both = "Apart, on the phone\n\nApart, on the laptop";
  assert.equal(await phone.text.inputValue(), both);
  await until("the laptop has both", async () => (await laptop.text.inputValue()) === both, 40_000);
  await phone.sendPost();
  await until("what was sent is no draft", async () => (await laptop.text.inputValue()) === "", 40_000);

  // The laptop keeps Ben's posts no longer; the phone does.
  await acts(laptop, "Ben", "Unmute");
  await laptop.page.getByText("On which of your devices their posts are kept").click();
  await shot(laptop, "keeping-laptop");
  await laptop.page.getByLabel("(this device)").uncheck({ force: true }).catch(() => undefined);
  await laptop.page.getByRole("dialog").getByRole("button", { name: "Do not keep" }).click();
  await laptop.seesNot("Hello from Ben");
  await phone.tap("Home");
  await phone.sees("Hello from Ben");
  await standing(laptop, "Ben", "Friend: you follow each other");
}
