// A tab of a later version brings the store forward while this version is open. The old tab makes way at once, says that a newer version
// was here, and neither writes to what it does not understand nor loses any of it.

import assert from "node:assert/strict";

import { until } from "../support/waiting.mjs";

const LATER = 3;
const MAKES_WAY_MS = 5_000;

// Opens the store in another version, as a later app would, and gives how many records each table has.
const open = (page, version) => page.evaluate((wanted) => new Promise((resolve, reject) => {
  const begun = performance.now();
  const request = indexedDB.open("effigy", wanted);
  request.onerror = () => reject(request.error);
  request.onsuccess = async () => {
    const database = request.result;
    const took = performance.now() - begun;
    const names = [...database.objectStoreNames];
    const transaction = database.transaction(names, "readonly");
    const count = (name) => new Promise((done) => { const asked = transaction.objectStore(name).count(); asked.onsuccess = () => done(asked.result); });
    const counts = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await count(name)])));
    database.close();
    resolve({ counts, took });
  };
}), version);

export default async function journey(stage) {
  const hub = await stage.hub();
  const ana = await stage.person(hub, "Ana");
  await ana.post("Before the newer version");
  await ana.delivered("Before the newer version", /hub/i);
  ana.device.expects(/newer version|VersionError|engine ended|favicon/i);

  // A page of the same address, without the app: its icon is missed.
  const other = await ana.device.newPage();
  await other.goto(`${hub.address}/healthz`);
  const before = await open(other, undefined);
  const later = await open(other, LATER);
  assert.ok(later.took < MAKES_WAY_MS, `the old tab made way after ${later.took} ms`);
  assert.deepEqual(later.counts, before.counts);

  // How far was read is noted by itself, so it may be said before anything is posted.
  const newer = ana.heading("A newer version was here before");
  const post = async () => {
    await ana.tap("Write");
    await ana.compose("In the old tab");
    await ana.button("Post").click();
  };
  const posted = post().catch(() => undefined);
  await newer.waitFor();
  await posted;
  const after = await open(other, LATER);
  assert.equal(after.counts.packs, before.counts.packs, "nothing was written, and nothing is lost");

  // Trying again does not help before the newer version is there, and harms nothing.
  await ana.button("Try again").click();
  await ana.heading("A newer version was here before").waitFor();
  await until("all of it is still there", async () => (await open(other, LATER)).counts.packs === before.counts.packs);
}
