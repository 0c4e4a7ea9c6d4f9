// The app lock: without one the keys lie under a key of the browser that cannot be exported. With a passphrase, and with a passkey of
// Chromium's virtual authenticator, the page holds nothing of anybody before it is open: at a start, when it is locked by hand, and
// after a while in which nobody used it. A change that is broken off leaves the old lock or the new one. It is asked for once more
// before somebody else at this device could do harm.

import assert from "node:assert/strict";

import { violations } from "../support/axe.mjs";
import { beginsToLink } from "../support/linking.mjs";
import { App } from "../support/pages.mjs";
import { holdsNone } from "../support/secrets.mjs";
import { SLOWNESS, until } from "../support/waiting.mjs";

export const seconds = 360;

const PASSPHRASE = "correct horse battery staple";
const OTHER = "another four good words";
const SET = "Effigy asks for this passphrase from now on.";
// A key of a passphrase takes a second, or several on a machine that plays other journeys beside this one.
const KEY_MS = 30_000 * SLOWNESS;

// What the browser keeps of the keys, and whether the key around them can be exported.
async function atRest(page) {
  return page.evaluate(async () => {
    const answer = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const vault = await answer(indexedDB.open("effigy-vault"));
    const key = await answer(vault.transaction("vault").objectStore("vault").get("key"));
    vault.close();
    const store = await answer(indexedDB.open("effigy"));
    const all = await answer(store.transaction("keys").objectStore("keys").getAll());
    store.close();
    const sealed = new Uint8Array(all[0].buffer ?? all[0]);
    const exported = await crypto.subtle.exportKey("raw", key).then(() => "exported", (error) => error.name);
    // What is left once the browser's own key is taken away: all that somebody with a copy of its files has to open.
    const opened = new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: sealed.slice(0, 12) }, key, sealed.slice(12)));
    const read = (bytes) => new TextDecoder("latin1").decode(bytes);
    return { count: all.length, exported, extractable: key.extractable, sealed: read(sealed), opened: read(opened) };
  });
}

// Nothing of anybody is in the page, its title, or what it keeps for the tab.
async function isLocked(app) {
  await app.heading("Effigy is locked").waitFor();
  // Before that the page is still being loaded anew.
  await app.page.getByRole("button", { name: /^Unlock/ }).waitFor();
  const [html, title, kept] = await app.page.evaluate(
    () => [document.documentElement.outerHTML, document.title, JSON.stringify(sessionStorage)],
  );
  for (const text of ["For my friends", "behind the lock", "Half a thou", "Ana"]) assert.ok(!(html + title + kept).includes(text), text);
  assert.equal(title, "Locked · Effigy");
}

async function unlocks(app, passphrase) {
  await app.field("Passphrase of the lock").fill(passphrase);
  await app.button("Unlock").click();
}

async function isWrong(within) {
  await within.getByRole("alert").getByText("That does not open the lock.").waitFor({ timeout: KEY_MS });
}

async function fair(app, what) {
  for (const colorScheme of ["dark", "light"]) {
    await app.page.emulateMedia({ colorScheme });
    assert.deepEqual(await violations(app.page), [], `${what}, ${colorScheme}`);
    await app.shot(`lock-${what.replaceAll(" ", "-")}-${colorScheme}`);
  }
}

async function sets(app, passphrase, button) {
  await app.go("#/you/lock");
  await app.field("Passphrase").fill(passphrase);
  await app.field("Passphrase, once more").fill(passphrase);
  await app.button(button).click();
}

// Waits until the new passphrase holds: then the field for it is empty.
async function isSet(app) {
  await app.page.getByText(SET).first().waitFor({ timeout: KEY_MS });
  await until("the field is empty", async () => (await app.field("Passphrase").inputValue()) === "");
}

// Opens the lock in the question before something.
async function answers(app, passphrase) {
  const dialog = app.page.getByRole("dialog", { name: "Open the lock" });
  await dialog.getByLabel("Passphrase of the lock").fill(passphrase);
  await dialog.getByRole("button", { name: "Go on", exact: true }).click();
  return dialog;
}

async function cancels(app) {
  const dialog = app.page.getByRole("dialog", { name: "Open the lock" });
  await dialog.waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();
  await dialog.waitFor({ state: "hidden" });
}

