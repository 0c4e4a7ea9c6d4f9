// The app itself fails. It says so and what it means, offers to copy a report that tells nothing of anybody, and a version that
// does not start takes its repair by itself.

import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";

import { App } from "../support/pages.mjs";
import { dist } from "../support/places.mjs";
import { releaseBroken } from "../support/release.mjs";
import { until } from "../support/waiting.mjs";

const PERMISSIONS = ["clipboard-read", "clipboard-write"];
const NAME = "Ana of the lake";
const SECRET = "Nobody shall know of this";

// Presses the button and reads what was copied.
async function report(device, within) {
  await within.getByRole("button", { name: "Copy report" }).click();
  await within.getByRole("button", { name: "Copied" }).waitFor();
  return device.page.evaluate(() => navigator.clipboard.readText());
}

function tellsNothing(text) {
  for (const what of [NAME, SECRET, "did:key", "effigy:"]) assert.ok(!text.includes(what), `the report tells ${what}: ${text}`);
  assert.match(text, /^Effigy \d+\.\d+\.\d+ build [0-9a-f]{12,}$/m);
  assert.match(text, /^served: .* of commit \w+/m);
  assert.match(text, /^browser: .*Chrome/m);
}

// The app makes a mistake: what it draws with fails, while somebody writes and a dialog is open.
async function mistake(stage, hub) {
  const ana = await stage.person(hub, NAME, { permissions: PERMISSIONS });
  ana.device.expects(/./);
  await ana.tap("Write");
  await ana.compose(SECRET);
  await ana.page.waitForTimeout(1_000);
  await ana.heading("New post").evaluate((heading) => heading.focus());
  await ana.page.keyboard.press("?");
  await ana.page.getByRole("dialog", { name: "Keyboard" }).waitFor();
  await ana.page.evaluate(() => {
    Node.prototype.cloneNode = () => { throw new DOMException("on purpose"); };
    location.hash = "#/you/network";
  });
  const stopped = ana.page.getByRole("alertdialog", { name: "Effigy has stopped" });
  await stopped.waitFor();
  const text = await report(ana.device, stopped);
  tellsNothing(text);
  assert.match(text, /^fault: panic$/m);
  assert.match(text, /^at: .*\.rs:\d+:\d+$/m);
  await ana.page.keyboard.press("Escape");
  await ana.page.keyboard.press("Escape");
  assert.ok(await stopped.isVisible(), "it cannot be closed");
  const loaded = ana.page.waitForEvent("load");
  await stopped.getByRole("button", { name: "Try again" }).click();
  await loaded;
  await ana.opened();
  await ana.tap("Write");
  await until("the draft is there", async () => (await ana.text.inputValue()) === SECRET);
}

// The browser lacks something: the same three ways.
async function lack(stage, hub) {
  const init = () => { Object.defineProperty(window, "indexedDB", { value: undefined }); };
  const device = await stage.device(hub, "Without", { permissions: PERMISSIONS, init });
  await device.go("#/people");
  const app = new App(device);
  await app.heading("This browser keeps nothing").waitFor();
  const text = await report(device, device.page.locator("main"));
  tellsNothing(text);
  assert.match(text, /^fault: NoStore$/m);
  await app.button("Go home").click();
  await until("it is tried again at home", () => device.page.evaluate(() => location.hash === "#/" && document.querySelector("main h1") !== null));
}

// A version that does not start.
async function broken(stage) {
  const assets = join(stage.folder, "app");
  cpSync(dist, assets, { recursive: true });
  const hub = await stage.hub({ assets });
  const ana = await stage.person(hub, "Ana", { permissions: PERMISSIONS });
  ana.device.expects(/broken on purpose/);
  await ana.post("Before the broken version");
  await ana.page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  const repair = releaseBroken(assets, "broken");
  await ana.page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
  await ana.page.locator("[data-notice=update]").getByRole("button", { name: "Update now" }).click();
  await ana.page.getByText("Effigy could not be loaded. Nothing of yours is lost").waitFor();
  const text = await report(ana.device, ana.page.locator("#shell"));
  assert.match(text, /^fault: not loaded, Error: broken on purpose$/m);

  // It comes out of the store of the service worker each time, until there is a repair. Nobody has to agree to that one.
  await ana.page.reload();
  await ana.page.getByText("Effigy could not be loaded.").waitFor();
  repair("repaired");
  await ana.page.reload();
  await ana.opened();
  await ana.tap("Home");
  await ana.sees("Before the broken version");
  await ana.post("After it");
}

export default async function journey(stage) {
  const hub = await stage.hub();
  await mistake(stage, hub);
  await lack(stage, hub);
  await broken(stage);
}
