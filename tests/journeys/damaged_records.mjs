// One record after the other is damaged in the store. Each time the app starts, shows the rest, gets back what is missing, and
// still has one chain.

import assert from "node:assert/strict";

import { until } from "../support/waiting.mjs";

export const seconds = 240;

const POSTS = ["First of Ana", "Second of Ana", "Third of Ana"];
const DAMAGES = ["a bit is wrong", "half of it is gone", "all of it is gone"];

// The records of the store but for the keys, whose loss is a journey of its own. Runs on a page of the hub without the app.
function list() {
  const settled = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return (async () => {
    const database = await settled(indexedDB.open("effigy"));
    const records = [];
    for (const table of [...database.objectStoreNames].filter((name) => name !== "keys")) {
      const keys = await settled(database.transaction(table).objectStore(table).getAllKeys());
      for (const key of keys) records.push({ table, key: Array.from(new Uint8Array(key)) });
    }
    database.close();
    return records;
  })();
}

// Damages one record. Says how many bytes it had.
function damage({ table, key, how }) {
  const settled = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return (async () => {
    const database = await settled(indexedDB.open("effigy"));
    const store = database.transaction(table, "readwrite").objectStore(table);
    const name = new Uint8Array(key).buffer;
    const bytes = new Uint8Array(await settled(store.get(name)));
    const changed = how === "all of it is gone" ? bytes.slice(0, 0) : bytes.slice(0, how === "half of it is gone" ? bytes.length >> 1 : bytes.length);
    if (how === "a bit is wrong" && changed.length > 0) changed[changed.length >> 1] ^= 0x10;
    await settled(store.put(changed, name));
    database.close();
    return bytes.length;
  })();
}

export default async function journey(stage) {
  const hub = await stage.hub();
  const [ana, ben] = await stage.friends(hub);
  for (const text of POSTS) await ana.post(text);
  await ben.post("One of Ben");
  await ana.sees("One of Ben");
  await ana.delivered(POSTS.at(-1), /With 1 friend and a hub/);
  await ben.delivered("One of Ben", /With 1 friend and a hub/);

  const aside = async () => {
    await ana.page.goto(`${hub.address}/version.json`);
  };
  // Chromium asks for a picture of what is no page of the app.
  ana.device.expects(/favicon/);
  await aside();
  const records = await ana.page.evaluate(list);
  // What was posted one by one is joined: one pack each for two accounts and two devices.
  const packs = records.filter(({ table }) => table === "packs").length;
  assert.ok(packs >= 4 && records.length >= 12, `there is something to damage: ${packs} of ${records.length}`);
  for (const [index, record] of records.entries()) {
    const how = DAMAGES[index % DAMAGES.length];
    const what = `record ${index} of ${records.length}, in ${record.table}, ${how}`;
    const length = await ana.page.evaluate(damage, { ...record, how });
    if (length === 0) continue;
    try {
      await ana.device.go("#/");
      // At once, or after what is missing was fetched.
      await ana.page.locator("nav[aria-label=Main]").waitFor({ timeout: 60_000 });
      for (const text of [...POSTS, "One of Ben"]) await ana.sees(text, 60_000);
      await until("it may write again", async () => (await ana.page.locator("[data-notice=repair]").count()) === 0, 60_000);
      await ana.isWhole();
      assert.equal(await ana.page.locator(".stopped").count(), 0);
    } catch (error) {
      throw new Error(`${what}: ${error.message}`, { cause: error });
    }
    await aside();
  }
  const quarantined = (await ana.page.evaluate(list)).filter(({ table }) => table === "quarantine");
  assert.ok(quarantined.length >= packs, `what was damaged was noticed and put aside: ${quarantined.length} of ${packs}`);
  await ana.device.go();
  await ana.opened();
  await ana.post("After all that damage");
  await ben.tap("Home");
  await ben.sees("After all that damage", 60_000);
  await ana.isWhole();
  await ben.isWhole();
}
