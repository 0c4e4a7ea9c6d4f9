// A video is attached, outlives a reload, is posted and plays while it still arrives; it is paused, goes on after a reload where
// it was, and is whole in the end. Files and a folder go from one to the other without any hub.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { violations } from "../support/axe.mjs";
import { video } from "../support/videos.mjs";
import { pause, until } from "../support/waiting.mjs";

export const seconds = 300;

const MIB = 1024 * 1024;
const SIZE = 24 * MIB;
// How fast the hub's bytes come while something is to be seen of it.
const SLOW = 2 * MIB;

// The journey says how much room there is, and whether bytes cost money.
function world() {
  const estimate = StorageManager.prototype.estimate;
  StorageManager.prototype.estimate = async function () {
    return window.room === undefined ? estimate.call(this) : { usage: 0, quota: window.room };
  };
  Object.defineProperty(NetworkInformation.prototype, "saveData", { get: () => window.isMetered === true });
}

const hash = (bytes) => createHash("sha256").update(bytes).digest("hex");

// Bytes of which no two pieces are alike.
function noise(length, seed) {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

async function told(card) {
  return (await card.locator("[data-told]").first().innerText()).trim();
}

async function tells(card, words, patience = 40_000) {
  return until(`it says ${words}`, async () => {
    const now = await told(card);
    if (words.test(now)) return now;
    throw new Error(`it says "${now}"`);
  }, patience);
}

// How many megabytes of it are here.
const megabytes = (words) => Number(words.match(/([\d.]+) MB of/)?.[1] ?? 0);

async function saved(app, card, name) {
  const begins = app.page.waitForEvent("download");
  await card.getByRole("button", { name: `Save ${name}` }).click();
  const download = await begins;
  assert.equal(download.suggestedFilename(), name.split("/").at(-1));
  return readFile(await download.path());
}

async function isFair(app, what) {
  for (const colorScheme of ["light", "dark"]) {
    await app.page.emulateMedia({ colorScheme });
    assert.deepEqual(await violations(app.page), [], `${what}, ${colorScheme}`);
  }
}

async function attaches(ana, path) {
  const row = ana.page.locator("[data-attach]");
  await ana.tap("Write");
  await ana.compose("A film of noise");
  // Refused before anything is kept, where there is no room.
  await ana.page.evaluate(() => { window.room = 20 * 1024 * 1024; });
  await ana.page.locator(".composer input[data-takes=any]").setInputFiles(path);
  await row.getByText("There is not enough room for it on this device").waitFor();
  assert.ok(await ana.button("Post").isDisabled());
  await ana.page.evaluate(() => { window.room = undefined; });
  await row.getByRole("button", { name: "Try again" }).click();
  await row.getByRole("status").getByText("Reading it…").waitFor();
  await row.getByRole("button", { name: "Remove the attachment" }).click();
  await row.waitFor({ state: "detached" });

  await ana.attach(path);
  await row.getByText(/^0:\d\d, 2\d MB$/).waitFor();
  await row.locator("img").waitFor();
  await row.getByLabel(/Describe it/).fill("Stripes on noise");
  await isFair(ana, "attached");
  await pause(1_000);
  await ana.page.reload();
  await row.getByText("Ready to be posted.").waitFor();
  await row.locator("img").waitFor();
  assert.equal(await row.getByLabel(/Describe it/).inputValue(), "Stripes on noise");
  await ana.sendPost();
}

// Looks at how the video is on Ben's side while it comes slowly through the hub.
async function arrives(ben, wire, length) {
  const card = await ben.sees("A film of noise");
  await tells(card, /MB$/);
  await isFair(ben, "not yet here");
  wire.slow(SLOW);
  await card.getByRole("button", { name: "Play the video: Stripes on noise" }).click();
  const film = card.locator("video");
  await until("it plays", () => film.evaluate((element) => element.currentTime > 0.5), 40_000);
  assert.match(await told(card), /MB of 2\d MB, from 1 device$/, "before it is whole");
  await film.evaluate((element, to) => { element.currentTime = to; }, length * 0.8);
  await until("it plays from there", () => film.evaluate((element, to) => element.currentTime > to + 0.3, length * 0.8), 40_000);
  assert.match(await told(card), /MB of 2\d MB, from 1 device$/, "before it is whole");
  await isFair(ben, "playing");

  await card.getByRole("button", { name: "Pause video.webm" }).click();
  const paused = await tells(card, /, paused$/);
  await card.getByRole("button", { name: /^Play the video/ }).waitFor();
  await pause(2_000);
  assert.equal(await told(card), paused, "what is paused does not come");
  await ben.page.reload();
  await tells(card, /, paused$/);
  assert.ok(megabytes(await told(card)) >= megabytes(paused) - 0.6, "what came stays");
  await card.getByRole("button", { name: "Go on video.webm" }).click();
  await tells(card, /from 1 device$/);
  await ben.page.reload();
  await tells(card, /from 1 device$/);
  assert.ok(megabytes(await told(card)) >= megabytes(paused) - 0.6, "and it goes on where it was");
  assert.equal(await card.getByRole("button", { name: /^Save/ }).count(), 0, "what is half here is not shown as whole");
  wire.slow(0);
  await tells(card, /^0:\d\d · 2\d MB, on this device$/, 60_000);
  return card;
}

async function goDirectly(ana, ben, folder) {
  const book = noise(3 * MIB, 3);
  await mkdir(join(folder, "trip", "maps"), { recursive: true });
  const files = { "maps/north.bin": noise(300_000, 4), "notes.txt": Buffer.from("Bring something warm.") };
  for (const [path, bytes] of Object.entries(files)) await writeFile(join(folder, "trip", path), bytes);
  await writeFile(join(folder, "trip", ".hidden"), "not for others");

  await ben.page.evaluate(() => {
    window.isMetered = true;
    navigator.connection.dispatchEvent(new Event("change"));
  });
  await ana.tap("Write");
  await ana.compose("A book");
  await ana.attach({ name: "a:book.pdf", mimeType: "application/pdf", buffer: book });
  await ana.page.locator("[data-attach]").getByText("It goes as it is, with whatever it holds about you.").waitFor();
  await ana.sendPost();
  await ana.tap("Write");
  await ana.compose("The trip");
  await ana.attach(join(folder, "trip"), "folder");
  await ana.page.locator("[data-attach]").getByText(/Left out because they are empty or hidden: 1\./).waitFor();
  await ana.sendPost();

  await ben.tap("Home");
  const trip = await ben.sees("The trip");
  await trip.locator("[data-notice=spared]").first().waitFor();
  assert.match(await told(trip), /kB$|B$/, "on such a connection not even little comes unasked");
  await isFair(ben, "spared");
  for (const [path, bytes] of Object.entries(files)) {
    const row = trip.locator(".attached-item").filter({ hasText: path });
    await row.getByRole("button", { name: `Load ${path}` }).click();
    await tells(row, /on this device$/);
    assert.equal(hash(await saved(ben, row, path)), hash(bytes), path);
  }
  await ben.page.evaluate(() => {
    window.isMetered = false;
    navigator.connection.dispatchEvent(new Event("change"));
  });
  const card = await ben.sees("A book");
  await card.locator("[data-notice=spared]").waitFor({ state: "detached" });
  await card.getByRole("button", { name: "Load a_book.pdf" }).click();
  await tells(card, /on this device$/);
  assert.equal(hash(await saved(ben, card, "a_book.pdf")), hash(book));
}

export default async function journey(stage) {
  const { hub, wire } = await stage.hubBehindWire();
  const [ana, ben] = await stage.friends(hub, ["Ana", "Ben"], [{ init: world }, { init: world }]);
  await ben.befriended("Ana");
  await ben.device.close();
  const path = join(stage.folder, "film.webm");
  const { size, seconds: length } = await video(ana.page, path, SIZE);
  await attaches(ana, path);
  await until("the hub has it", async () => {
    const { ledger } = await ana.network();
    return ledger.some(({ words }) => Number(words.match(/they took ([\d.]+) MB/)?.[1]) >= Math.floor(size / 1e6));
  }, 60_000);
  await isFair(ana, "the ledger");
  await pause(1_000);
  await ana.device.close();

  await ben.device.restart();
  await ben.opened();
  const card = await arrives(ben, wire, length);
  assert.equal(hash(await saved(ben, card, "video.webm")), hash(await readFile(path)), "it arrived as it was");

  await ana.device.restart();
  await ana.opened();
  await ana.connected("Ben");
  await ben.connected("Ana");
  await hub.kill();
  await goDirectly(ana, ben, stage.folder);
  const { ledger } = await ben.network();
  assert.match(ledger.find(({ name }) => name === "Ana").words, /they gave \d\.\d MB/);
  assert.match(ledger.find(({ name }) => name === "Hub").words, /they gave 2\d MB/);
}
