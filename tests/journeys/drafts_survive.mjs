// What somebody has begun to write stays: through other screens, a reload, a crash; text of any length, pictures in their order with
// their descriptions. What was sent is no draft any more, whatever screen is shown by then. The same with one's own profile.

import assert from "node:assert/strict";

import { drawn } from "../support/pictures.mjs";
import { until } from "../support/waiting.mjs";

// Three pictures that can be told apart by their shape, the largest first: it takes the longest to read.
const SHAPES = [[3_600, 2_400], [200, 300], [240, 240]];
const ALTS = ["The large one", "The high one", "The square one"];

// For the start of the page: counts how many pictures are decoded at once.
function watchDecoding() {
  const decode = window.createImageBitmap.bind(window);
  let now = 0;
  window.mostAtOnce = 0;
  window.createImageBitmap = async (...all) => {
    now += 1;
    window.mostAtOnce = Math.max(window.mostAtOnce, now);
    try {
      return await decode(...all);
    } finally {
      now -= 1;
    }
  };
}

async function files(page) {
  const drawings = [];
  for (const [index, [width, height]] of SHAPES.entries()) drawings.push(await drawn(page, { width, height, number: index + 1 }));
  return drawings.map((buffer, index) => ({ name: `${index}.jpg`, mimeType: "image/jpeg", buffer }));
}

// The shapes of pictures, rounded, in their order.
async function shapes(images) {
  return images.evaluateAll((list) => Promise.all(list.map(async (image) => {
    await image.decode();
    return Number((image.naturalWidth / image.naturalHeight).toFixed(1));
  })));
}

const EXPECTED = SHAPES.map(([width, height]) => Number((width / height).toFixed(1)));

async function isWhole(app, text, what) {
  await app.tap("Write");
  await app.heading("New post").waitFor();
  await until(`the pictures are there ${what}`, async () => (await app.page.locator(".slot img").count()) === SHAPES.length);
  assert.equal(await app.text.inputValue(), text, what);
  assert.deepEqual(await shapes(app.page.locator(".slot img")), EXPECTED, what);
  const told = await app.page.locator(".slot textarea").evaluateAll((fields) => fields.map((field) => field.value));
  assert.deepEqual(told, ALTS, what);
}

async function isEmpty(app, what) {
  await app.tap("Write");
  await app.heading("New post").waitFor();
  assert.equal(await app.text.inputValue(), "", what);
  assert.equal(await app.page.locator(".slot").count(), 0, what);
}

// What is in the form of the own profile.
async function profile(app) {
  await app.go("#/you/profile");
  await app.heading("Edit profile").waitFor();
  return { name: await app.field("Your name").inputValue(), about: await app.field("About you").inputValue() };
}

// Ana changes her profile, is interrupted in every way, and goes on.
async function changesProfile(ana, picture) {
  assert.deepEqual(await profile(ana), { name: "Ana", about: "" });
  await ana.field("Your name").fill("Ana Lima");
  await ana.field("About you").fill("I draw maps.");
  await ana.page.locator(".face-field input[type=file]").setInputFiles(picture);
  await ana.page.getByAltText("The picture you chose").waitFor();
  const begun = { name: "Ana Lima", about: "I draw maps." };
  await ana.tap("Home");
  assert.deepEqual(await profile(ana), begun, "after another screen");
  await ana.page.waitForTimeout(1_000);
  await ana.page.reload();
  assert.deepEqual(await profile(ana), begun, "after a reload");
  await ana.page.getByText("Draft restored.").waitFor();
  await ana.page.getByAltText("The picture you chose").waitFor();

  // The limit is one of bytes: a smile has four, and five hundred are as many as there may be.
  await ana.field("About you").fill("\u{1f642}".repeat(501));
  await ana.page.getByText("4 too long").waitFor();
  assert.ok(await ana.button("Save").isDisabled());
  await ana.field("About you").fill("\u{1f642}".repeat(500));
  await ana.page.getByText("0 left").waitFor();
  await ana.button("Save").click();
  await ana.page.getByText("Your profile is saved.").waitFor();
  await ana.page.reload();
  assert.deepEqual(await profile(ana), { name: "Ana Lima", about: "\u{1f642}".repeat(500) });
  await ana.page.locator(".face-field .avatar img[src^='blob:']").waitFor();
  assert.equal(await ana.page.getByText("Draft restored.").count(), 0, "what was saved is no draft");
  assert.equal(await ana.page.getByAltText("The picture you chose").count(), 0);
}

export default async function journey(stage) {
  const hub = await stage.hub();
  const ana = await stage.person(hub, "Ana", { init: watchDecoding });
  const pictures = await files(ana.page);
  await ana.tap("Write");
  await ana.compose("Three of them");
  await ana.page.locator(".composer input[type=file][accept]").setInputFiles(pictures);
  await ana.describe(SHAPES.length - 1);
  for (const [index, alt] of ALTS.entries()) await ana.describe(index, alt);
  // Workers do it beside the page; where there are none, the page does, one at a time.
  assert.ok((await ana.page.evaluate(() => window.mostAtOnce)) <= 1, "one is decoded at a time");

  await ana.tap("Home");
  await isWhole(ana, "Three of them", "after another screen");
  await ana.page.waitForTimeout(1_000);
  await ana.page.reload();
  await ana.opened();
  await isWhole(ana, "Three of them", "after a reload");
  await ana.device.kill();
  await ana.device.open();
  await ana.device.go();
  await ana.opened();
  await isWhole(ana, "Three of them", "after a crash");

  await ana.sendPost();
  const card = await ana.sees("Three of them");
  await until("the pictures are shown", async () => (await card.locator("figure img").count()) === SHAPES.length);
  assert.deepEqual(await card.locator("figure img").evaluateAll((images) => images.map((image) => image.alt)), ALTS);
  assert.deepEqual(await shapes(card.locator("figure img")), EXPECTED, "each with its own description");
  await isEmpty(ana, "what was sent is no draft");
  await ana.page.reload();
  await isEmpty(ana, "nor after a reload");

  // Who leaves while it is being kept is told nevertheless, and stays where they went.
  await ana.insert("And off I go");
  await ana.page.locator(".composer input[type=file][accept]").setInputFiles(pictures);
  await ana.describe(SHAPES.length - 1);
  await ana.button("Post").evaluate((button) => {
    button.click();
    location.hash = "#/people";
  });
  await ana.heading("People").waitFor();
  await ana.page.getByText("Posted. It is on this device and on its way.").waitFor();
  await ana.heading("People").waitFor();
  assert.equal(await ana.page.locator(".stopped").count(), 0);
  await isEmpty(ana, "what was sent behind the back is no draft");
  await ana.tap("Home");
  await ana.sees("And off I go");

  // A text that is too long for a post is kept all the same.
  const long = "A long story. ".repeat(4_000);
  await ana.tap("Write");
  await ana.insert(long);
  await ana.tap("Home");
  await ana.tap("Write");
  assert.equal(await ana.text.inputValue(), long);
  await ana.page.waitForTimeout(1_000);
  await ana.page.reload();
  await ana.heading("New post").waitFor();
  assert.equal((await ana.text.inputValue()).length, long.length, "all of it outlives a reload");
  await ana.insert("Short again");
  await ana.sendPost();
  await ana.isWhole();
  await changesProfile(ana, pictures[1]);
}
