// A tree of answers between two people, a person's page, to unfollow and follow again, to mute, and to take a post back.

import assert from "node:assert/strict";

import { until } from "../support/waiting.mjs";

async function reply(app, to, text) {
  await app.cards(to).last().getByRole("link", { name: /^Reply$|repl(y|ies)$/ }).last().click();
  await app.text.fill(text);
  await app.button("Reply").click();
  await app.sees(text);
}

export default async function journey(stage) {
  const hub = await stage.hub();
  const [ana, ben] = await stage.friends(hub);
  await ana.post("Who comes to the lake?");
  await ben.tap("Home");
  await ben.sees("Who comes to the lake?");
  await reply(ben, "Who comes to the lake?", "I do");
  await ana.tap("Home");
  await ana.cards("Who comes to the lake?").getByRole("link", { name: "1 reply" }).click();
  await ana.heading("Post by Ana").waitFor();
  await ana.sees("I do");
  const thread = await ana.page.evaluate(() => location.hash);
  await reply(ana, "I do", "With the boat?");
  await ana.go(thread);
  await ana.page.getByRole("heading", { name: "2 replies" }).waitFor();

  // The tree: an answer to an answer lies below it, further in, and can be folded away with it.
  const branch = (text) => ana.page.locator(".replies .branch", { has: ana.page.locator("article > .markdown", { hasText: text }) });
  const place = async (text) => (await branch(text).getByRole("article").boundingBox());
  const [above, under] = [await place("I do"), await place("With the boat?")];
  assert.ok(under.x > above.x && under.y > above.y, "it is drawn below and further in");
  await branch("I do").getByRole("button", { name: "Hide 1 reply" }).click();
  await ana.seesNot("With the boat?");
  await branch("I do").getByRole("button", { name: "Show 1 reply" }).click();
  await ana.sees("With the boat?");

  // On the other side the same tree.
  await ben.go(thread);
  await ben.page.getByRole("heading", { name: "2 replies" }).waitFor();
  await ben.sees("With the boat?");

  // Ana's page with what she posted, and nothing of others.
  await ben.openPerson("Ana");
  await ben.page.getByText("Friend: you follow each other").waitFor();
  await ben.sees("Who comes to the lake?");
  assert.equal(await ben.cards("I do").filter({ hasNotText: "With the boat?" }).filter({ hasNotText: "Answer to" }).count(), 0);
  await ben.page.getByText("Key and devices").click();
  await ben.page.getByText(/Chrom\w+ on Linux/).waitFor();

  // Unfollowed, she is gone from Home; followed again, she is back.
  await ben.button("Unfollow").click();
  await ben.button("Follow").first().waitFor();
  await ben.tap("Home");
  await ben.seesNot("Who comes to the lake?");
  await until("Ana follows still", async () => (await ben.groups()).Followers === 1);
  await ben.openPerson("Ana", "Followers");
  const nothing = ben.page.locator(".empty").filter({ hasText: "Follow to see their posts." });
  await nothing.getByRole("button", { name: "Follow", exact: true }).click();
  await ben.button("Unfollow").waitFor();
  await ben.tap("Home");
  await ben.sees("Who comes to the lake?");

  // Muted, she is not shown, and notices nothing.
  await ben.openPerson("Ana");
  await ben.button("Mute").click();
  await ben.button("Unmute").waitFor();
  await ben.tap("Home");
  await ben.seesNot("Who comes to the lake?");
  await ben.openPerson("Ana", "Muted");
  await ben.page.getByText("Friend, muted").first().waitFor();
  await ben.button("Unmute").click();
  await ben.button("Mute").waitFor();
  await ben.tap("Home");
  await ben.sees("Who comes to the lake?");
  assert.equal((await ana.groups()).Friends, 1);

  // Taken back, it goes on both sides.
  await ana.tap("Home");
  await ana.post("A slip of the tongue");
  await ben.sees("A slip of the tongue");
  await ana.cards("A slip of the tongue").getByRole("button", { name: "Delete this post" }).click();
  await ana.page.getByRole("dialog", { name: "Delete this post?" }).getByRole("button", { name: "Delete" }).click();
  await ana.seesNot("A slip of the tongue");
  await ben.seesNot("A slip of the tongue");
  await ana.device.restart();
  await ana.opened();
  await ana.sees("Who comes to the lake?");
  assert.equal(await ana.cards("A slip of the tongue").count(), 0);
}
