// One writer at a time: a second tab says so, takes over when asked to, and the first gives way. In the end there is one chain.

import assert from "node:assert/strict";

import { App } from "../support/pages.mjs";
import { until } from "../support/waiting.mjs";

// How soon the next tab leads when the one that wrote is gone, on a machine that plays other journeys beside this one. By itself it takes
// less than two seconds: what is found is printed.
const LEADS_MS = 5_000;
const BAR = "nav[aria-label=Main]";

// Waits until one of these tabs leads, and finds that it is only one.
async function leader(tabs) {
  const begun = Date.now();
  const first = await Promise.any(tabs.map((tab) => tab.page.locator(BAR).waitFor({ timeout: LEADS_MS }).then(() => tab)));
  console.log(`          the next tab led after ${Date.now() - begun} ms`);
  await first.opened();
  for (const tab of tabs) {
    if (tab !== first) await tab.heading("Effigy is open in another tab").waitFor();
  }
  return first;
}

export default async function journey(stage) {
  const hub = await stage.hub();
  const [first, friend] = await stage.friends(hub);
  await first.post("From the first tab");

  const page = await first.device.newPage();
  const second = new App(first.device, page);
  await page.goto(hub.address);
  await second.heading("Effigy is open in another tab").waitFor();
  assert.equal(await page.locator("nav[aria-label=Main]").count(), 0, "a tab that may not write shows nothing to write with");
  await second.button("Use it here").click();
  await second.opened();
  await first.heading("Effigy is open in another tab").waitFor();
  await second.sees("From the first tab");
  await second.post("From the second tab");

  await first.button("Use it here").click();
  await first.opened();
  await second.heading("Effigy is open in another tab").waitFor();
  await first.sees("From the second tab");
  await first.post("From the first tab again");

  // To and fro while something is being posted.
  for (let turn = 1; turn <= 3; turn += 1) {
    await first.tap("Write");
    await first.compose(`Turn ${turn}`);
    await first.button("Post").click();
    await second.button("Use it here").click();
    await second.opened();
    await first.button("Use it here").waitFor();
    await second.post(`Answer ${turn}`);
    await first.button("Use it here").click();
    await first.opened();
    await second.button("Use it here").waitFor();
    await first.go("#/");
    await first.sees(`Answer ${turn}`);
  }

  // What is being written goes along, to the last letter, and once it is sent from there it comes back to nobody.
  await first.tap("Write");
  await first.insert("Begun in the first tab");
  await second.button("Use it here").click();
  await second.opened();
  await second.tap("Write");
  await until("the draft is there", async () => (await second.text.inputValue()) === "Begun in the first tab");
  await second.sendPost();
  await first.button("Use it here").click();
  await first.opened();
  await first.tap("Write");
  await first.heading("New post").waitFor();
  assert.equal(await first.text.inputValue(), "", "it was sent, and is no draft any more");
  await first.tap("Home");
  await first.sees("Begun in the first tab");
  assert.equal(await first.cards("Begun in the first tab").count(), 1);

  // A tab that crashes or is closed leaves its place to the one that waits.
  first.device.expects(/the page crashed/);
  const inspector = await first.device.context.newCDPSession(first.page);
  const crashed = first.page.waitForEvent("crash");
  inspector.send("Page.crash").catch(() => undefined);
  await crashed;
  await leader([second]);
  const waiting = [];
  for (let number = 3; number <= 5; number += 1) {
    const tab = new App(first.device, await first.device.newPage());
    await tab.page.goto(hub.address);
    await tab.heading("Effigy is open in another tab").waitFor();
    waiting.push(tab);
  }
  let leads = second;
  while (waiting.length > 0) {
    await leads.post(`With ${waiting.length} tabs waiting`);
    await leads.page.close();
    leads = await leader(waiting);
    waiting.splice(waiting.indexOf(leads), 1);
    await leads.sees(`With ${waiting.length + 1} tabs waiting`);
  }
  await leads.post("The last tab");
  await friend.tap("Home");
  await friend.sees("The last tab");
  for (const text of ["From the first tab again", "From the second tab", "Answer 3", "With 3 tabs waiting", "With 1 tabs waiting"]) {
    await friend.sees(text);
  }
  await leads.isWhole();
  await friend.isWhole();
}
