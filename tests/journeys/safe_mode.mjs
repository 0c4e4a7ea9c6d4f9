// Twice in a row the page crashes before anything is shown. Then the app asks how to start: with one's own posts only, after looking through
// everything, or as usual. Whoever merely closes a page that is being opened is not asked.

import assert from "node:assert/strict";

import { violations } from "../support/axe.mjs";
import { drawn } from "../support/pictures.mjs";
import { until } from "../support/waiting.mjs";

// For the start of Ana's page: while this is set, what is kept is never read to the end.
function stallable() {
  let stalls = false;
  try { stalls = localStorage.getItem("test.stall") === "yes"; } catch { /* not a page of the hub */ }
  if (stalls) for (const name of ["getAll", "getAllKeys", "openCursor"]) IDBObjectStore.prototype[name] = () => new EventTarget();
}

const TITLE = "Effigy did not start the last two times";

export default async function journey(stage) {
  const hub = await stage.hub();
  const [ana, ben] = await stage.friends(hub, ["Ana", "Ben"], [{ init: stallable }, {}]);
  const picture = await drawn(ben.page);
  await ana.post("Mine");
  await ben.post("His", [{ file: { name: "a.jpg", mimeType: "image/jpeg", buffer: picture }, alt: "Hills" }]);
  await ana.tap("Home");
  await (await ana.sees("His")).locator("img[src^='blob:']").waitFor();
  ana.device.expects(/the page crashed/);

  const stall = (on) => ana.page.evaluate((set) => { localStorage.setItem("test.stall", set ? "yes" : "no"); }, on);
  const isBeingOpened = () => ana.page.getByText("Opening your posts…").waitFor();
  const crash = async () => {
    await isBeingOpened();
    const gone = ana.page.waitForEvent("crash");
    const inspector = await ana.device.context.newCDPSession(ana.page);
    inspector.send("Page.crash").catch(() => undefined);
    await gone;
    await ana.page.close();
    ana.device.page = await ana.device.newPage();
    await ana.device.go();
  };
  const crashTwice = async () => {
    await stall(true);
    await ana.page.reload();
    await crash();
    await crash();
    await ana.heading(TITLE).waitFor();
    // It asks again until something was chosen.
    await stall(false);
    await ana.page.reload();
    await ana.heading(TITLE).waitFor();
  };

  // Whoever closes or reloads a page that is being opened, however often, has not seen it fail. Nor has who saw it once.
  await stall(true);
  for (let time = 0; time < 3; time += 1) {
    await ana.page.reload();
    await isBeingOpened();
  }
  await crash();
  await isBeingOpened();
  await stall(false);
  await ana.page.reload();
  await ana.opened();
  await ana.sees("Mine");
  await until("the start counts as good", () => ana.page.evaluate(() => localStorage.getItem("effigy.starts") === null));

  await crashTwice();
  assert.deepEqual(await violations(ana.page), []);
  await ana.page.screenshot({ path: `${stage.output}/careful.png` });
  assert.ok(await ana.button("Copy report").isVisible());
  await ana.button("Start with my posts only").click();
  await ana.opened();
  await ana.sees("Mine");
  await ana.page.getByText("Posts of others and pictures are left out").waitFor();
  assert.equal(await ana.cards("His").count(), 0);
  assert.equal(await ana.page.locator("main img[src^='blob:']").count(), 0);
  await ana.openPerson("Ben");
  await ana.page.screenshot({ path: `${stage.output}/narrow.png` });
  await ana.tap("Home");
  await ana.post("Mine, again");
  await ana.button("Show everything").click();
  await ana.sees("His");
  await ana.sees("Mine, again");

  // All of it is looked through, and everything is there.
  await crashTwice();
  await ana.button("Look through everything first").click();
  await ana.opened();
  for (const text of ["Mine", "His", "Mine, again"]) await ana.sees(text);
  await ana.isWhole();
  await ana.tap("Home");
  await crashTwice();
  await ana.button("Start as usual").click();
  await ana.sees("His");
  await ana.post("As before");
  await ben.tap("Home");
  await ben.sees("As before");
}
