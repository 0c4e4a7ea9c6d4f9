// What people do every day beside the great things: read on while others post, look at older posts, change their face, free
// space, use a second hub, hand out a new code, choose colours, and leave an answer half written.

import assert from "node:assert/strict";

import { drawn, noise, rememberBlobs, shownPictures } from "../support/pictures.mjs";
import { until } from "../support/waiting.mjs";

const OLD = 44;

async function reading(ana, ben) {
  for (let number = 1; number <= OLD; number += 1) await ben.post(`Ben's number ${number}.`);
  await ana.tap("Home");
  await ana.sees(`Ben's number ${OLD}.`);
  assert.equal(await ana.cards("").count(), 40, "a page of posts at first");
  await ana.button("Show older posts").click();
  await ana.sees("Ben's number 1.");
  assert.equal(await ana.cards("").count(), OLD);

  // Who reads further down is not moved; a pill says that there is something new.
  await ana.page.mouse.wheel(0, 1_500);
  await until("the page has moved", () => ana.page.evaluate(() => window.scrollY > 500));
  const first = await ana.cards("").first().innerText();
  await ben.post("Something new");
  const pill = ana.button("1 new post");
  await pill.waitFor();
  assert.equal(await ana.cards("").first().innerText(), first, "nothing jumps");
  await pill.click();
  await ana.sees("Something new");
  await until("the page is at its top", () => ana.page.evaluate(() => window.scrollY === 0));
}

async function faces(ana, ben) {
  const face = { name: "face.png", mimeType: "image/png", buffer: await drawn(ana.page, { width: 300, height: 500, number: 12, type: "image/png" }) };
  await ben.tap("You");
  await ben.link("Edit profile").click();
  await ben.page.locator(".face-field input[type=file]").setInputFiles(face);
  await ben.page.getByAltText("The picture you chose").waitFor();
  await ben.field("Your name").fill("Benjamin");
  await ben.field("About you").fill("I _mend_ bicycles.");
  await ben.button("Save").click();
  await ben.heading("You").waitFor();
  await ana.openPerson("Benjamin");
  await ana.page.locator(".person-head .avatar img").waitFor();
  const [shown] = await shownPictures(ana.page.locator(".person-head .avatar"));
  assert.equal(shown.width, shown.height, "faces are square");
  assert.equal(await ana.page.locator("em", { hasText: "mend" }).count(), 1);
}

async function space(ana, ben) {
  const picture = { name: "a.jpg", mimeType: "image/jpeg", buffer: await noise(ana.page, { number: 13, width: 800, height: 600 }) };
  await ben.post("A picture to keep", [{ file: picture, alt: "Hills again" }]);
  await ana.tap("Home");
  const card = await ana.sees("A picture to keep");
  const [before] = await shownPictures(card.locator("figure"));
  await ana.go("#/you/storage");
  const others = async () => (await ana.page.locator(".facts").innerText()).match(/Friends\s+([\d.,]+ \w+)/)[1];
  // What was shown in the card was small; the picture itself may still be on its way.
  await until("the picture of the friend is counted", async () => /^(?:\d{3,}(?:\.\d+)? kB|[\d.]+ MB)$/.test(await others()));
  await ana.button("Free space").click();
  await ana.page.getByText(/^[\d.]+ \w+ freed\. What friends posted comes back when you look at it\./).waitFor();
  const left = await others();
  await ana.button("Free space").click();
  await ana.page.getByText("There was nothing to remove.").waitFor();
  assert.equal(await others(), left, "what was freed is no longer counted");
  await ana.device.restart();
  await ana.opened();
  const [after] = await shownPictures((await ana.sees("A picture to keep")).locator("figure"));
  assert.ok(before.bytes.equals(after.bytes), "it comes back when it is looked at");
}

async function anotherHub(stage, ana) {
  // A hub lets in the apps of others only when it is told of them.
  const other = await stage.hub({ flags: ["--app-origin", ana.device.hub.address] });
  ana.device.allows(other.address);
  await ana.go("#/you/network");
  await ana.field("Address of another hub (meeting point)").fill("ftp://nowhere");
  await ana.button("Add hub").click();
  await ana.page.getByText("This is not the address of a hub.").waitFor();
  await ana.field("Address of another hub (meeting point)").fill(other.address);
  await ana.button("Add hub").click();
  await until("both hubs are connected", async () => {
    const { hubs } = await ana.network();
    return hubs.length === 2 && hubs.every(({ state }) => /^Connected/.test(state));
  }, 40_000);
  await ana.device.restart();
  await ana.opened();
  await until("both are known after a restart", async () => (await ana.network()).hubs.length === 2);
  await ana.button(`Remove ${other.address}`).click();
  await ana.page.getByRole("dialog", { name: "No longer use this hub?" }).getByRole("button", { name: "Remove" }).click();
  await until("one hub is left", async () => (await ana.network()).hubs.length === 1);
}

async function newCode(stage, hub, ana) {
  const old = await ana.inviteLink();
  await ana.button("Make a new code").click();
  await ana.page.getByText("The one before no longer works.").waitFor();
  const link = await until("the code is another", async () => {
    const now = await ana.field("Link").inputValue();
    return now !== old && now;
  });
  const late = await stage.person(hub, "Late");
  await late.addByText(old);
  await late.heading("Ana").waitFor();
  const early = await stage.person(hub, "Early");
  await early.addByText(link);
  await early.heading("Ana").waitFor();
  await early.befriended("Ana");
  await until("who came with the old code is not followed", async () => {
    const { Followers, Following } = await ana.groups();
    return Followers === 3 && Following === 2;
  }, 40_000);
}

async function colours(ana) {
  await ana.go("#/you/appearance");
  const background = () => ana.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await ana.page.getByLabel("Dark", { exact: true }).check();
  const dark = await background();
  assert.notEqual(dark, light);
  await ana.page.reload({ waitUntil: "commit" });
  await until("the page has its colours before the app is there", async () => (await background()) === dark);
  await ana.heading("Appearance").waitFor();
  assert.equal(await background(), dark, "the choice is kept");
  assert.ok(await ana.page.getByLabel("Dark", { exact: true }).isChecked());
}

async function halfAnAnswer(ana) {
  await ana.tap("Home");
  await (await ana.sees("Something new")).getByRole("link", { name: "Reply" }).click();
  await ana.insert("I was about to say");
  await ana.page.waitForTimeout(1_000);
  await ana.device.kill();
  await ana.device.open();
  await ana.device.go();
  await ana.opened();
  await (await ana.sees("Something new")).getByRole("link", { name: "Reply" }).click();
  await until("the answer is restored", async () => (await ana.text.inputValue()) === "I was about to say");
  await ana.tap("Write");
  await ana.heading("New post").waitFor();
  assert.equal(await ana.text.inputValue(), "", "another draft is another draft");
}

export const seconds = 240;

export default async function journey(stage) {
  const hub = await stage.hub();
  const [ana, ben] = await stage.friends(hub, ["Ana", "Ben"], [{ init: rememberBlobs }, {}]);
  await ana.connected("Ben");
  await reading(ana, ben);
  await faces(ana, ben);
  await space(ana, ben);
  await anotherHub(stage, ana);
  await newCode(stage, hub, ana);
  await colours(ana);
  await halfAnAnswer(ana);
}
