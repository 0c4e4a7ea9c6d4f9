// Makes pictures of every screen with real content, on a phone and a wide screen, light and dark: tests/output/screenshots.
// A few of them go into docs/images, for the README.

import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

import { chromium } from "playwright-core";

import { DESKTOP, PHONE } from "./support/device.mjs";
import { App } from "./support/pages.mjs";
import { drawn } from "./support/pictures.mjs";
import { chromiumBinary, output, root } from "./support/places.mjs";
import { Stage } from "./support/stage.mjs";

const folder = join(output, "screenshots");
const images = join(root, "docs/images");
// The pictures of the documents: which of the others stand side by side in them.
const FOR_THE_DOCUMENTS = {
  "home.png": ["home-desktop-light", "home-phone-dark"],
  "add.png": ["add-phone-light", "post-phone-light", "person-phone-light"],
  "network.png": ["network-desktop-dark"],
  "friends.png": ["Ana-given", "Ana-asks", "Ben-compared"],
  "linking.png": ["phone-begin", "phone-shows", "laptop-approve"],
};
// Journeys that take pictures of their own where they are told to, and the words by which they are told.
const JOURNEYS = { friends_bring_back: "EFFIGY_FRIENDS_SHOTS", link_a_device: "EFFIGY_LINK_SHOTS" };

// Does something on a stage of its own.
async function on(name, act) {
  const stage = await Stage.set(name);
  try {
    await act(stage);
  } catch (error) {
    await stage.keepTraces(error);
    throw error;
  } finally {
    await stage.clear();
  }
}

// One picture in each form.
async function shoot(app, name) {
  const { page } = app;
  for (const [size, viewport] of [["phone", PHONE], ["desktop", DESKTOP]]) {
    for (const theme of ["light", "dark"]) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
      await page.evaluate(() => document.fonts.ready);
      await page.waitForTimeout(150);
      await page.screenshot({ path: join(folder, `${name}-${size}-${theme}.png`) });
    }
  }
  console.log(name);
}

async function fill(ana, ben) {
  const picture = async (number, alt, size) => ({
    file: { name: "view.jpg", mimeType: "image/jpeg", buffer: await drawn(ana.page, { width: 1600, height: 1000, ...size, number }) }, alt,
  });
  await ben.post("First week in the new flat. The kitchen has *opinions* about how a door should close, but look at the evening light:", [
    await picture(1, "Hills under an evening sky, seen from a window"),
  ]);
  await ana.tap("Home");
  await ana.sees("First week in the new flat");
  await ana.cards("First week").getByRole("link", { name: "Reply" }).click();
  await ana.text.fill("That view! I am bringing bread and salt on Saturday.");
  await ana.button("Reply").click();
  await ana.sees("bread and salt");
  await ben.sees("First week");
  await ben.cards("First week").getByRole("link", { name: "1 reply" }).click();
  await ben.sees("bread and salt");
  await ben.cards("bread and salt").getByRole("link", { name: "Reply" }).last().click();
  await ben.text.fill("Bring the dog too.");
  await ben.button("Reply").click();
  await ben.sees("Bring the dog");
  await ana.tap("Home");
  await ana.post("Sunday walk, three hills and a ferry. Who joins next week?\n\n- meet at **nine**\n- bring something warm", [
    await picture(4, "A sun above green ridges"), await picture(5, "Ridges in the haze"),
  ]);
  await ben.tap("Home");
  await ben.sees("Sunday walk");
  await ben.post("I do. The ferry man knows me.");
  await ana.tap("Home");
  await ana.sees("The ferry man");
  await ana.delivered("Sunday walk", /With 1 friend and a hub/);
}

