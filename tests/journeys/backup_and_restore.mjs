// Everything goes into one encrypted file. The only device loses all it kept, and the hub too: the file brings back posts, pictures
// and a file, in a new device of the same account. A wrong passphrase, a file that was cut, changed or is none each say so.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import { violations } from "../support/axe.mjs";
import { drawn } from "../support/pictures.mjs";
import { loseAll } from "./words_bring_all_back.mjs";

export const seconds = 240;

const PASSPHRASE = "correct horse b\u00e4ttery staple";
// The same as another system's keyboard types it.
const ELSEWHERE = PASSPHRASE.normalize("NFD").replace(" ", "\u00a0");

async function backsUp(app) {
  await app.go("#/you/backup");
  const panel = app.page.getByRole("region", { name: "Back up to a file" });
  await panel.getByLabel("Passphrase", { exact: true }).fill("short");
  await panel.getByText("Too short, or too much the same.").waitFor();
  await app.button("Back up").click();
  await panel.getByRole("alert").getByText("Choose a passphrase of at least 10 characters").waitFor();
  await panel.getByLabel("Passphrase", { exact: true }).fill(PASSPHRASE);
  await panel.getByText("Strong.").waitFor();
  await panel.getByLabel("Passphrase, once more").fill("another");
  await app.button("Back up").click();
  await panel.getByRole("alert").getByText("The two passphrases are not the same.").waitFor();
  await panel.getByLabel("Passphrase, once more").fill(PASSPHRASE);
  for (const colorScheme of ["light", "dark"]) {
    await app.page.emulateMedia({ colorScheme });
    assert.deepEqual(await violations(app.page), [], colorScheme);
  }
  const begins = app.page.waitForEvent("download");
  await app.button("Back up").click();
  const download = await begins;
  assert.match(download.suggestedFilename(), /^effigy-\d{4}-\d\d-\d\d\.effigybackup$/);
  await panel.getByText(/^The backup is written: 3 posts of yours, 1 post of 1 person, 1 picture and 1 video or file/).waitFor();
  assert.deepEqual(await violations(app.page), []);
  return readFile(await download.path());
}

async function chooses(app, buffer, passphrase) {
  const panel = app.page.getByRole("region", { name: "Backup file" });
  await panel.locator("input[type=file]").setInputFiles({ name: "mine.effigybackup", mimeType: "application/octet-stream", buffer });
  await panel.getByLabel("Passphrase of the backup").fill(passphrase);
  await panel.getByRole("button", { name: "Restore" }).click();
  return panel;
}

async function isRefused(app, buffer, passphrase, words) {
  const panel = await chooses(app, buffer, passphrase);
  await panel.getByRole("alert").getByText(words).waitFor({ timeout: 30_000 });
  assert.deepEqual(await app.page.evaluate(() => Object.keys(localStorage)), [], "nothing is kept");
}

export default async function journey(stage) {
  const hub = await stage.hub();
  const [ana, ben] = await stage.friends(hub);
  const image = await drawn(ana.page, { width: 640, height: 480, number: 5 });
  await ben.post("From a friend");
  await ana.post("A picture to come back", [{ file: { name: "p.jpg", mimeType: "image/jpeg", buffer: image }, alt: "Five" }]);
  await ana.tap("Write");
  await ana.compose("A file to come back");
  const book = Buffer.alloc(900_000, "all of it ");
  await ana.attach({ name: "book.txt", mimeType: "text/plain", buffer: book });
  await ana.sendPost();
  await ana.post("And a few words");
  await ana.tap("Home");
  await ana.sees("From a friend");
  await ana.writesDownWords();
  const backup = await backsUp(ana);
  assert.ok(backup.length > book.length, "the file is in it");
  assert.ok(!backup.includes("And a few words") && !backup.includes("all of it all"), "nothing of it can be read");
  await ana.post("After the backup");
  await ana.delivered("After the backup", /hub/i);

  await loseAll(ana);
  await ana.heading("Welcome to Effigy").waitFor();
  await ana.button("I already have an account").click();
  assert.deepEqual(await violations(ana.page), []);
  await isRefused(ana, backup, "correct horse b\u00e4ttery stable", "The passphrase is not the one of this backup.");
  await isRefused(ana, backup.subarray(0, backup.length - 70_000), PASSPHRASE, "This backup ends early");
  const damaged = Buffer.from(backup);
  damaged[200_000] ^= 1;
  await isRefused(ana, damaged, PASSPHRASE, "This backup is damaged");
  const newer = Buffer.from(backup);
  newer[7] = 2;
  await isRefused(ana, newer, PASSPHRASE, "A later version of Effigy wrote this backup.");
  await isRefused(ana, book, PASSPHRASE, "This file is no backup of Effigy.");

  assert.notEqual(ELSEWHERE, PASSPHRASE);
  await chooses(ana, backup, ELSEWHERE);
  await ana.heading("Is this you?").waitFor({ timeout: 60_000 });
  await ana.page.getByText("Ana", { exact: true }).waitFor();
  await ana.page.getByText(/^Out of the backup of .* came 3 posts of yours, 1 post of 1 person, 1 picture and 1 video or file/).waitFor();
  assert.deepEqual(await violations(ana.page), []);
  await ana.button("Yes, this is my account").click();
  await ana.heading("Welcome back").waitFor();
  await ana.button("Open Effigy").click();
  await ana.opened();
  for (const text of ["And a few words", "A file to come back", "From a friend"]) await ana.sees(text);
  await (await ana.sees("A picture to come back")).getByAltText("Five").waitFor();
  const card = await ana.sees("A file to come back");
  await card.getByText("on this device").waitFor();
  const begins = ana.page.waitForEvent("download");
  await card.getByRole("button", { name: "Save book.txt" }).click();
  assert.ok(book.equals(await readFile(await (await begins).path())), "the file is as it was");
  // What came after the backup is not in it, and comes from others.
  await ana.sees("After the backup", 40_000);
  await ana.post("I am back");
  await ben.tap("Home");
  await ben.sees("I am back", 40_000);
  await ben.openPerson("Ana");
  for (const text of ["I am back", "After the backup", "And a few words"]) await ben.sees(text);
  await ben.isWhole();
  await ana.page.reload();
  await ana.opened();
  await ana.sees("I am back");
  await ana.isWhole();
}
