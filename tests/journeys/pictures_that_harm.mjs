// Pictures that were made to harm, signed as they are, as somebody's face and in a post. The hub hands on what no look at the outside finds,
// and, because somebody has been at its store, some that it says it looked through. Ana's page shows none of them and goes on. What takes too
// long to decode is given up, at whoever picked it and at whoever got it.

import assert from "node:assert/strict";

import { Mallory, note } from "../support/mallory.mjs";
import { App } from "../support/pages.mjs";
import { bombs, drawn } from "../support/pictures.mjs";
import { SLOWNESS, until } from "../support/waiting.mjs";

// The longest that the page may stand still, in milliseconds.
const STANDSTILL = 1_000 * SLOWNESS;

function watch() {
  window.standstills = [];
  new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) window.standstills.push(Math.round(duration)); })
    .observe({ type: "longtask", buffered: true });
}

// Everything that shows a picture of others: whether any pixel of it is drawn.
const drawnFrom = (page, where) => page.locator(`${where} img[src^='blob:']`).evaluateAll((images) => images.filter(({ naturalWidth }) => naturalWidth > 0).length);

// A browser without workers, whose decoder never comes to an end with what is picked, or with what arrives.
const withoutEnd = {
  picked: () => { delete window.Worker; window.createImageBitmap = () => new Promise(() => undefined); },
  arrived: () => { HTMLImageElement.prototype.decode = () => new Promise(() => undefined); },
};

export default async function journey(stage) {
  const flags = ["--exempt-loopback"];
  const hub = await stage.hub({ flags });
  const mallory = new Mallory(stage);
  const made = Object.entries(bombs());
  const ana = await stage.person(hub, "Ana", { init: watch });
  const good = await drawn(ana.page, { width: 64, height: 48, type: "image/webp" });
  const invite = await ana.inviteText();
  await hub.stop();
  // Two: a hub that hands on three is not talked to any more.
  await mallory.doctor(hub, [bombs()["50,000 by 50,000"].bytes, bombs()["a page"].bytes]);
  await hub.restart();

  const people = made.map(([name, bomb], who) => ({ name, bomb, who }));
  const keys = await Promise.all(people.map(({ who, name }) => mallory.begin(who, { name, hub, invite })));
  const image = (number, mime, size, [width, height] = [64, 48]) => ({ alt: "x", content: { cid: `blob:${number}`, width, height, mime, size } });
  const said = await Promise.all(people.map(({ who, name, bomb: { bytes, mime, declared } }) => mallory.say(who, [
    { type: "profile", name, about: "", picture: image(0, mime, bytes.length, declared) },
    note(`Bomb ${name}.`, [image(0, mime, bytes.length, declared)]),
    note(`Good ${name}`, [image(1, "image/webp", good.length)]),
  ], [bytes, good])));
  assert.ok(said.flat().every(({ id }) => id), JSON.stringify(said));

  await ana.go("#/");
  await until("all posts are here", async () => (await ana.cards("Bomb ").count()) === people.length, 60_000);
  // The good ones came the same way: so would the others have.
  await until("good pictures are shown", async () => (await drawnFrom(ana.page, "article:has-text('Good ')")) >= people.length, 60_000);
  await ana.page.waitForTimeout(6_000);
  const harmful = people.filter(({ bomb }) => !bomb.mayBeShown);
  assert.ok(harmful.length >= 12);
  for (const { name } of harmful) {
    assert.equal(await drawnFrom(ana.page, `article:has-text("Bomb ${name}.")`), 0, `"${name}" is not shown`);
    assert.equal(await ana.page.locator(`article:has-text("Bomb ${name}.") .avatar svg`).count(), 1, `"${name}" is nobody's face`);
  }
  const reasons = await ana.page.locator("article:has-text('Bomb ') .picture-wait").allInnerTexts();
  assert.ok(reasons.length >= harmful.length);
  assert.ok(reasons.some((why) => /damaged or takes too long/.test(why)), "what is not what it was said to be says so");
  await ana.tap("People");
  await until("everybody is in the list", async () => (await ana.page.locator(".rows .row").count()) >= keys.length);
  assert.ok(await drawnFrom(ana.page, ".rows") <= people.length - harmful.length);
  const standstills = await ana.page.evaluate(() => window.standstills);
  assert.ok(Math.max(0, ...standstills) < STANDSTILL, `the page stood still for ${Math.max(0, ...standstills)} ms`);
  await ana.post("Unharmed");

  // Given up after five seconds: by who picked it..
  const file = { name: "slow.jpg", mimeType: "image/jpeg", buffer: await drawn(ana.page) };
  const ben = await stage.person(hub, "Ben", { init: withoutEnd.picked });
  await ben.tap("Write");
  await ben.heading("New post").waitFor();
  await ben.insert("Without a picture");
  const begun = Date.now();
  await ben.page.locator(".composer input[type=file][accept]").setInputFiles(file);
  await ben.page.getByText("This picture takes this device too long to read.").waitFor();
  assert.ok(Date.now() - begun > 4_500, "after five seconds");
  assert.equal(await ben.page.locator(".slot").count(), 0);
  await ben.sendPost();
  await ben.sees("Without a picture");

  // .. and by whom it was sent.
  await ana.post("With a picture", [{ file, alt: "Hills" }]);
  const link = await ana.inviteLink();
  const device = await stage.device(hub, "Cleo", { init: withoutEnd.arrived });
  await device.page.goto(link);
  const cleo = new App(device);
  await cleo.start("Cleo");
  const card = await cleo.sees("With a picture", 60_000);
  await card.getByText("This picture is damaged or takes too long to draw, so it is not shown.").waitFor({ timeout: 40_000 });
  assert.equal(await card.locator("img[src^='blob:']").count(), 0);
}