// What becomes of the page or of the write when the keys are written next.
async function nextWrite(page, what) {
  await page.evaluate((becomes) => {
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (...given) {
      if (this.name !== "keys") return put.apply(this, given);
      IDBObjectStore.prototype.put = put;
      if (becomes === "gone before") {
        location.reload();
        throw new DOMException("the page is gone", "UnknownError");
      }
      const request = put.apply(this, given);
      if (becomes === "refused") this.transaction.abort();
      if (becomes === "told") console.log("the keys are being written");
      if (becomes === "gone after") this.transaction.addEventListener("complete", () => location.reload());
      return request;
    };
  }, what);
}

// A change of the lock that is broken off leaves the old one or the new one, and never both or none.
async function brokenOff(ana) {
  await ana.go("#/you/lock");
  await nextWrite(ana.page, "refused");
  await sets(ana, PASSPHRASE, "Set the passphrase");
  await ana.page.getByText("so the lock is as it was").waitFor({ timeout: KEY_MS });
  await nextWrite(ana.page, "gone before");
  await Promise.all([ana.page.waitForEvent("load", { timeout: KEY_MS }), sets(ana, PASSPHRASE, "Set the passphrase")]);
  await ana.opened();
  assert.match((await atRest(ana.page)).opened, /"sealing"/, "there is no lock yet");
  await ana.go("#/you/lock");
  await nextWrite(ana.page, "gone after");
  await Promise.all([ana.page.waitForEvent("load", { timeout: KEY_MS }), sets(ana, PASSPHRASE, "Set the passphrase")]);
  await isLocked(ana);
  await unlocks(ana, PASSPHRASE);
  await ana.opened();
  // From one lock to the next, with a browser that is killed somewhere in between.
  await nextWrite(ana.page, "told");
  const told = ana.page.waitForEvent("console", { predicate: (line) => line.text() === "the keys are being written", timeout: KEY_MS });
  await sets(ana, OTHER, "Change the passphrase");
  await answers(ana, PASSPHRASE);
  await told;
  await ana.device.kill();
  await ana.device.open();
  await ana.device.go();
  await isLocked(ana);
  await unlocks(ana, PASSPHRASE);
  const either = [ana.opened().then(() => PASSPHRASE), isWrong(ana.page).then(() => OTHER)];
  for (const one of either) one.catch(() => undefined);
  const holds = await Promise.any(either);
  console.log(`          after the kill ${holds === OTHER ? "the new" : "the old"} lock holds`);
  if (holds === PASSPHRASE) {
    await sets(ana, OTHER, "Change the passphrase");
    await answers(ana, PASSPHRASE);
    await isSet(ana);
  } else {
    await unlocks(ana, OTHER);
    await ana.opened();
  }
  await sets(ana, PASSPHRASE, "Change the passphrase");
  await answers(ana, OTHER);
  await isSet(ana);
  await ana.page.reload();
  await isLocked(ana);
  await unlocks(ana, OTHER);
  await isWrong(ana.page);
  await unlocks(ana, PASSPHRASE);
  await ana.opened();
}

// Before what somebody else at this device would do, it is asked for again.
async function asksBefore(stage, hub, ana) {
  await ana.go("#/you/backup");
  await ana.button("Show my words").click();
  await isWrong(await answers(ana, "wrong wrong wrong"));
  await fair(ana, "asked");
  await cancels(ana);
  assert.equal(await ana.page.locator(".words-grid").count(), 0);
  await ana.button("Show my words").click();
  await answers(ana, PASSPHRASE);
  await ana.page.locator(".words-grid li").first().waitFor({ timeout: KEY_MS });
  await ana.go("#/you");
  await ana.go("#/you/backup");
  const panel = ana.page.getByRole("region", { name: "Back up to a file" });
  await panel.getByLabel("Passphrase", { exact: true }).fill(OTHER);
  await panel.getByLabel("Passphrase, once more").fill(OTHER);
  await ana.button("Back up").click();
  await cancels(ana);
  const begins = ana.page.waitForEvent("download", { timeout: 60_000 });
  await ana.button("Back up").click();
  await answers(ana, PASSPHRASE);
  await begins;
  await ana.go("#/you/close");
  await ana.page.getByLabel(/^To go on, type your name/).fill("Ana");
  await ana.button("Close the account").click();
  await ana.answers("Close for good");
  await cancels(ana);

  const laptop = await beginsToLink(stage, hub, "laptop");
  await laptop.button("Show a code here").click();
  const letters = await laptop.page.locator(".link-letters").getAttribute("data-letters");
  await ana.go("#/you/link");
  await ana.field("Link, or the nine letters").fill(letters);
  await ana.button("Use it").click();
  const number = (await laptop.page.locator(".link-number").innerText()).trim();
  await laptop.button("They are the same").click();
  await ana.page.getByText("sees the same and waits").waitFor();
  await ana.field("Number on the new device").fill(number);
  await ana.button("Link this device").click();
  await cancels(ana);
  await ana.button("Link this device").click();
  await answers(ana, PASSPHRASE);
  await ana.page.getByText("The new device is linked.").waitFor({ timeout: KEY_MS });
  await laptop.button("Open Effigy").click();
  await laptop.opened();

  await ana.go("#/you/devices");
  await ana.page.getByRole("button", { name: /^Remove / }).click();
  await ana.answers("Remove");
  await answers(ana, PASSPHRASE);
  await until("it is gone from the list", async () => (await ana.page.getByRole("button", { name: /^Remove / }).count()) === 0, KEY_MS);
  await laptop.device.close();
}

