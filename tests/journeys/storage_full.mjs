// The browser gives no more room. The app says so, keeps what is being written, and loses nothing of what was there.

import assert from "node:assert/strict";

import { App } from "../support/pages.mjs";
import { noise } from "../support/pictures.mjs";

const QUOTA = 6 * 1024 * 1024;
const FULL = "This device is full, so it was not kept.";

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

  let written = 0;
  let isFull = false;
  for (let number = 1; number <= 20 && !isFull; number += 1) {
    const picture = await noise(device.page, { width: 1_100, height: 900, number });
    await app.tap("Write");
    await app.compose(`Large ${number}`, [{ file: { name: "large.jpg", mimeType: "image/jpeg", buffer: picture }, alt: `Noise ${number}` }]);
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

  // What was being written is still there, with its picture.
  const field = app.text;
  assert.equal(await field.inputValue(), `Large ${written + 1}`);
  assert.equal(await device.page.locator(".slot").count(), 1);

  // Nothing is lost, now and after a reload, and there is no fork.
  const all = async () => {
    await app.tap("Home");
    await app.sees("From before");
    for (let number = 1; number <= written; number += 1) await app.sees(`Large ${number}`);
    assert.equal(await app.cards(`Large ${written + 1}`).count(), 0, "what was not kept is not shown");
  };
  await all();
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
  await app.delivered("There is room again", /hub/i);
  await app.isWhole();
}
