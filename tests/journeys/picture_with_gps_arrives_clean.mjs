// Pictures that tell where they were taken are posted by picker, paste and drop. Nothing but pixels leaves the device, and both
// people see the same bytes.

import assert from "node:assert/strict";

import { asFromCamera, drawn, pngAsFromCamera, rememberBlobs, shownPictures, tells } from "../support/pictures.mjs";

// Hands a file to the composer as the clipboard or the mouse does.
async function hand(app, how, { name, type, bytes }) {
  await app.text.evaluate((field, [event, fileName, mime, base64]) => {
    const content = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([content], fileName, { type: mime }));
    const common = { bubbles: true, cancelable: true };
    const made = event === "paste"
      ? new ClipboardEvent("paste", { ...common, clipboardData: data })
      : new DragEvent("drop", { ...common, dataTransfer: data });
    field.dispatchEvent(made);
  }, [how, name, type, bytes.toString("base64")]);
}

export default async function journey(stage) {
  const hub = await stage.hub();
  const [ana, ben] = await stage.friends(hub, ["Ana", "Ben"], [{ init: rememberBlobs }, { init: rememberBlobs }]);
  const draw = (options) => drawn(ana.page, options);
  // Lying on its side, as telephones write them.
  const picked = asFromCamera(await draw({ width: 1200, height: 800, number: 1 }), 6);
  const pasted = pngAsFromCamera(await draw({ width: 700, height: 500, number: 2, type: "image/png" }));
  const dropped = asFromCamera(await draw({ width: 900, height: 600, number: 3 }));
  for (const bytes of [picked, pasted, dropped]) assert.ok(tells(bytes).length >= 4, "the test pictures do tell");

  await ana.tap("Write");
  await ana.compose("Three pictures", [
    { file: { name: "walk.jpg", mimeType: "image/jpeg", buffer: picked }, alt: "Hills in the evening" },
  ]);
  await hand(ana, "paste", { name: "image.png", type: "image/png", bytes: pasted });
  await ana.describe(1, "Hills at noon");
  await hand(ana, "drop", { name: "drop.jpg", type: "image/jpeg", bytes: dropped });
  await ana.describe(2, "Hills at night");
  await ana.sendPost();

  const seen = [];
  for (const app of [ana, ben]) {
    await app.tap("Home");
    const card = await app.sees("Three pictures");
    const small = await shownPictures(card.locator("figure .picture-open"));
    assert.deepEqual(small.map(({ alt }) => alt), ["Hills in the evening", "Hills at noon", "Hills at night"]);
    const whole = [];
    for (const { alt } of small) {
      await card.getByRole("button", { name: `Show the picture whole: ${alt}` }).click();
      const dialog = app.page.getByRole("dialog", { name: "Picture" });
      whole.push(...await shownPictures(dialog));
      await dialog.getByRole("button", { name: "Close" }).click();
    }
    seen.push([...small, ...whole]);
  }
  const [his, hers] = [seen[1], seen[0]];
  assert.equal(hers.length, 6);
  hers.forEach((picture, index) => {
    assert.deepEqual(tells(picture.bytes), [], `picture ${index} tells nothing`);
    assert.ok(picture.bytes.equals(his[index].bytes), `picture ${index} is the same on both sides`);
  });
  assert.deepEqual([hers[3].width, hers[3].height], [800, 1200], "it was turned upright");
  assert.ok(hers[0].bytes.length < hers[3].bytes.length, "lists load a small version");

  // The description can be read by everybody.
  const card = await ben.sees("Three pictures");
  await card.getByRole("button", { name: /^ALT/ }).first().click();
  await card.getByText("Hills in the evening").waitFor();
}
