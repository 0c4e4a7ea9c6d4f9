// Every screen, in both themes, on a phone and on a wide screen: axe finds nothing that shuts somebody out.

import assert from "node:assert/strict";

import { violations } from "../support/axe.mjs";
import { App } from "../support/pages.mjs";
import { drawn } from "../support/pictures.mjs";
import { DESKTOP, PHONE } from "../support/device.mjs";

export const seconds = 240;

const FORMS = [
  { name: "phone, light", viewport: PHONE, colorScheme: "light" },
  { name: "phone, dark", viewport: PHONE, colorScheme: "dark" },
  { name: "desktop, light", viewport: DESKTOP, colorScheme: "light" },
  { name: "desktop, dark", viewport: DESKTOP, colorScheme: "dark" },
];

// Looks at what is on the page now in all four forms.
async function judge(page, screen, found) {
  for (const { name, viewport, colorScheme } of FORMS) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    const wrong = await violations(page);
    if (overflow > 0) wrong.push(`${overflow} px wider than the screen`);
    for (const what of wrong) found.set(what, [...(found.get(what) ?? []), `${screen} (${name})`]);
  }
}

export default async function journey(stage) {
  const hub = await stage.hub();
  const found = new Map();
  const newcomer = await stage.device(hub, "Newcomer");
  await newcomer.go();
  await new App(newcomer).heading("Welcome to Effigy").waitFor();
  await judge(newcomer.page, "Welcome", found);
  await newcomer.close();

  const [ana, ben] = await stage.friends(hub);
  const picture = await drawn(ana.page, { number: 6 });
  await ana.go("#/");
  await ana.seesNot("anything");
  await judge(ana.page, "Home, empty", found);
  await ana.post("# News\n\nSome *words*, a [link](https://example.org), `code`\n\n> said\n\n1. one\n2. two", [
    { file: { name: "a.jpg", mimeType: "image/jpeg", buffer: picture }, alt: "Hills" },
  ]);
  await ben.sees("News");
  await ben.cards("News").getByRole("link", { name: "Reply" }).click();
  await ben.text.fill("Thank you");
  await ben.button("Reply").click();
  await ben.sees("Thank you");
  await ana.cards("News").getByRole("link", { name: "1 reply" }).waitFor();
  await judge(ana.page, "Home", found);

  await ana.cards("News").getByRole("button", { name: /Show the picture whole/ }).click();
  await ana.page.getByRole("dialog", { name: "Picture" }).locator("img").waitFor();
  await judge(ana.page, "Picture", found);
  await ana.page.keyboard.press("Escape");
  await ana.page.keyboard.press("?");
  await ana.page.getByRole("dialog", { name: "Keyboard" }).waitFor();
  await judge(ana.page, "Keyboard", found);
  await ana.page.keyboard.press("Escape");

  await ana.cards("News").getByRole("link", { name: "1 reply" }).click();
  await ana.sees("Thank you");
  await judge(ana.page, "Post", found);
  await ana.go("#/compose");
  await ana.compose("A draft", [{ file: { name: "a.jpg", mimeType: "image/jpeg", buffer: picture }, alt: "Hills" }]);
  await judge(ana.page, "Compose", found);
  await ana.button("Preview").click();
  await judge(ana.page, "Preview", found);

  await ana.openPerson("Ben");
  await judge(ana.page, "Person", found);
  await ana.button("Block").click();
  await ana.page.getByRole("dialog", { name: "Block this person?" }).waitFor();
  await judge(ana.page, "Question", found);
  await ana.page.keyboard.press("Escape");
  await ana.go("#/people/add");
  await ana.field("Link").waitFor();
  await judge(ana.page, "Add", found);
  for (const [place, heading] of [
    ["#/people", "People"], ["#/you", "You"], ["#/you/profile", "Edit profile"], ["#/you/network", "Network"], ["#/you/storage", "Storage"],
    ["#/you/appearance", "Appearance"], ["#/you/about", "About"], ["#/nowhere", "Nothing here"], ["#/invite/nonsense", "Invite"],
  ]) {
    await ana.go(place);
    await ana.heading(heading).waitFor();
    await judge(ana.page, heading, found);
  }
  const second = await ana.device.newPage();
  await second.goto(hub.address);
  await second.getByRole("heading", { name: "Effigy is open in another tab" }).waitFor();
  await judge(second, "Other tab", found);

  const benched = await ben.device.context.newCDPSession(ben.page);
  await ben.page.goto("about:blank");
  await benched.send("Storage.clearDataForOrigin", { origin: hub.address, storageTypes: "indexeddb" });
  await ben.device.go();
  await ben.heading("Some of your posts are missing here").waitFor();
  await judge(ben.page, "Repair", found);
  assert.equal([...found].map(([what, where]) => `${what}\n    on ${where.join(", ")}`).join("\n"), "");
}