async function tour(stage) {
  const hub = await stage.hub();
  const device = await stage.device(hub, "Ana");
  await device.go();
  const ana = new App(device);
  await ana.heading("Welcome to Effigy").waitFor();
  await shoot(ana, "welcome");
  await ana.start("Ana Lima", { name: "a.jpg", mimeType: "image/jpeg", buffer: await drawn(device.page, { number: 9, width: 400, height: 400 }) });
  await shoot(ana, "home-empty");
  const link = await ana.inviteLink();
  await shoot(ana, "add");
  const other = await stage.device(hub, "Ben");
  await other.page.goto(link);
  const ben = new App(other);
  await ben.heading("You are invited to Effigy").waitFor();
  await shoot(ben, "invited");
  await ben.start("Ben Okafor");
  await ana.tap("Home");
  await fill(ana, ben);
  // Messages that come and go are not what the pictures are about.
  for (let left = await ana.button("Dismiss").count(); left > 0; left -= 1) await ana.button("Dismiss").first().click();
  await shoot(ana, "home");
  await ana.cards("First week").getByRole("link", { name: /repl/ }).click();
  await ana.heading("Post by Ben Okafor").waitFor();
  await shoot(ana, "post");
  await ana.openPerson("Ben Okafor");
  await shoot(ana, "person");
  await ana.button("Block").click();
  await shoot(ana, "question");
  await ana.page.keyboard.press("Escape");
  await ana.go("#/compose");
  await ana.compose("A draft with *some* words", [
    { file: { name: "a.jpg", mimeType: "image/jpeg", buffer: await drawn(ana.page, { number: 7 }) }, alt: "Hills" },
  ]);
  await shoot(ana, "compose");
  await ana.connected("Ben Okafor");
  await shoot(ana, "network");
  for (const [name, place, heading] of [
    ["people", "#/people", "People"], ["you", "#/you", "You"], ["profile", "#/you/profile", "Edit profile"],
    ["accounts", "#/you/accounts", "Accounts"], ["leave", "#/you/accounts/leave", "Remove from this browser"],
    ["storage", "#/you/storage", "Storage"], ["appearance", "#/you/appearance", "Appearance"], ["about", "#/you/about", "About"],
    ["lost", "#/nowhere", "Nothing here"],
  ]) {
    await ana.go(place);
    await ana.heading(heading).waitFor();
    await ana.page.waitForTimeout(300);
    await shoot(ana, name);
  }
  const second = new App(ana.device, await ana.device.newPage());
  await second.page.goto(hub.address);
  await second.heading("Effigy is open in another tab").waitFor();
  await shoot(second, "other-tab");
}

// Plays a journey for the sake of its pictures.
async function play(journey, word) {
  process.env[word] = folder;
  const { default: journeyed } = await import(`./journeys/${journey}.mjs`);
  await on(`screenshots-${journey}`, journeyed);
  console.log(journey);
}

// Puts some of the pictures side by side.
async function combine(page, names, path) {
  const pictures = await Promise.all(names.map(async (name) => {
    const bytes = await readFile(join(folder, `${name}.png`));
    return `<img style="height:640px;border-radius:14px;box-shadow:0 0 0 1px #8884" src="data:image/png;base64,${bytes.toString("base64")}">`;
  }));
  await page.setContent(`<body style="margin:0"><div style="display:inline-flex;gap:24px;padding:2px">${pictures.join("")}</div>`);
  await page.evaluate(() => Promise.all([...document.images].map((image) => image.decode())));
  await page.locator("div").screenshot({ path, omitBackground: true });
}

async function illustrate() {
  await mkdir(images, { recursive: true });
  const browser = await chromium.launch({ executablePath: chromiumBinary, args: ["--no-sandbox", "--disable-gpu"] });
  try {
    const page = await browser.newPage({ viewport: { width: 1600, height: 800 } });
    for (const [target, names] of Object.entries(FOR_THE_DOCUMENTS)) await combine(page, names, join(images, target));
  } finally {
    await browser.close();
  }
}

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
await on("screenshots-tour", tour);
for (const [journey, word] of Object.entries(JOURNEYS)) await play(journey, word);
await illustrate();
console.log(`the pictures are in ${folder}; those of the documents in ${images}`);
