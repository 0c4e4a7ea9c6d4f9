// Ana has lost her only device and her words. Three friends keep shares of her account, and two of them bring it back: each
// compares pictures and a number with her first. A share of somebody else, and one that is there already, are refused.

import assert from "node:assert/strict";

import { violations } from "../support/axe.mjs";
import { App } from "../support/pages.mjs";
import { until } from "../support/waiting.mjs";
import { loseAll } from "./words_bring_all_back.mjs";

const SHOT = process.env.EFFIGY_FRIENDS_SHOTS;

// From a part of the screen on, where one is named.
async function shot(app, name, part) {
  assert.deepEqual(await violations(app.page), [], name);
  if (!SHOT) return;
  await app.dismissAll();
  await app.page.evaluate(() => document.activeElement?.blur());
  await part?.evaluate((element) => element.scrollIntoView({ block: "start" }));
  await app.page.screenshot({ path: `${SHOT}/${name}.png`, fullPage: !part });
}

const region = (app, name) => app.page.getByRole("region", { name, exact: true });

// Chooses friends by name and gives them shares. Without words where this device still has them.
async function gives(app, names, words) {
  await app.go("#/you/backup");
  await app.button("Choose friends").click();
  for (const name of names) await app.page.getByRole("checkbox", { name: new RegExp(`^${name} `) }).check();
  if (words) await app.pastesWords(words.join(" "));
  await shot(app, `${app.name}-choose`);
  await app.button("Give the shares").click();
  await until(`the friends of ${app.name} have theirs`, async () =>
    (await app.page.getByText(/^Has it, confirmed/).count()) === names.length, 60_000);
  await app.page.getByText(`Any 2 of these ${names.length} bring your account back together.`).waitFor();
  await shot(app, `${app.name}-given`, region(app, "Friends who can help"));
}

// Gives the share of somebody for the code that was read. The number decides.
async function returns(app, whose, code, { pictures, number }, name) {
  await app.go("#/you");
  await app.go("#/you/backup");
  await app.button(`They need it: ${whose}`).click();
  await shot(app, `${name}-asked`, region(app, "People you help to come back"));
  await app.button("They asked me in person or by phone").click();
  await app.field("Code from their new device").fill("effigy:AQEB");
  await app.button("Use it").click();
  await app.page.getByText("This is not the code of somebody who comes back.").waitFor();
  await app.field("Code from their new device").fill(code);
  await app.button("Use it").click();
  assert.equal(await app.page.locator(".emoji-row").getAttribute("data-emoji"), pictures, "both see the same");
  const digits = app.field("The number below them, as they tell you");
  await digits.fill(String((Number(number) + 1) % 100).padStart(2, "0"));
  await app.button("Give the share").click();
  await app.page.getByText("This is not the number that their new device shows").waitFor();
  await shot(app, `${name}-compared`);
  await digits.fill(number);
  await app.button("Give the share").click();
  const share = app.field("Share");
  const text = await until("the share is there", async () => (await share.inputValue()) || undefined);
  await shot(app, `${name}-share`);
  await app.button("Done").click();
  return text;
}

async function takes(app, text) {
  await app.field("Share from a friend").fill(text);
  await app.button("Use it").click();
}

// Four browsers.
export const seconds = 240;

