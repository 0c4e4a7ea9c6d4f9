// Somebody opens the address, says their name, and has posted within a minute. Nothing else was asked of them.

import assert from "node:assert/strict";

import { App } from "../support/pages.mjs";
import { drawn } from "../support/pictures.mjs";
import { until } from "../support/waiting.mjs";

export default async function journey(stage) {
  const hub = await stage.hub();
  const device = await stage.device(hub, "Ana");
  const app = new App(device);

  const face = await drawn(device.page, { width: 400, height: 300, number: 3 });
  await device.go();
  await app.heading("Welcome to Effigy").waitFor();
  assert.equal(await device.page.locator("input:not([type=file]):visible").count(), 1, "a name is all that is asked for");
  await app.button("Start").click();
  await app.page.getByText("Please enter a name.").waitFor();
  await app.start("Ana", { name: "face.jpg", mimeType: "image/jpeg", buffer: face });

  await app.page.getByText("Posts of the people you follow appear here.").waitFor();
  await app.link("Write a post").click();
  await app.compose("# Good **morning**\n\n- from _here_\n- and [there](https://example.org/)\n");
  await app.button("Preview").click();
  const preview = app.page.getByRole("region", { name: "Preview" });
  assert.equal(await preview.locator("strong").innerText(), "morning");
  assert.equal(await preview.locator("li").count(), 2);
  await app.button("Preview").click();

  // A draft outlives the page.
  const written = await app.text.inputValue();
  await app.page.waitForTimeout(1_000);
  await app.page.reload();
  await app.heading("New post").waitFor();
  await app.page.getByText("Draft restored.").waitFor();
  assert.equal(await app.text.inputValue(), written);
  await app.sendPost();

  const card = await app.sees("morning");
  const link = card.getByRole("link", { name: "there" });
  assert.equal(await link.getAttribute("href"), "https://example.org/");
  assert.match(await link.getAttribute("rel"), /noopener/);
  assert.match(await card.innerText(), /Ana/);
  await card.locator(".avatar img").waitFor();
  await app.delivered("morning", /kept by a hub/i);
  await app.statusBecomes(/Up to date/);

  // What was sent is no draft any more.
  await app.tap("Write");
  await app.heading("New post").waitFor();
  assert.equal(await app.text.inputValue(), "");

  await app.go("#/you/storage");
  await app.page.getByText(/Not protected|Protected:/).waitFor();
  const ask = app.button("Ask the browser to keep it");
  if (await ask.isVisible()) await ask.click();
  await app.page.getByText(/The browser said no for now|Protected:/).waitFor();
  await until("own bytes are counted", async () => /Mine\s+[1-9]/.test(await app.page.locator(".facts").innerText()));
}
