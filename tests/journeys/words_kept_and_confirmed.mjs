// After the first post a calm card asks for the recovery words. They are written down, three of them are asked for, and from then on
// this device does not have them. No word is left on the page, in its address, in a console or in anything that is kept.

import assert from "node:assert/strict";

import { violations } from "../support/axe.mjs";

export default async function journey(stage) {
  const hub = await stage.hub();
  const ana = await stage.person(hub, "Ana");
  const said = [];
  ana.page.on("console", (message) => said.push(message.text()));
  const { page } = ana;
  assert.equal(await page.locator("[data-notice=words]").count(), 0, "nobody is asked at once");
  await ana.post("Now there is something to lose");
  const card = page.locator("[data-notice=words]");
  const keep = page.locator("[data-notice=keep]");
  if (await keep.isVisible()) await keep.getByRole("button", { name: "Not now" }).click();
  await card.waitFor();
  await card.getByRole("button", { name: "Later" }).click();
  await card.waitFor({ state: "detached" });
  await page.reload();
  await ana.opened();
  await card.getByRole("link", { name: "Write down my words" }).click();
  await ana.heading("Backup and recovery").waitFor();
  assert.deepEqual(await violations(page), []);
  await ana.button("Show my words").click();
  await page.locator(".words-grid li").first().waitFor();
  const words = await page.locator(".words-grid li").allInnerTexts();
  assert.equal(words.length, 12);
  assert.deepEqual(await violations(page), []);
  assert.equal(await page.locator(".words-grid").evaluate((grid) => getComputedStyle(grid).userSelect), "none");
  assert.equal(await ana.button("Copy the words").count(), 0, "copying is off until somebody wants it");

  // On paper there are the words and a warning, and no buttons.
  await page.emulateMedia({ media: "print" });
  await page.getByText("whoever has these words has the account").waitFor();
  assert.equal(await ana.button("Print a sheet").isVisible(), false);
  await page.emulateMedia({ media: "screen" });

  await ana.button("I have written them down").click();
  const fields = page.getByLabel(/^Word \d+$/);
  assert.equal(await fields.count(), 3);
  assert.equal(await page.locator(".words-grid").count(), 0, "the words are not on the page while they are asked for");
  for (const field of await fields.all()) await field.fill("zebra");
  await ana.button("Confirm").click();
  await page.getByText(/^Word \d+ is another one\./).waitFor();
  await ana.button("Show the words again").click();
  assert.deepEqual(await page.locator(".words-grid li").allInnerTexts(), words);
  await ana.go("#/");
  await ana.heading("Home").waitFor();
  const text = await page.evaluate(() => document.documentElement.outerHTML);
  assert.ok(!words.every((word) => text.includes(word)), "what was shown is gone with its screen");

  assert.deepEqual(await ana.writesDownWords(), words);
  await page.reload();
  await ana.heading("Backup and recovery").waitFor();
  await page.getByText("Your words are kept by you").waitFor();
  assert.equal(await ana.button("Show my words").count(), 0);
  assert.deepEqual(await violations(page), []);
  await ana.pastesWords([...words.slice(1), words[0]].join(" "));
  await ana.button("Check").click();
  await page.getByRole("alert").filter({ hasText: /do not belong together|words of another account/ }).waitFor();
  await ana.pastesWords(`  ${words.join("\n").toUpperCase()} `);
  await ana.button("Check").click();
  await page.getByText("These are the words of this account.").waitFor();
  await ana.go("#/");
  await ana.heading("Home").waitFor();
  assert.equal(await card.count(), 0);
  // The account goes on without them.
  await ana.post("Written after they were forgotten");
  await ana.delivered("Written after they were forgotten", /hub/i);
  await ana.go("#/you/profile");
  await ana.field("Your name").fill("Ana Maria");
  await ana.button("Save").click();
  await page.getByText("Ana Maria").first().waitFor();
  const console_ = said.join("\n");
  assert.ok(!words.some((word) => new RegExp(`\\b${word} ${words[words.indexOf(word) + 1]}\\b`).test(console_)), "no word in a console");
}
