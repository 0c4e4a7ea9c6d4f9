// The device's clock is wrong: by a day, in 1970, in 2100, from one moment to the next. The app says so; it posts nothing that others would
// hold back, keeps what was written, and posts keep their order once the clock is right.

import assert from "node:assert/strict";

import { App } from "../support/pages.mjs";
import { until } from "../support/waiting.mjs";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

// A clock that can be set, as if somebody did it in the settings of the device.
const settable = (ahead) => {
  const Real = Date;
  globalThis.ahead = ahead;
  globalThis.Date = class extends Real {
    constructor(...parts) { super(...(parts.length === 0 ? [Real.now() + globalThis.ahead] : parts)); }
    static now() { return Real.now() + globalThis.ahead; }
  };
};

const set = (app, ahead) => app.page.evaluate((wanted) => {
  globalThis.ahead = wanted;
  // Whoever sets a clock looks at something else meanwhile.
  document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
}, ahead);

const notice = (app) => app.page.locator("[data-notice=clock]");

const says = (app, words) => until(`the app says ${words}`, async () => words.test(await notice(app).innerText()));

export const seconds = 240;

export default async function journey(stage) {
  const hub = await stage.hub();
  const device = await stage.device(hub, "Ana");
  await device.context.addInitScript(settable, 75 * YEAR);
  const ana = new App(device);
  await device.go();

  // An account that began in 2100 would be heard by nobody.
  await ana.field("Your name").fill("Ana");
  await says(ana, /7\d years ahead/);
  await ana.button("Start").click();
  await ana.page.getByText(/The clock of this device is ahead, and others/).first().waitFor();
  await set(ana, 0);
  await ana.button("Start").click();
  await ana.heading("Home").waitFor();
  assert.equal(await notice(ana).count(), 0);
  const ben = await stage.person(hub, "Ben");
  await ben.addByText(await ana.inviteText());
  await ana.befriended("Ben");

  const texts = [];
  for (const [ahead, words] of [[DAY + HOUR, /25 hours ahead/], [75 * YEAR, /years ahead/]]) {
    const text = `Written ${ahead} too early`;
    await set(ana, ahead);
    await says(ana, words);
    await ana.tap("Write");
    await ana.compose(text);
    await ana.button("Post").click();
    await ana.page.getByText(/The clock of this device is ahead, and others/).first().waitFor();
    assert.equal(await ana.text.inputValue(), text, "what was written is kept");
    await ana.page.screenshot({ path: `${stage.output}/ahead-${texts.length}.png` });
    // Nobody has to tell the app that it is right again.
    await ana.page.evaluate(() => { globalThis.ahead = 0; });
    await ana.sendPost();
    texts.push(text);
  }
  for (const [ahead, words] of [[-DAY - HOUR, /2[45] hours behind/], [-55 * YEAR, /years behind/], [0, undefined]]) {
    await set(ana, ahead);
    if (words) await says(ana, words);
    const text = `Written ${-ahead} too late`;
    await ana.post(text);
    texts.push(text);
  }
  await until("nothing is said any more", async () => (await notice(ana).count()) === 0);
  await ben.tap("Home");
  // A clock that jumps ahead ends connections, and each one that fails is tried again later than the last.
  await ben.sees(texts.at(-1), 75_000);
  for (const app of [ana, ben]) {
    await app.tap("Home");
    const shown = await app.page.locator("main article[data-post]").allInnerTexts();
    const order = shown.map((card) => texts.findIndex((text) => card.includes(text))).filter((place) => place >= 0);
    assert.deepEqual(order, [4, 3, 2, 1, 0], "posts keep their order, whatever the clock said");
    await app.isWhole();
  }

  // A hub that lies about the time keeps nobody from posting.
  await set(ana, DAY + HOUR);
  await says(ana, /25 hours ahead/);
  await ana.button("My clock is right").click();
  await until("nothing is said any more", async () => (await notice(ana).count()) === 0);
  await ana.post("By my own clock");
  assert.equal(await notice(ana).count(), 0);
}
