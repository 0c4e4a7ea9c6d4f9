// Recovery words with one wrong, in the wrong order, of another language, too few: each gets its sentence, and nothing changes. Words of
// an account that nobody has publish nothing.

import assert from "node:assert/strict";

import { violations } from "../support/axe.mjs";
import { App } from "../support/pages.mjs";

const RIGHT = "legal winner thank year wave sausage worth useful legal winner thank yellow";

export default async function journey(stage) {
  const hub = await stage.hub();
  const app = new App(await stage.device(hub, "Eve"));
  const { page } = app;
  await app.device.go();
  await app.button("I already have an account").click();
  await app.field("Word 1").waitFor();
  assert.deepEqual(await violations(page), []);
  const refused = async (text, words) => {
    await app.pastesWords(text);
    await app.button("Find my account").click();
    await page.getByText(words).first().waitFor();
    await app.heading("Welcome to Effigy").waitFor();
  };

  // One as somebody types: named at once, with what it may be meant to be.
  await app.field("Word 1").pressSequentially("lega ");
  assert.equal(await app.field("Word 1").inputValue(), "legal", "four letters are enough");
  await app.field("Word 2").pressSequentially("winnr");
  await page.getByText("Word 2, “winnr”, is not in the list.").waitFor();
  await app.button("winner").click();
  assert.equal(await app.field("Word 2").inputValue(), "winner");
  await app.button("Find my account").click();
  await page.getByText("Word 3 is missing.").waitFor();

  await refused(RIGHT.replace("sausage", "saxophone"), "Word 6, “saxophone”, is not in the list.");
  await refused("abandon ".repeat(12), "they do not belong together");
  await refused(`about ${"abandon ".repeat(11)}`, "they do not belong together");
  await refused("ábaco abdomen abeja abierto abogado abono aborto abrazo abrir abuelo abuso acabar", "which are English");

  // Right words of an account that nobody has.
  await app.pastesWords(RIGHT);
  await app.button("Find my account").click();
  await app.heading("Looking for your account").waitFor();
  await page.getByText("Asked. It has nothing of this account so far.").waitFor();
  assert.deepEqual(await violations(page), []);
  await page.reload();
  await app.heading("Looking for your account").waitFor();
  assert.equal(await app.button("Post").count(), 0);
  await app.button("Enter other words").click();
  await app.heading("Welcome to Effigy").waitFor();
  await app.start("Eve");
  await app.post("Somebody new after all");
}