// Whoever tries passphrases out waits, and loading the page anew helps nobody.
async function waitsLonger(ana) {
  for (const guess of ["one wrong", "two wrong", "three wrong"]) {
    await unlocks(ana, guess);
    await isWrong(ana.page);
  }
  await ana.page.reload();
  await ana.page.getByText(/^Too many tries\. You can try again in \d+ s\.$/).waitFor();
  assert.ok(await ana.button("Unlock").isDisabled());
  await fair(ana, "too often");
  await until("the wait is over", () => ana.button("Unlock").isEnabled());
}

// Locked by hand: what is being written is kept, and another tab holds nothing either.
async function byHand(ana, hub) {
  await ana.tap("Write");
  await ana.compose("Half a thou");
  await ana.go("#/you/lock");
  await ana.button("Lock now").click();
  await isLocked(ana);
  await waitsLonger(ana);
  await unlocks(ana, PASSPHRASE);
  await ana.opened();
  await ana.tap("Write");
  await until("the draft is there", async () => (await ana.text.inputValue()) === "Half a thou");

  const second = new App(ana.device, await ana.device.newPage());
  await second.page.goto(hub.address);
  await second.heading("Effigy is open in another tab").waitFor();
  await second.button("Use it here").click();
  await isLocked(second);
  await ana.heading("Effigy is open in another tab").waitFor();
  await unlocks(second, PASSPHRASE);
  await second.opened();
  await ana.button("Use it here").click();
  await isLocked(ana);
  await second.page.close();
  await unlocks(ana, PASSPHRASE);
  await ana.opened();
}

// As if so many minutes had gone by, in which the page was asleep.
async function later(page, minutes) {
  await page.evaluate((milliseconds) => {
    const now = Date.now;
    Date.now = () => now() + milliseconds;
  }, minutes * 60_000);
}

async function afterAWhile(ana) {
  await ana.tap("Home");
  await ana.sees("Written behind the lock");
  await later(ana.page, 4.5);
  await ana.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange", { bubbles: true })));
  assert.ok(await ana.heading("Home").isVisible(), "not before");
  await later(ana.page, 0.6);
  await isLocked(ana);
}

async function authenticator(inspector, hasPrf) {
  const { authenticatorId } = await inspector.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal", hasResidentKey: true, hasUserVerification: true,
      isUserVerified: true, automaticPresenceSimulation: true, hasPrf,
    },
  });
  return authenticatorId;
}

async function byPasskey(ana) {
  const inspector = await ana.device.context.newCDPSession(ana.page);
  await inspector.send("WebAuthn.enable");
  await ana.go("#/you/lock");
  // Somebody else's finger; Chromium's authenticator takes none after that.
  const blocked = await authenticator(inspector, true);
  await inspector.send("WebAuthn.setUserVerified", { authenticatorId: blocked, isUserVerified: false });
  await ana.button("Use a passkey").click();
  await answers(ana, PASSPHRASE);
  await ana.page.getByRole("alert").getByText("The passkey was not used").waitFor({ timeout: KEY_MS });
  await inspector.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId: blocked });
  const without = await authenticator(inspector, false);
  await ana.button("Use a passkey").click();
  await answers(ana, PASSPHRASE);
  await ana.page.getByRole("alert").getByText("gives no secret of its own").waitFor({ timeout: KEY_MS });
  assert.match(await ana.page.locator("[data-lock]").innerText(), /passphrase/, "the lock is as it was");
  await fair(ana, "no secret");
  await inspector.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId: without });
  await authenticator(inspector, true);
  await ana.button("Use a passkey").click();
  await answers(ana, PASSPHRASE);
  await ana.page.getByText("Effigy asks for the passkey from now on.").waitFor({ timeout: KEY_MS });
  await fair(ana, "by a passkey");
  await ana.page.reload();
  await isLocked(ana);
  await fair(ana, "locked by a passkey");
  assert.equal(await ana.field("Passphrase of the lock").count(), 0);
  await ana.button("Unlock with the passkey").click();
  await ana.opened();
  assert.ok(!(await atRest(ana.page)).opened.includes("sealing"));
}

