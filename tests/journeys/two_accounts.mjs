// Two accounts in one browser: each has its own name, posts, drafts and friends. They are switched in You and on every screen that
// fills the page; two tabs may have both open, and then they befriend each other as any two people. Nobody is added twice. What
// happens to one, that it is removed or damaged, leaves the other as it was.

import assert from "node:assert/strict";

import { violations } from "../support/axe.mjs";
import { App } from "../support/pages.mjs";
import { until } from "../support/waiting.mjs";

export const seconds = 300;

const ELSEWHERE = "Effigy is open in another tab";
const TWICE = "This account is in this browser already, so it was not added once more.";

async function fair(app, what) {
  for (const colorScheme of ["light", "dark"]) {
    await app.page.emulateMedia({ colorScheme });
    assert.deepEqual(await violations(app.page), [], `${what}, ${colorScheme}`);
    await app.shot(`accounts-${what}-${colorScheme}`);
  }
}

// Does something that loads the page again.
async function reloads(app, act) {
  const loaded = app.page.waitForEvent("load");
  await act();
  await loaded;
}

// Opens another account in this tab, from wherever its button is.
async function switches(app, name) {
  if (!(await app.button(`Switch to ${name}`).isVisible())) await app.go("#/you/accounts");
  await reloads(app, () => app.button(`Switch to ${name}`).click());
}

async function opens(app, name) {
  await switches(app, name);
  await app.opened();
}

async function adds(app) {
  await app.go("#/you/accounts");
  await app.heading("Accounts").waitFor();
  await reloads(app, () => app.button("Add another account").click());
  await app.heading("Welcome to Effigy").waitFor();
}

// The databases of accounts, without that of number 2, which is begun here and left again.
async function databases(page) {
  const names = await page.evaluate(async () => (await indexedDB.databases()).map((database) => database.name));
  return names.filter((name) => name !== "effigy-2").sort();
}

async function draft(app) {
  await app.tap("Write");
  await app.heading("New post").waitFor();
  return app.text.inputValue();
}

// One after the other in one tab.
async function takesTurns(ana, ben) {
  await ana.post("Ana at work");
  await ana.go("#/you/accounts");
  await ana.button("Add another account").waitFor();
  await fair(ana, "one");
  await adds(ana);
  await ana.page.getByRole("heading", { name: "Other accounts in this browser" }).waitFor();
  await fair(ana, "welcome");
  // The way back; nothing has begun.
  await opens(ana, "Ana");
  await ana.sees("Ana at work");
  await adds(ana);
  await ana.page.reload();
  await ana.heading("Welcome to Effigy").waitFor();
  await ana.start("Eve");
  await ana.seesNot("Ana at work");
  await ana.post("Eve at home");
  await ana.delivered("Eve at home", /hub/i);
  assert.deepEqual(await databases(ana.page), ["effigy", "effigy-1", "effigy-vault", "effigy-vault-1"]);
  await ana.go("#/you/accounts");
  await ana.button("Switch to Ana").waitFor();
  await fair(ana, "two");

  // An invite that was opened as the one is answered as the other.
  await opens(ana, "Ana");
  await ana.sees("Ana at work");
  await ana.seesNot("Eve at home");
  await ana.go(new URL(await ben.inviteLink()).hash);
  await ana.heading("Invite").waitFor();
  await ana.page.getByText("As another account of yours").click();
  await ana.button("Switch to Eve").waitFor();
  await fair(ana, "invite");
  await switches(ana, "Eve");
  await ana.heading("Invite").waitFor();
  await ana.button("Follow each other").click();
  await ana.heading("Ben").waitFor();
  await ana.befriended("Ben");
}

// Side by side in two tabs.
async function goSideBySide(eve, ana) {
  await ana.page.goto(eve.device.hub.address);
  await ana.heading(ELSEWHERE).waitFor();
  await ana.page.getByText("There it is open as Eve.").waitFor();
  await fair(ana, "other-tab");
  await opens(ana, "Ana");
  await ana.sees("Ana at work");
  await ana.addByText(await eve.inviteText());
  await ana.befriended("Eve");
  await eve.befriended("Ana");
  await ana.tap("Home");
  await ana.sees("Eve at home");
  await eve.tap("Home");
  await eve.sees("Ana at work");
  await eve.post("Eve answers");
  await ana.sees("Eve answers");
  assert.deepEqual({ ...(await ana.groups()) }, { Friends: 1, Following: 1, Followers: 1, Muted: 0, Blocked: 0 });
  assert.equal((await eve.groups()).Friends, 2);

  // A tab that goes where the other is says so, and finds its way back.
  await switches(eve, "Ana");
  await eve.heading(ELSEWHERE).waitFor();
  await eve.page.getByText("There it is open as Ana.").waitFor();
  await opens(eve, "Eve");
  await eve.sees("Eve answers");
}

