// What can be wrong with a code, a picture or a camera: each has a sentence of its own, and nothing is changed by it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { asFromCamera, drawn, movingWebp, pngBomb } from "../support/pictures.mjs";
import { hubBinary } from "../support/places.mjs";
import { film, photograph } from "../support/qr_camera.mjs";
import { until } from "../support/waiting.mjs";

const FOREIGN = "This is not an Effigy code.";
const OTHER_VERSION = "This code is from another version of Effigy.";
const OTHER_USE = "This Effigy code is for something else than adding a person.";
const DAMAGED = "The code is damaged or was not copied whole.";

// The code of a hub's address, as its terminal shows it, as SVG: what somebody scans by mistake.
async function terminalCode(stage) {
  const hub = spawn(hubBinary(), ["--listen", "127.0.0.1:0", "--data", join(stage.folder, "other"), "--origin", "https://hub.example"]);
  stage.atEnd(() => hub.kill("SIGKILL"));
  let said = "";
  hub.stdout.on("data", (chunk) => { said += chunk; });
  await until("the terminal shows a code", () => said.includes("Stop with"));
  const rows = said.split("\n").filter((line) => /[█▀▄]/.test(line));
  // Two rows of squares a line; what is drawn is light.
  const dark = [];
  rows.forEach((line, row) => [...line].forEach((letter, column) => {
    if (letter === " " || letter === "▄") dark.push([column, 2 * row]);
    if (letter === " " || letter === "▀") dark.push([column, 2 * row + 1]);
  }));
  const side = Math.max(...rows.map((line) => line.length));
  const squares = dark.map(([x, y]) => `<rect x="${x}" y="${y}" width="1" height="1"/>`).join("");
  return `<svg viewBox="0 0 ${side} ${side}" width="360" shape-rendering="crispEdges" style="background:#fff">${squares}</svg>`;
}

async function checkTexts(app, invite) {
  const bytes = Buffer.from(invite.replace("effigy:", ""), "base64url");
  const changed = (at, value) => {
    const copy = Buffer.from(bytes);
    copy[at] = value;
    return `effigy:${copy.toString("base64url")}`;
  };
  for (const [text, sentence] of [
    ["https://example.org/", FOREIGN],
    ["hello", FOREIGN],
    ["", FOREIGN],
    ["x".repeat(5_000), FOREIGN],
    ["javascript:alert(1)/#/invite/AQEB", FOREIGN],
    [changed(0, 2), OTHER_VERSION],
    [changed(1, 9), OTHER_USE],
    [changed(20, bytes[20] ^ 1), DAMAGED],
    [invite.slice(0, -9), DAMAGED],
    ["effigy:", DAMAGED],
    [invite, "That is your own code."],
  ]) {
    await app.addByText(text);
    await app.page.getByText(sentence).first().waitFor();
    assert.ok(await app.heading("Add a friend").isVisible(), `nobody was added by ${text.slice(0, 40)}`);
  }
  // The same as a link that was opened.
  await app.page.goto(`${app.device.hub.address}/#/invite/${changed(0, 2).replace("effigy:", "")}`);
  await app.page.getByText(OTHER_VERSION).waitFor();
  await app.page.goto(`${app.device.hub.address}/#/invite/cut-off!`);
  await app.page.getByText(DAMAGED).waitFor();
  await app.page.goto(`${app.device.hub.address}/#/nowhere`);
  await app.heading("Nothing here").waitFor();
  assert.deepEqual({ ...(await app.groups()) }, { Friends: 0, Following: 0, Followers: 0, Muted: 0, Blocked: 0 });
}