export default async function journey(stage) {
  const hub = await stage.hub();
  const [ana, ben] = await stage.friends(hub, ["Ana", "Ben"], [{}, { theme: "dark" }]);
  const [cleo, dan] = await Promise.all(["Cleo", "Dan"].map(async (name) => {
    const device = await stage.device(hub, name, name === "Cleo" ? { viewport: { width: 1280, height: 800 } } : { theme: "dark", viewport: { width: 1280, height: 800 } });
    return new App(device);
  }));
  const link = await ana.inviteLink();
  for (const [app, name] of [[cleo, "Cleo"], [dan, "Dan"]]) {
    await app.page.goto(link);
    await app.start(name);
  }
  const of = await dan.inviteLink();
  for (const app of [ben, cleo]) await app.addByText(of);
  for (const app of [ana, dan]) await until("three friends", async () => (await app.groups()).Friends === 3, 60_000);

  await ana.post("To be remembered");
  await ana.delivered("To be remembered", /hub/i);
  const words = await ana.writesDownWords();
  await gives(ana, ["Ben", "Cleo", "Dan"], words);
  await gives(dan, ["Ana", "Ben", "Cleo"]);
  for (const app of [ben, cleo]) {
    await app.go("#/you/backup");
    for (const name of ["Ana", "Dan"]) await app.page.getByText(`You help ${name} to come back`, { exact: true }).waitFor();
  }
  await shot(ben, "Ben-held");
  // What was given and what is kept outlive a reload.
  for (const app of [ana, ben]) await app.page.reload();
  await ana.page.getByText("Any 2 of these 3 bring your account back together.").waitFor();
  await ben.button("They need it: Ana").waitFor();

  await loseAll(ana);
  await ana.heading("Welcome to Effigy").waitFor();
  await ana.button("I already have an account").click();
  await ana.button("Ask my friends").click();
  const { page } = ana;
  await ana.field("Code for friends").waitFor();
  // What was begun and can no longer be read is said to be there, and is not overwritten without a word.
  await page.reload();
  await page.evaluate(() => new Promise((done, fail) => {
    const gone = indexedDB.deleteDatabase("effigy-returning-vault");
    [gone.onsuccess, gone.onerror, gone.onblocked] = [done, fail, fail];
  }));
  await ana.button("I already have an account").click();
  await ana.button("Ask my friends").click();
  await page.getByText("cannot be read in this browser now").waitFor();
  await shot(ana, "Ana-unreadable");
  await ana.button("Begin anew").click();
  const shown = async () => ({
    pictures: await page.locator(".emoji-row").getAttribute("data-emoji"),
    number: (await page.locator(".link-number").innerText()).trim(),
  });
  const field = ana.field("Code for friends");
  const code = await until("the code is shown", async () => (await field.inputValue()) || undefined);
  await shot(ana, "Ana-asks", region(ana, "Friends"));
  await takes(ana, code);
  await page.getByText("This is not a share.").waitFor();

  await takes(ana, await returns(cleo, "Ana", code, await shown(), "Cleo"));
  await page.getByText(/^1 of 2 shares are here/).waitFor();
  // It may take days: what is here stays, and the code with it.
  await page.reload();
  await ana.button("I already have an account").click();
  await ana.button("Ask my friends").click();
  await page.getByText(/^1 of 2 shares are here/).waitFor();
  assert.equal(await field.inputValue(), code);
  await takes(ana, await returns(ben, "Dan", code, await shown(), "Ben-wrong"));
  await page.getByText("This share is of another account").waitFor();
  await takes(ana, await returns(cleo, "Ana", code, await shown(), "Cleo-again"));
  await page.getByText("This share is here already.").waitFor();
  await shot(ana, "Ana-refused");
  await takes(ana, await returns(ben, "Ana", code, await shown(), "Ben"));

  await page.getByText("Your friends have brought your account back.").waitFor();
  assert.deepEqual(await page.locator(".words-grid li").allInnerTexts(), words, "these are the words");
  await shot(ana, "Ana-words");
  await ana.button("I have written them down").click();
  await ana.heading("Is this you?").waitFor();
  await page.getByText("Ana", { exact: true }).waitFor();
  await page.getByRole("radio").nth(1).check();
  await ana.button("Yes, this is my account").click();
  await ana.heading("Welcome back").waitFor();
  await ana.button("Open Effigy").click();
  await ana.opened();
  await ana.sees("To be remembered", 40_000);
  await ana.post("My friends brought me back");
  await dan.tap("Home");
  await dan.sees("My friends brought me back", 60_000);
  const left = await page.evaluate(async () => (await indexedDB.databases()).map((database) => database.name));
  assert.ok(!left.some((name) => name.startsWith("effigy-returning")), "nothing of it is left");

  // Who no longer wants to keep a share gives it back, and its owner sees that.
  await ben.go("#/you/backup");
  await ben.button("Give it back: Dan").click();
  await ben.page.getByRole("dialog").getByRole("button", { name: "Give it back", exact: true }).click();
  await ben.page.getByText("You help Dan to come back", { exact: true }).waitFor({ state: "detached" });
  await dan.go("#/you/backup");
  await dan.page.getByText("Gave it back. Choose anew.").waitFor({ timeout: 40_000 });
}
