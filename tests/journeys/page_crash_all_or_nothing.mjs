// The page crashes while it writes. Each post is there or it is not, once, and the text of one that is not is still a draft.

import assert from "node:assert/strict";

const ROUNDS = 10;

export default async function journey(stage) {
  const hub = await stage.hub();
  const ana = await stage.person(hub, "Ana");
  await ana.post("Before all crashes");
  ana.device.expects(/the page crashed/);
  const posted = ["Before all crashes"];
  let lost = 0;
  for (let round = 1; round <= ROUNDS; round += 1) {
    const text = `Round ${round}`;
    await ana.tap("Write");
    await ana.compose(text);
    // The draft is written after a pause in typing.
    await ana.page.waitForTimeout(700);
    const inspector = await ana.device.context.newCDPSession(ana.page);
    await ana.button("Post").click();
    await new Promise((resolve) => { setTimeout(resolve, (round * 7) % 40); });
    const gone = ana.page.waitForEvent("crash");
    inspector.send("Page.crash").catch(() => undefined);
    await gone;
    await ana.page.close();
    ana.device.page = await ana.device.newPage();
    await ana.device.go();
    await ana.opened();
    await ana.tap("Home");
    await ana.sees("Before all crashes");
    const count = await ana.cards(text).count();
    assert.ok(count <= 1, `${text} is there ${count} times`);
    await ana.tap("Write");
    await ana.heading("New post").waitFor();
    if (count === 1) {
      posted.push(text);
      assert.equal(await ana.text.inputValue(), "", "what was posted is a draft no more");
    } else {
      lost += 1;
      assert.equal(await ana.text.inputValue(), text, "what was not posted is a draft");
    }
  }
  await ana.tap("Home");
  for (const text of posted) await ana.sees(text);
  assert.equal(await ana.cards("").count(), posted.length);
  assert.equal(posted.length + lost, ROUNDS + 1);
  await ana.post("After all crashes");
  await ana.delivered("After all crashes", /hub/i);
  await ana.isWhole();
}
