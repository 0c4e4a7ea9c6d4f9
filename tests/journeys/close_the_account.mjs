// An account is closed by its words: a friend sees that instead of a person, what was posted is gone, and the other device says so and
// is wiped.

import assert from "node:assert/strict";

import { violations } from "../support/axe.mjs";
import { until } from "../support/waiting.mjs";

export const seconds = 240;

export default async function journey(stage) {
  const hub = await stage.hub();
  const [ana, ben] = await stage.friends(hub);
  await ana.post("From the phone");
  await ana.delivered("From the phone", /hub/i);
  const words = await ana.writesDownWords();
  const laptop = await stage.app(hub, "laptop", { viewport: { width: 1280, height: 800 }, theme: "dark" });
  await laptop.joinsByWords(words);
  await laptop.post("From the laptop");
  await ben.tap("Home");
  await ben.sees("From the phone", 40_000);
  await ben.sees("From the laptop", 40_000);
  await ben.befriended("Ana");

  // Without the name, with the words of another account, and after Cancel nothing happens.
  await ana.go("#/you");
  await ana.link("Close the account").click();
  await ana.heading("Close the account").waitFor();
  const asks = ana.page.getByRole("dialog", { name: "Close your account for good?" });
  const name = ana.page.getByLabel(/^To go on, type your name/);
  await ana.pastesWords(words.join(" "));
  await ana.button("Close the account").click();
  await ana.page.getByText("This is not your name.").waitFor();
  await name.fill("ana");
  await ana.pastesWords(`${"abandon ".repeat(11)}about`);
  await ana.button("Close the account").click();
  await ana.answers("Close for good");
  await ana.page.getByText("These are not the recovery words of this account.").waitFor();
  await ana.pastesWords(words.join(" "));
  assert.deepEqual(await violations(ana.page), []);
  await ana.shot("close");
  await ana.button("Close the account").click();
  await asks.waitFor();
  await ana.shot("close-question");
  await ana.answers("Cancel");
  await ana.button("Close the account").click();
  await ana.answers("Close for good");
  await ana.heading("This account was closed").waitFor();
  await ana.button("Keep it for now").click({ timeout: 40_000 });
  assert.deepEqual(await violations(ana.page), []);
  await ana.shot("closed");

  // The friend's screens.
  await ben.tap("Home");
  await ben.seesNot("From the phone");
  await ben.seesNot("From the laptop");
  await until("a closed account is nobody's friend", async () => (await ben.groups()).Friends === 0);
  await ben.shot("closed-people");
  await ben.openPerson("Ana");
  await ben.page.getByText("This account was closed.").waitFor();
  assert.deepEqual(await ben.page.locator("main .actions button").allInnerTexts(), ["Unfollow"], "no button that can no longer work");
  assert.deepEqual(await violations(ben.page), []);
  await ben.shot("closed-person");
  await ben.button("Unfollow").click();
  await until("nobody is followed", async () => (await ben.groups()).Following === 0);

  // The other device hears of it, says so, and is wiped.
  await laptop.heading("This account was closed").waitFor({ timeout: 40_000 });
  await laptop.page.getByRole("timer").waitFor({ timeout: 40_000 });
  await laptop.shot("closed-laptop");
  await laptop.heading("Welcome to Effigy").waitFor({ timeout: 60_000 });

  // The first one keeps what it has until it is told otherwise, and offers nothing that cannot be done.
  await ana.button("Read what is here").click();
  await ana.go("#/");
  await ana.sees("From the phone");
  assert.equal(await ana.page.locator("nav[aria-label=Main]").getByRole("link", { name: "Write" }).count(), 0);
  assert.equal(await ana.button("Delete this post").count(), 0);
  await ana.shot("closed-read");
  await ana.button("What can be done").click();
  await ana.button("Wipe this device").click();
  await ana.answers("Wipe");
  await ana.heading("Welcome to Effigy").waitFor();
}
