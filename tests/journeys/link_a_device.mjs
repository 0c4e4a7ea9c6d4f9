// One person, three devices: a laptop that scans what the phone shows, a tablet whose letters are typed on the phone. Then posts
// of two devices that were apart are one profile to a friend.

import assert from "node:assert/strict";

import { agree, beginsToLink } from "../support/linking.mjs";
import { film, pictureOf } from "../support/qr_camera.mjs";
import { until } from "../support/waiting.mjs";

const SHOT = process.env.EFFIGY_LINK_SHOTS;

async function shot(app, name) {
  if (!SHOT) return;
  await app.dismissAll();
  await app.page.screenshot({ path: `${SHOT}/${name}.png`, fullPage: true });
}

// It is told that so many devices joined, one after the other, and the person says that they know.
async function isTold(app, times) {
  const notice = app.page.locator("[data-notice=joined]");
  for (let n = 0; n < times; n += 1) {
    await notice.getByText("joined your account").waitFor({ timeout: 40_000 });
    await shot(app, `joined-${n}`);
    await app.button("That was me").click();
  }
  await until("nothing is told twice", async () => (await notice.count()) === 0);
}

// Three browsers and a hub that goes and comes.
export const seconds = 300;

export default async function journey(stage) {
  const hub = await stage.hub();
  const [ana, ben] = await stage.friends(hub);
  await ana.post("From the phone");
  await ben.sees("From the phone");

  // The phone shows, the laptop's camera sees it.
  await ana.go("#/you/link");
  await ana.heading("Link a device").waitFor();
  await shot(ana, "phone-begin");
  await ana.button("Show a code here").click();
  const { fragment } = await pictureOf(ana.page.locator("svg.qr"));
  await shot(ana, "phone-shows");
  const camera = await film(stage, "offer", fragment);
  const laptop = await beginsToLink(stage, hub, "laptop", { camera, viewport: { width: 1280, height: 800 } }, shot);
  await laptop.button("Scan with the camera").click();
  await agree(ana, laptop, "laptop", shot);
  await laptop.sees("From the phone");

  // The tablet shows, its letters are typed on the phone. A wrong number gives nothing away.
  const tablet = await beginsToLink(stage, hub, "tablet", { theme: "dark" }, shot);
  for (const isRight of [false, true]) {
    await tablet.button("Show a code here").click();
    const letters = await tablet.page.locator(".link-letters").getAttribute("data-letters");
    await shot(tablet, "tablet-shows");
    await ana.go("#/you");
    await ana.go("#/you/link");
    await ana.field("Link, or the nine letters").fill(letters.toLowerCase());
    await ana.button("Use it").click();
    if (isRight) break;
    const number = Number(await tablet.page.locator(".link-number").innerText());
    await ana.field("Number on the new device").fill(String((number + 1) % 100).padStart(2, "0"));
    await ana.button("Link this device").click();
    for (const app of [ana, tablet]) await app.page.getByText("The number was not the one").waitFor();
    await shot(ana, "phone-declined");
    await tablet.button("Try again").click();
  }
  await agree(ana, tablet, "tablet", shot);
  await tablet.sees("From the phone");

  // Both others are told of the third. The list says of what kind each is, and who is here.
  await isTold(laptop, 1);
  await isTold(ana, 2);
  await ana.go("#/you/devices");
  const row = ana.page.getByRole("list", { name: "Linked devices" }).getByRole("listitem");
  const here = (count) => until(`${count} others are here`, async () => (await row.filter({ hasText: "connected now" }).count()) === count, 40_000);
  await here(2);
  await row.nth(2).getByRole("button", { name: /^Rename/ }).click();
  await ana.field("Name of the device").fill("My tablet");
  await ana.button("Save").click();
  await row.filter({ hasText: /My tablet.*Chrome on Linux/s }).waitFor();
  await laptop.go("#/you/devices");
  await laptop.page.getByText("My tablet").first().waitFor();
  await shot(ana, "phone-devices");
  await tablet.device.close();
  await here(1);
  await row.filter({ hasText: /My tablet.*seen .* ago/s }).waitFor();

  // Phone and laptop post while nobody is reached, and are never there at the same time.
  for (const app of [ana, laptop]) await app.page.evaluate(async () => { await navigator.serviceWorker.ready; });
  await hub.stop();
  await laptop.device.close();
  await ana.tap("Home");
  await ana.post("The phone was alone");
  await ana.device.close();
  await laptop.device.open();
  await laptop.device.go();
  await laptop.opened();
  await laptop.post("So was the laptop");
  await hub.start();
  await laptop.delivered("So was the laptop", /hub|friend/);
  await laptop.device.close();
  await ana.device.open();
  await ana.device.go();
  await ana.opened();
  await ben.tap("Home");
  for (const app of [ana, ben]) {
    await app.sees("The phone was alone", 60_000);
    await app.sees("So was the laptop", 60_000);
    const texts = await app.page.locator("main article[data-post]").allInnerTexts();
    const order = ["So was the laptop", "The phone was alone", "From the phone"];
    const places = order.map((text) => texts.findIndex((shown) => shown.includes(text)));
    assert.deepEqual(places, [...places].sort((a, b) => a - b), "in one order everywhere");
    for (const text of order) assert.equal(texts.filter((shown) => shown.includes(text)).length, 1, "once");
  }
  const feeds = await until("the account is whole", () => ben.isWhole());
  assert.ok(feeds.length > 0);

  // All others are removed. What they posted stays, and one that comes back says so, is wiped and begins anew.
  await ana.go("#/you/devices");
  const removal = ana.page.getByRole("button", { name: /^Remove / });
  await until("the list is whole", async () => (await removal.count()) === 2);
  for (const left of [1, 0]) {
    await removal.first().click();
    if (SHOT && left === 1) await ana.page.screenshot({ path: `${SHOT}/phone-remove.png` });
    await ana.page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
    await until("it is gone from the list", async () => (await removal.count()) === left);
  }
  await tablet.device.open();
  await tablet.device.go();
  await tablet.heading("This device was removed").waitFor();
  await tablet.button("Wipe this device").click();
  await tablet.page.getByRole("dialog").getByRole("button", { name: "Wipe", exact: true }).click();
  await tablet.heading("Welcome to Effigy").waitFor();
  await ben.tap("Home");
  await ben.sees("So was the laptop");
}
