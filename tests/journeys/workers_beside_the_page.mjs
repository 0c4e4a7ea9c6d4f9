// Long messages are checked and pictures are made by workers. One that falls is replaced; without any, the page does it all.

import assert from "node:assert/strict";

import { App } from "../support/pages.mjs";
import { asFromCamera, drawn } from "../support/pictures.mjs";

export const seconds = 240;

const POSTS = Array.from({ length: 8 }, (_, n) => `Part ${n + 1} of a long story. ${"It went on and on, as such stories do. ".repeat(40)}`);

// Counts the workers that a page starts, and has the first so many of them fall as soon as they are asked for something.
const COUNTED = (falling) => `
  window.startedWorkers = 0;
  window.Worker = class extends Worker {
    #number = ++window.startedWorkers;
    postMessage(message, ...rest) {
      if (Array.isArray(message) && this.#number <= ${falling}) setTimeout(() => this.dispatchEvent(new Event("error")));
      else super.postMessage(message, ...rest);
    }
  };
`;

async function readsAll(stage, hub, invite, name, options) {
  const device = await stage.device(hub, name, options);
  await device.go();
  const app = new App(device);
  await app.start(name);
  await app.addByText(invite);
  await app.tap("Home");
  for (const text of POSTS) await app.sees(text.slice(0, 40), 60_000);
  return { app, started: await device.page.evaluate(() => window.startedWorkers) };
}

export default async function journey(stage) {
  const hub = await stage.hub();
  const ana = await stage.person(hub, "Ana", { init: COUNTED(0) });
  for (const text of POSTS) await ana.post(text);
  const invite = await ana.inviteText();

  const ben = await readsAll(stage, hub, invite, "Ben", { init: COUNTED(0) });
  assert.ok(ben.started >= 1, "a worker was started");
  assert.ok(ben.app.page.workers().length >= 1, "and runs");

  const cem = await readsAll(stage, hub, invite, "Cem", { init: COUNTED(1) });
  assert.equal(cem.started, 2, "one worker fell, and another did its work");

  const dora = await readsAll(stage, hub, invite, "Dora", { init: COUNTED(99) });
  assert.ok(dora.started >= 2 && dora.started < 20, `${dora.started} workers fell, then the page did it`);

  // None can be started at all.
  const emil = await readsAll(stage, hub, invite, "Emil", {
    init: 'window.Worker = class { constructor() { throw new DOMException("not here", "SecurityError"); } };',
  });
  assert.equal(emil.app.page.workers().length, 0);

  // Pictures, with workers and without.
  const buffer = asFromCamera(await drawn(ana.page, { width: 1200, height: 800 }), 6);
  const file = { name: "walk.jpg", mimeType: "image/jpeg", buffer };
  for (const { app } of [ben, emil]) {
    await app.post(`A picture of ${app.name}`, [{ file, alt: "A harbour" }]);
    await app.sees(`A picture of ${app.name}`);
    await app.page.getByAltText("A harbour").first().waitFor();
  }
}
