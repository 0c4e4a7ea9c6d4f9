// Who is blocked is gone: their posts vanish, and neither the hub, nor a friend, nor a restart brings them back.

import assert from "node:assert/strict";

import { until } from "../support/waiting.mjs";

export default async function journey(stage) {
  const hub = await stage.hub();
  const [ana, ben] = await stage.friends(hub);
  const cem = await stage.person(hub, "Cem");
  await cem.addByText(await ben.inviteText());
  await cem.heading("Ben").waitFor();
  await ben.post("Ben before");
  await ana.tap("Home");
  await ana.sees("Ben before");
  await ana.post("Ana for her friends");
  await ben.tap("Home");
  await ben.sees("Ana for her friends");

  await ana.openPerson("Ben");
  await ana.button("Block").click();
  const question = ana.page.getByRole("dialog", { name: "Block this person?" });
  await question.getByText("cannot be taken back").waitFor();
  await question.getByRole("button", { name: "Block" }).click();
  await ana.page.getByText("Blocked", { exact: false }).first().waitFor();
  await ana.button("Unblock").waitFor();
  await ana.tap("Home");
  await ana.seesNot("Ben before");
  assert.deepEqual({ ...(await ana.groups()) }, { Friends: 0, Following: 0, Followers: 0, Muted: 0, Blocked: 1 });

  // Ben goes on, and Cem, whom Ana follows, answers him: his posts reach nobody's Home at Ana's.
  await ben.post("Ben after");
  await ben.delivered("Ben after", /hub/i);
  await cem.tap("Home");
  await cem.sees("Ben after");
  await ana.addByText(await cem.inviteText());
  await ana.heading("Cem").waitFor();
  await cem.post("Cem to everybody");
  await ana.tap("Home");
  await ana.sees("Cem to everybody");
  assert.equal(await ana.cards("Ben").count(), 0);

  await ana.device.restart();
  await ana.opened();
  await ana.sees("Cem to everybody");
  await ana.statusBecomes(/Up to date/);
  assert.equal(await ana.cards("Ben").count(), 0, "gone after a restart");
  const { feeds, peers } = await ana.network();
  assert.ok(!feeds.some(({ who }) => who.includes("Ben")), "his feed is kept no longer");
  assert.ok(!peers.some(({ name }) => name === "Ben"), "and he is not met");

  // Later she thinks better of it.
  await ana.tap("People");
  await ana.page.getByRole("group", { name: "Which people" }).getByRole("button", { name: "Blocked" }).click();
  // Whom she blocked she still knows by name.
  await ana.page.locator(".rows").getByRole("link", { name: /^Ben/ }).click();
  await ana.heading("Ben").waitFor();
  await ana.button("Unblock").click();
  const follow = ana.button("Follow").first();
  const unfollow = ana.button("Unfollow");
  await until("the block is off", async () => (await follow.isVisible()) || (await unfollow.isVisible()));
  if (await follow.isVisible()) await follow.click();
  await ana.tap("Home");
  await ana.sees("Ben after", 60_000);
  await ana.sees("Ben before");
}
