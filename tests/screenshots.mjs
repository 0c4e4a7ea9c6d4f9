// Makes pictures of every screen with real content, on a phone and a wide screen, light and dark: tests/output/screenshots.
// A few of them go into docs/images, for the README and the guide.

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
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
};
// Those of the guide: phones, without what stands at their bottom.
const HEIGHT = 730;
const FOR_THE_GUIDE = {
  "guide-link.webp": ["phone-begin", "phone-shows"],
  "guide-devices.webp": ["phone-devices", "phone-remove"],
  "guide-words.webp": ["words-kept", "words-shown", "words-asked"],
  "guide-friends.webp": ["Ana-asks", "Ben-asked"],
  "guide-backup.webp": ["already-file"],
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

// One picture for the guide, from an element on.
async function snap(app, name, element) {
  const { page } = app;
  await app.dismissAll();
  await page.setViewportSize(PHONE);
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await element?.evaluate((it) => it.scrollIntoView({ block: "start" }));
  await page.waitForTimeout(200);
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

// Words, a backup, and the ways back.
async function keepSafe(stage, hub, ana) {
  await ana.go("#/you/backup");
  await ana.heading("Backup and recovery").waitFor();
  await snap(ana, "words-kept");
  await ana.button("Show my words").click();
  await snap(ana, "words-shown");
  await ana.button("I have written them down").click();
  await snap(ana, "words-asked");
  const device = await stage.device(hub, "fresh");
  await device.go();
  const fresh = new App(device);
  await fresh.button("I already have an account").click();
  await fresh.button("Link this device").waitFor();
  await snap(fresh, "already-file", fresh.page.getByRole("region", { name: "Backup file" }));
  await device.close();
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
  await ana.dismissAll();
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
  await keepSafe(stage, hub, ana);
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

// The same for the guide: each cut to a phone, all in one small file.
async function cut(page, names, path) {
  const sources = await Promise.all(names.map(async (name) =>
    `data:image/png;base64,${(await readFile(join(folder, `${name}.png`))).toString("base64")}`));
  const made = await page.evaluate(async ({ sources, width, height, gap }) => {
    const canvas = document.createElement("canvas");
    canvas.width = sources.length * (width + gap) - gap;
    canvas.height = height;
    const brush = canvas.getContext("2d");
    for (const [index, source] of sources.entries()) {
      const image = new Image();
      image.src = source;
      await image.decode();
      const left = index * (width + gap);
      brush.save();
      brush.beginPath();
      brush.roundRect(left + 1, 1, width - 2, height - 2, 14);
      brush.clip();
      brush.drawImage(image, left, 0, width, image.naturalHeight * width / image.naturalWidth);
      brush.restore();
      brush.strokeStyle = "#888";
      brush.stroke();
    }
    return canvas.toDataURL("image/webp", 0.8);
  }, { sources, width: PHONE.width, height: HEIGHT, gap: 24 });
  await writeFile(path, Buffer.from(made.split(",")[1], "base64"));
}

async function illustrate() {
  await mkdir(images, { recursive: true });
  const browser = await chromium.launch({ executablePath: chromiumBinary, args: ["--no-sandbox", "--disable-gpu"] });
  try {
    const page = await browser.newPage({ viewport: { width: 1600, height: 800 } });
    for (const [target, names] of Object.entries(FOR_THE_DOCUMENTS)) await combine(page, names, join(images, target));
    for (const [target, names] of Object.entries(FOR_THE_GUIDE)) await cut(page, names, join(images, target));
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