// Who cannot open it is shown the ways back, and nothing is deleted before one of them has led back.
async function forgotten(ana) {
  await ana.button("I cannot open it").click();
  await ana.page.getByText("Nobody can open this lock").waitFor();
  await fair(ana, "cannot open it");
  await ana.button("Come back another way").click();
  await ana.page.getByRole("dialog").getByText("Nothing is deleted yet.").waitFor();
  await ana.answers("Show the ways");
  await ana.heading("Come back without the lock").waitFor();
  for (const name of ["Link this device", "Recovery words", "Friends", "Backup file"]) {
    await ana.page.getByRole("heading", { name, exact: true }).waitFor();
  }
  await fair(ana, "forgotten");
  await ana.link("Back to the lock").click();
  await isLocked(ana);
}

// Forgotten for good: the words bring the account back into its place in this browser, and nothing is asked any more.
async function backByWords(ana) {
  const words = await ana.writesDownWords();
  await sets(ana, OTHER, "Set the passphrase");
  await isSet(ana);
  await ana.page.reload();
  await isLocked(ana);
  await ana.button("I cannot open it").click();
  await ana.button("Come back another way").click();
  await ana.answers("Show the ways");
  await ana.pastesWords(words.join(" "));
  await ana.button("Find my account").click();
  await ana.heading("Is this you?").waitFor({ timeout: KEY_MS });
  await ana.page.getByLabel(/which lost its data and comes back/).and(ana.page.locator(":checked")).waitFor();
  await ana.button("Yes, this is my account").click();
  await ana.heading("Welcome back").waitFor({ timeout: KEY_MS });
  await ana.button("Open Effigy").click();
  await ana.opened();
  await ana.page.reload();
  await ana.opened();
  assert.match((await atRest(ana.page)).opened, /"sealing"/, "the lock went with the keys");
}

export default async function journey(stage) {
  const hub = await stage.hub();
  const ana = await stage.person(hub, "Ana");
  await ana.post("For my friends");
  const bare = await atRest(ana.page);
  assert.deepEqual([bare.count, bare.extractable, bare.exported], [1, false, "InvalidAccessError"]);
  assert.match(bare.opened, /"sealing"/);
  assert.ok(!bare.sealed.includes("sealing"), "the keys cannot be read");
  const { device, entropy, sealing } = JSON.parse(bare.opened);
  const isNowhereBare = () => holdsNone(ana.page, [device, entropy, sealing], ["effigy.account", "did:key:", "For my friends"]);
  await isNowhereBare();

  await ana.go("#/you/lock");
  await ana.heading("App lock").waitFor();
  await ana.page.getByText("There is no lock").waitFor();
  await fair(ana, "no lock");
  await brokenOff(ana);
  const locked = await atRest(ana.page);
  assert.equal(locked.count, 1, "the keys lie in one way only");
  assert.ok(!locked.opened.includes("sealing"), "with all that the browser has nobody reads them");
  await isNowhereBare();
  await ana.go("#/you/lock");
  await ana.page.getByText("The lock is set").waitFor();
  await fair(ana, "with a lock");
  await ana.tap("Home");
  await ana.post("Written behind the lock");
  await asksBefore(stage, hub, ana);
  await byHand(ana, hub);
  await afterAWhile(ana);
  await forgotten(ana);
  await unlocks(ana, PASSPHRASE);
  await ana.opened();
  await byPasskey(ana);

  // Removed: nothing is asked any more.
  await ana.go("#/you/lock");
  await ana.button("Remove the lock").click();
  await ana.answers("Remove");
  await ana.page.getByRole("dialog", { name: "Open the lock" }).getByRole("button", { name: "Go on with the passkey" }).click();
  await ana.page.getByText("There is no lock").waitFor({ timeout: KEY_MS });
  await ana.page.reload();
  await ana.opened();
  await ana.tap("Home");
  await ana.delivered("Written behind the lock", /hub/i);
  await backByWords(ana);
  await ana.tap("Home");
  await ana.sees("Written behind the lock", KEY_MS);
}
