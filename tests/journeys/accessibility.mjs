// Every screen, in both themes, on a phone and on a wide screen: axe finds nothing that shuts somebody out. What one sees for a moment only,
// or hopes never to see, is looked at in both themes, once in each width.

import assert from "node:assert/strict";

import { cpSync } from "node:fs";
import { join } from "node:path";

import { violations } from "../support/axe.mjs";
import { DESKTOP, PHONE } from "../support/device.mjs";
import { Mallory, note } from "../support/mallory.mjs";
import { App } from "../support/pages.mjs";
import { drawn } from "../support/pictures.mjs";
import { dist } from "../support/places.mjs";
import { release } from "../support/release.mjs";

export const seconds = 480;

const FORMS = [
  { name: "phone, light", viewport: PHONE, colorScheme: "light" },
  { name: "phone, dark", viewport: PHONE, colorScheme: "dark" },
  { name: "desktop, light", viewport: DESKTOP, colorScheme: "light" },
  { name: "desktop, dark", viewport: DESKTOP, colorScheme: "dark" },
];

// For what takes as long to bring about as to look at.
const BOTH = [FORMS[0], FORMS[3]];

// Looks at what is on the page now in all four forms, or in these.
async function judge(page, screen, found, forms = FORMS) {
  for (const { name, viewport, colorScheme } of forms) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    const wrong = await violations(page);
    if (overflow > 0) wrong.push(`${overflow} px wider than the screen`);
    for (const what of wrong) found.set(what, [...(found.get(what) ?? []), `${screen} (${name})`]);
  }
}

// Screens of people who have just come, or whose browser lacks something.
async function strangers(stage, hub, found) {
  const look = async (name, init, wait, options = {}) => {
    const device = await stage.device(hub, name, { init, ...options });
    await device.go();
    await wait(new App(device));
    await judge(device.page, name, found, BOTH);
    await device.close();
  };
  await look("Loading", () => { IDBFactory.prototype.open = () => new EventTarget(); }, (app) => app.page.getByText("Opening your posts…").waitFor());
  await look(
    "Broken", () => { Object.defineProperty(Crypto.prototype, "subtle", { value: undefined }); },
    (app) => app.heading("This browser is too old").waitFor(),
  );
}

// What Ana sees of people and posts that are not as they should be.
async function troubles(stage, hub, ana, found) {
  const mallory = new Mallory(stage);
  await mallory.begin(0, { name: "Mallory", hub, invite: await ana.inviteText() });
  const [{ id }] = await mallory.say(0, [note("One thing")]);
  await ana.go("#/");
  await ana.sees("One thing", 40_000);
  await ana.openPerson("Mallory");
  await mallory.contradict(0, [note("This"), note("That")]);
  await ana.page.locator("[data-notice=fork]").waitFor({ timeout: 40_000 });
  await judge(ana.page, "Person, two versions", found, BOTH);
  await ana.button("Block").click();
  await ana.page.getByRole("dialog", { name: "Block this person?" }).getByRole("button", { name: "Block" }).click();
  await ana.page.getByText("You have blocked this person, so nothing of theirs is kept here.").waitFor();
  await judge(ana.page, "Person, blocked", found, BOTH);
  await ana.go(`#/post/${id}`);
  await ana.page.getByText(/is not on this device/).waitFor();
  await judge(ana.page, "Post, gone", found, BOTH);
}

// What is told above every screen: a hub that is away, a newer version, a device that is behind itself.
async function notices(hub, assets, ana, found) {
  await ana.go("#/people/add");
  await ana.button("Scan with the camera").click();
  await ana.page.locator("video").waitFor();
  await judge(ana.page, "Viewfinder", found, BOTH);
  await ana.page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  release(assets, "another");
  await ana.page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
  await ana.page.locator("[data-notice=update]").waitFor();
  await hub.stop();
  await ana.go("#/");
  await ana.statusBecomes(/^Offline/);
  await judge(ana.page, "Home, offline, with a newer version", found, BOTH);
  await ana.page.evaluate(() => localStorage.setItem("effigy.fence", JSON.stringify({ device: 99, synod: 99 })));
  await ana.page.reload();
  await ana.heading("Some of your posts are missing here").waitFor();
  await ana.page.getByText(/posts are here\./).waitFor();
  await judge(ana.page, "Repair, behind", found, BOTH);
  await ana.button("Read meanwhile").click();
  await ana.button("What can be done").waitFor();
  await judge(ana.page, "Home, while it is repaired", found, BOTH);
}

export default async function journey(stage) {
  const assets = join(stage.folder, "app");
  cpSync(dist, assets, { recursive: true });
  const hub = await stage.hub({ assets, flags: ["--exempt-loopback"] });
  const found = new Map();
  const newcomer = await stage.device(hub, "Newcomer");
  await newcomer.go();
  await new App(newcomer).heading("Welcome to Effigy").waitFor();
  await judge(newcomer.page, "Welcome", found);
  await newcomer.close();

  await strangers(stage, hub, found);

  const [ana, ben] = await stage.friends(hub, ["Ana", "Ben"], [{ flags: ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"] }, {}]);
  const invitation = await ben.inviteLink();
  const invited = await stage.device(hub, "Invited");
  await invited.page.goto(invitation);
  await new App(invited).heading("You are invited to Effigy").waitFor();
  await judge(invited.page, "Welcome, invited", found, BOTH);
  await invited.close();
  await ana.go(new URL(invitation).hash);
  await ana.heading("Invite").waitFor();
  await ana.button("Follow each other").waitFor();
  await judge(ana.page, "Invite", found, BOTH);
  await ben.tap("Home");
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
    ["#/you/lock", "App lock"], ["#/you/accounts", "Accounts"], ["#/you/accounts/leave", "Remove from this browser"],
    ["#/you/appearance", "Appearance"], ["#/you/about", "About"], ["#/nowhere", "Nothing here"], ["#/invite/nonsense", "Invite"],
  ]) {
    await ana.go(place);
    await ana.heading(heading).waitFor();
    await judge(ana.page, heading, found);
  }
  await troubles(stage, hub, ana, found);
  const second = await ana.device.newPage();
  await second.goto(hub.address);
  await second.getByRole("heading", { name: "Effigy is open in another tab" }).waitFor();
  await judge(second, "Other tab", found);
  await second.close();

  const benched = await ben.device.context.newCDPSession(ben.page);
  await ben.page.goto("about:blank");
  await benched.send("Storage.clearDataForOrigin", { origin: hub.address, storageTypes: "indexeddb" });
  await ben.device.go();
  await ben.heading("Some of your posts are missing here").waitFor();
  await judge(ben.page, "Repair, keys lost", found);
  await notices(hub, assets, ana, found);
  assert.equal([...found].map(([what, where]) => `${what}\n    on ${where.join(", ")}`).join("\n"), "");
}