async function checkPictures(app, stage) {
  const jpeg = await drawn(app.page, { number: 4 });
  const huge = join(stage.folder, "huge.jpg");
  writeFileSync(huge, jpeg);
  truncateSync(huge, 70 * 1024 * 1024);
  const file = (name, buffer, mimeType = "image/jpeg") => ({ name, mimeType, buffer });
  await app.tap("Write");
  await app.heading("New post").waitFor();
  for (const [picture, sentence] of [
    [file("bomb.png", pngBomb(), "image/png"), "This picture has too many pixels"],
    [huge, "This file is larger than 64 MB."],
    [file("moving.gif", Buffer.from("GIF89a\x01\0\x01\0\0\0\0;", "latin1"), "image/gif"), "Only JPEG, PNG and WebP pictures can be posted."],
    [file("moving.webp", movingWebp(), "image/webp"), "This picture moves"],
    [file("drawing.svg", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'), "image/svg+xml"), "Only JPEG, PNG and WebP pictures can be posted."],
    [file("page.jpg", Buffer.from("<html><script>alert(1)</script>")), "Only JPEG, PNG and WebP pictures can be posted."],
    [file("cut.jpg", asFromCamera(jpeg).subarray(0, 300)), "This file is damaged or not the picture it says it is."],
    [file("empty.jpg", Buffer.alloc(0)), "Only JPEG, PNG and WebP pictures can be posted."],
  ]) {
    await app.page.locator(".composer input[type=file][accept]").setInputFiles(picture);
    await app.page.getByRole("alert").filter({ hasText: sentence }).waitFor();
    assert.equal(await app.page.locator(".slot").count(), 0, sentence);
  }
  // After all that a good one is taken.
  await app.page.locator(".composer input[type=file][accept]").setInputFiles(file("good.jpg", jpeg));
  await app.describe(0, "Hills");
  await app.sendPost();
}

async function checkCamera(stage, hub) {
  const scan = async (app) => {
    await app.tap("People");
    await app.link("Add").click();
    await app.button("Scan with the camera").click();
  };
  const without = await stage.person(hub, "Without");
  await scan(without);
  await without.page.getByText("This device has no camera.").waitFor();

  // A code of something else stays in front of the camera: it says so, and goes on looking.
  const fragment = await terminalCode(stage);
  const cem = await stage.person(hub, "Cem", { camera: await film(stage, "foreign", fragment) });
  await scan(cem);
  await cem.page.getByText(FOREIGN).waitFor();
  assert.equal(await cem.page.locator("video").count(), 1);
  await cem.button("Stop the camera").click();
  await until("the camera is closed", async () => (await cem.page.locator("video").count()) === 0);

  // The same as a file, and a file without any code.
  const files = cem.page.locator(".scan input[type=file]");
  await files.setInputFiles({ name: "none.jpg", mimeType: "image/jpeg", buffer: await drawn(cem.page) });
  await cem.page.getByText("No code was found in this picture.").waitFor();
  await files.setInputFiles({ name: "foreign.jpg", mimeType: "image/jpeg", buffer: await photograph(fragment) });
  await cem.page.getByText(FOREIGN).waitFor();
  // A reader of the browser's own that never works is done without.
  await cem.page.evaluate(() => {
    window.BarcodeDetector = class {
      static async getSupportedFormats() { return ["qr_code"]; }
      async detect() { window.wasAsked = true; throw new DOMException("Not here.", "NotSupportedError"); }
    };
  });
  await files.setInputFiles({ name: "none.jpg", mimeType: "image/jpeg", buffer: await drawn(cem.page) });
  await cem.page.getByText("No code was found in this picture.").waitFor();
  await files.setInputFiles({ name: "foreign.jpg", mimeType: "image/jpeg", buffer: await photograph(fragment) });
  await cem.page.getByText(FOREIGN).waitFor();
  assert.ok(await cem.page.evaluate(() => window.wasAsked));

  // Who turns away while the browser still asks has no camera running afterwards.
  await cem.page.evaluate(() => {
    const media = navigator.mediaDevices;
    const ask = media.getUserMedia.bind(media);
    window.granted = [];
    media.getUserMedia = async (...all) => {
      const stream = await ask(...all);
      window.granted.push(...stream.getTracks());
      await new Promise((resolve) => { window.agree = resolve; });
      return stream;
    };
  });
  await cem.button("Scan with the camera").click();
  await until("the browser asks", () => cem.page.evaluate(() => window.granted.length === 1));
  await cem.button("Stop the camera").click();
  await until("the viewfinder is gone", async () => (await cem.page.locator("video").count()) === 0);
  await cem.page.evaluate(() => window.agree());
  await until("the camera is off", () => cem.page.evaluate(() => window.granted.every(({ readyState }) => readyState === "ended")));
  await cem.page.reload();
  await cem.heading("Add a friend").waitFor();

  // Somebody who lets nobody look.
  const inspector = await cem.device.context.newCDPSession(cem.page);
  await inspector.send("Browser.setPermission", { permission: { name: "camera" }, setting: "denied", origin: hub.address });
  await cem.button("Scan with the camera").click();
  await cem.page.getByText("The camera is not allowed for this page.").waitFor();
}

export default async function journey(stage) {
  const hub = await stage.hub();
  const ana = await stage.person(hub, "Ana");
  await checkTexts(ana, await ana.inviteText());
  await checkPictures(ana, stage);
  await checkCamera(stage, hub);
}
