// What was said to be posted is there after a reload, a restart of the browser, of the hub, and after the power failed right
// after the word "posted".

import assert from "node:assert/strict";

import { drawn } from "../support/pictures.mjs";

const ROUNDS = 10;

export default async function journey(stage) {
  const hub = await stage.hub();
  const ana = await stage.person(hub, "Ana");
  const picture = await drawn(ana.page, { number: 8 });
  const texts = ["With a picture"];
  await ana.post("With a picture", [{ file: { name: "a.jpg", mimeType: "image/jpeg", buffer: picture }, alt: "Some hills" }]);
  const all = async () => {
    await ana.opened();
    await ana.tap("Home");
    for (const text of texts) await ana.sees(text);
    assert.equal(await ana.cards("").count(), texts.length, "nothing is there twice, and nothing else");
  };

  await ana.page.reload();
  await all();
  await (await ana.sees("With a picture")).getByAltText("Some hills").waitFor();
  await ana.device.restart();
  await all();

  for (let round = 1; round <= ROUNDS; round += 1) {
    const text = `Said right before the power failed, ${round}`;
    await ana.post(text);
    await ana.device.kill();
    texts.push(text);
    await ana.device.open();
    await ana.device.go();
    await all();
  }

  await ana.delivered("With a picture", /hub/i);
  await hub.stop();
  await hub.restart();
  await ana.device.restart();
  await all();
  await ana.delivered(`Said right before the power failed, ${ROUNDS}`, /hub/i, 90_000);
  const feeds = await ana.isWhole();
  assert.ok(feeds.some((feed) => feed.held >= texts.length), "one feed has all posts");
}
