// The browser gives no more room. What friends gave makes room for what is one's own; when that is used up the app says so, keeps
// what is being written, and loses nothing of what was there.

import assert from "node:assert/strict";

import { App } from "../support/pages.mjs";
import { noise } from "../support/pictures.mjs";
import { until } from "../support/waiting.mjs";

const QUOTA = 11 * 1024 * 1024;
// How many pictures of a friend's are here before it becomes full.
const FRIENDS = 3;
const FULL = "This device is full, so it was not kept.";

export const seconds = 240;

const pictureOf = async (page, number) => ({
  file: { name: "large.jpg", mimeType: "image/jpeg", buffer: await noise(page, { width: 1_100, height: 900, number }) }, alt: `Noise ${number}`,
});

// How many bytes of friends are here, as the Storage screen says.
async function ofFriends(app) {
  await app.go("#/you/storage");
  await app.heading("Storage").waitFor();
  const [, count, unit] = (await app.page.locator(".facts").innerText()).match(/Friends\s+([\d.]+) (\w+)/);
  return Number(count) * { B: 1, kB: 1e3, MB: 1e6 }[unit];
}

export default async function journey(stage) {
  const hub = await stage.hub();
  const device = await stage.device(hub, "Ana");
  // Only counts when it is said before the browser keeps anything of the app.
  const inspector = await device.context.newCDPSession(device.page);
  await inspector.send("Storage.overrideQuotaForOrigin", { origin: hub.address, quotaSize: QUOTA });
  device.expects(/QuotaExceeded|quota/i);
  const app = new App(device);
  await device.go();
  await app.start("Ana");
  await app.post("From before");
  const ben = await stage.person(hub, "Ben");
  await ben.addByText(await app.inviteText());
  await app.befriended("Ben");
  for (let number = 1; number <= FRIENDS; number += 1) await ben.post(`Ben ${number}`, [await pictureOf(ben.page, 90 + number)]);
  await until("all of Ben's pictures are here", async () => (await ofFriends(app)) > FRIENDS * 500_000, 60_000);

  let written = 0;
  let isFull = false;
  for (let number = 1; number <= 20 && !isFull; number += 1) {
    await app.tap("Write");
    await app.compose(`Large ${number}`, [await pictureOf(device.page, number)]);
    await app.button("Post").click();
    const kept = device.page.getByText("Posted. It is on this device and on its way.");
    const refused = device.page.getByText(FULL).first();
    await kept.or(refused).first().waitFor();
    isFull = await refused.isVisible();
    if (!isFull) {
      written = number;
      await app.heading("Home").waitFor();
      await app.button("Dismiss").first().click();
    }
  }
  assert.ok(isFull, "it became full");
  assert.ok(written >= 1, "something fitted");
  await app.page.locator("[data-notice=unwritable]").getByText("This device is full.").waitFor();

  // What was being written is still there, with its picture.
  const field = app.text;
  assert.equal(await field.inputValue(), `Large ${written + 1}`);
  assert.equal(await device.page.locator(".slot").count(), 1);

  // Looked at before friends' posts are shown again, which fetches their pictures where the browser has found room meanwhile.
  await until("what Ben gave has made room", async () => (await ofFriends(app)) < 500_000);

  // Nothing is lost, now and after a reload, and there is no fork.
  const all = async () => {
    await app.tap("Home");
    await app.sees("From before");
    for (let number = 1; number <= written; number += 1) await app.sees(`Large ${number}`);
    assert.equal(await app.cards(`Large ${written + 1}`).count(), 0, "what was not kept is not shown");
  };
  await all();
  for (let number = 1; number <= FRIENDS; number += 1) await app.sees(`Ben ${number}`);
  await device.page.reload();
  await app.opened();
  await all();

  // With room again the draft goes out.
  await inspector.send("Storage.overrideQuotaForOrigin", { origin: hub.address, quotaSize: 200 * 1024 * 1024 });
  await app.tap("Write");
  await app.heading("New post").waitFor();
  await field.fill("There is room again");
  const without = app.button("Without pictures");
  if (await without.isVisible()) await without.click();
  await app.sendPost();
  await app.sees("There is room again");
  assert.equal(await app.page.locator("[data-notice=unwritable]").count(), 0, "nothing is said any more of what is over");
  await app.delivered("There is room again", /hub/i);
  await app.isWhole();
}
