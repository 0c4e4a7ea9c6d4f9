// A phone is stolen, and its storage copied. Whoever has it posts on, also with an earlier date and beside what was posted before; the
// words end it, and a friend sees only what counted.

import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { basename, join } from "node:path";

import { violations } from "../support/axe.mjs";

export const seconds = 240;

// The clock of a browser that was set back by a day.
const YESTERDAY = `{
  const now = Date.now;
  Date.now = () => now() - 86_400_000;
}`;

// A browser with a copy of all that another keeps.
async function thief(stage, hub, name, from, init) {
  const profile = join(stage.folder, `profile-${name}`);
  cpSync(from, profile, { recursive: true, filter: (file) => !basename(file).startsWith("Singleton") });
  return stage.app(hub, name, { profile, init });
}

export default async function journey(stage) {
  const hub = await stage.hub();
  const [ana, ben] = await stage.friends(hub);
  await ana.post("The first of mine");
  await ana.post("The last of mine");
  await ana.delivered("The last of mine", /hub/i);
  await ana.page.evaluate(async () => { await navigator.serviceWorker.ready; });
  const words = await ana.writesDownWords();
  const laptop = await stage.app(hub, "laptop", { viewport: { width: 1280, height: 800 } });
  await laptop.joinsByWords(words);
  await laptop.sees("The last of mine");
  await ana.device.close();

  // Somebody posts on with it, as of yesterday.
  const eve = await thief(stage, hub, "thief", ana.device.profile, YESTERDAY);
  await eve.opened();
  await eve.post("Send me money");
  for (const app of [ben, laptop]) {
    await app.tap("Home");
    await app.sees("Send me money", 40_000);
  }

  // The words: which device, which post was the last that counts.
  await laptop.go("#/you/devices");
  await laptop.shot("devices");
  await laptop.link("Somebody has my device").click();
  await laptop.heading("Somebody has my device").waitFor();
  await laptop.pastesWords(words.join(" "));
  await laptop.button("Remove").click();
  await laptop.page.getByText("Choose the device first.").waitFor();
  await laptop.page.getByRole("checkbox").check();
  const what = laptop.page.getByRole("combobox");
  const last = await what.locator("option").filter({ hasText: "The last of mine" }).getAttribute("value");
  await what.selectOption(last);
  assert.deepEqual(await violations(laptop.page), []);
  await laptop.shot("stolen");
  await laptop.button("Remove").click();
  await laptop.answers("Remove");
  await laptop.heading("Linked devices").waitFor();
  // To a clock that was set back nobody's word is due: it posts on.
  await eve.post("Send me more money");
  for (const app of [ben, laptop]) {
    await app.tap("Home");
    await app.seesNot("Send me money");
    for (const text of ["The first of mine", "The last of mine"]) await app.sees(text);
  }

  // Another copy, which has heard nothing of it writes beside what counts, and is heard by nobody.
  await eve.device.close();
  await hub.stop();
  const again = await thief(stage, hub, "again", ana.device.profile);
  await again.opened();
  await again.post("It is still me");
  await hub.start();
  await again.heading("This device was removed").waitFor({ timeout: 90_000 });
  await laptop.tap("Home");
  await laptop.post("I am on the laptop now");
  await ben.sees("I am on the laptop now", 90_000);
  for (const app of [ben, laptop]) {
    await app.seesNot("It is still me");
    await app.seesNot("Send me more money");
    await app.sees("The last of mine");
  }
}