// What is begun in one waits there, and the same account is not added twice.
async function staysItself(eve, ana) {
  const words = await ana.writesDownWords();
  await ana.tap("Write");
  await ana.compose("Half of Ana's");
  await adds(ana);
  await ana.entersWords(words.join(" "));
  await ana.page.getByRole("alert").getByText(TWICE).waitFor();
  await ana.button("I am new here").click();
  await opens(ana, "Ana");
  await until("Ana's draft is there", async () => (await draft(ana)) === "Half of Ana's");
  assert.equal(await draft(eve), "");
  await eve.tap("Home");
}

// The browser loses its notes of who is here, and keeps the rest.
async function losesNotes(app) {
  const { context, page, hub } = app.device;
  await page.goto("about:blank");
  const inspector = await context.newCDPSession(page);
  await inspector.send("Storage.clearDataForOrigin", { origin: hub.address, storageTypes: "local_storage" });
  await inspector.detach();
  await app.device.restart();
  await app.opened();
  await app.sees("Ana at work");
  await app.go("#/you/accounts");
  await app.button("Switch to An account without a name").waitFor();
  await fair(app, "nameless");
  await opens(app, "An account without a name");
  await app.sees("Eve answers");
  await opens(app, "Ana");
  await app.go("#/you/accounts");
  await app.button("Switch to Eve").waitFor();
}

// One goes, whose words are kept; the other is whole.
async function leaves(app) {
  await app.link("Remove this account from here").click();
  await app.heading("Remove from this browser").waitFor();
  assert.equal(await app.page.locator("[data-notice=words-first]").count(), 0);
  await fair(app, "leave");
  await app.button("Remove from this browser").click();
  await reloads(app, () => app.answers("Remove it"));
  await app.heading("Accounts").waitFor();
  assert.equal(await app.button("Switch to Ana").count(), 0);
  assert.deepEqual(await databases(app.page), ["effigy-1", "effigy-vault-1"]);
  await app.tap("Home");
  await app.sees("Eve answers");
  await app.isWhole();
  await app.device.restart();
  await app.opened();
  await app.tap("Home");
  await app.sees("Eve at home");
}

// One is damaged; the other is whole, and may leave when its words are not kept only if that is meant.
async function outlivesDamage(eve) {
  await adds(eve);
  await eve.start("Zoe");
  await eve.post("Zoe, for a while");
  await opens(eve, "Eve");
  await eve.page.evaluate(() => new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase("effigy");
    request.onsuccess = resolve;
    request.onerror = () => reject(request.error);
  }));
  await switches(eve, "Zoe");
  await eve.heading("Some of your posts are missing here").waitFor();
  await eve.page.getByText("the browser has lost its keys").waitFor();
  await eve.button("Switch to Eve").waitFor();
  await fair(eve, "damaged");
  await opens(eve, "Eve");
  await eve.sees("Eve at home");
  await eve.post("Eve goes on");
  await eve.delivered("Eve goes on", /hub/i);

  await eve.go("#/you/accounts/leave");
  await eve.page.locator("[data-notice=words-first]").waitFor();
  await fair(eve, "leave-without-words");
  await eve.button("Remove from this browser").click();
  await eve.page.getByRole("alert").getByText("This is not the name of this account.").waitFor();
  await eve.page.getByLabel(/^To remove it all the same/).fill("eve");
  await eve.button("Remove from this browser").click();
  await reloads(eve, () => eve.answers("Remove it"));
  await eve.heading("Some of your posts are missing here").waitFor();
  await eve.button("Start a new account").click();
  await eve.answers("Start anew");
  await eve.heading("Welcome to Effigy").waitFor();
  assert.equal(await eve.page.getByRole("heading", { name: "Other accounts in this browser" }).count(), 0);
  const kept = await eve.page.evaluate(() => Object.keys(localStorage).filter((name) => /^effigy\.(?:account|name|fence|last)/.test(name)));
  assert.deepEqual(kept, [], "no note of anybody is left");
}

export default async function journey(stage) {
  const hub = await stage.hub();
  const ben = await stage.person(hub, "Ben");
  const ana = await stage.person(hub, "Ana");
  await takesTurns(ana, ben);
  // The first tab has Eve now, the second comes to have Ana.
  const eve = ana;
  const second = new App(ana.device, await ana.device.newPage());
  await goSideBySide(eve, second);
  await staysItself(eve, second);
  await second.page.close();
  // What was used last is opened again.
  await opens(ana, "Ana");
  await ana.device.restart();
  await ana.opened();
  await ana.sees("Ana at work");
  await losesNotes(ana);
  await leaves(ana);
  await outlivesDamage(eve);
  await ben.tap("Home");
  await ben.sees("Eve goes on", 40_000);
}
