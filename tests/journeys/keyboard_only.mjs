// Everything without a mouse: start, write, add a friend, comment, follow. What has the focus can be seen each time.

import assert from "node:assert/strict";

import { App } from "../support/pages.mjs";
import { until } from "../support/waiting.mjs";

const STEPS = 60;

// What has the focus: its role or element, its name, and whether one can see that it has it.
const focused = () => {
  const element = document.activeElement;
  if (!element || element === document.body) return { name: "", isSeen: true };
  const labels = element.labels ? [...element.labels].map((label) => label.innerText) : [];
  const name = element.getAttribute("aria-label") ?? (labels.length > 0 ? labels.join(" ") : element.innerText) ?? "";
  // A field that is drawn by its label shows the focus there.
  const drawn = element.matches(".sr-only") ? element.closest("label") ?? element : element;
  const isSeen = [drawn, element].some((one) => {
    const style = getComputedStyle(one);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  });
  return { name: name.trim().replace(/\s+/g, " "), isSeen, html: element.outerHTML.slice(0, 120) };
};

export default async function journey(stage) {
  const hub = await stage.hub();
  const ben = await stage.person(hub, "Ben");
  await ben.post("Ben waits for an answer");
  const invite = await ben.inviteText();

  const device = await stage.device(hub, "Ana");
  const app = new App(device);
  const { keyboard } = device.page;
  // Goes on by Tab until the focus is on what has this name.
  const tabTo = async (name, key = "Tab") => {
    const visited = [];
    for (let step = 0; step < STEPS; step += 1) {
      const now = await device.page.evaluate(focused);
      if (name.test(now.name)) return;
      await keyboard.press(key);
      const next = await device.page.evaluate(focused);
      assert.ok(next.isSeen, `the focus cannot be seen on ${next.html}`);
      visited.push(next.name);
    }
    throw new Error(`Tab does not lead to ${name}; it leads to ${visited.join(" | ")}`);
  };

  await device.go();
  await app.heading("Welcome to Effigy").waitFor();
  // Letters are for the app, and this is before it.
  await keyboard.press("n");
  assert.equal(new URL(device.page.url()).hash, "");
  await tabTo(/^Your name$/);
  await keyboard.type("Ana");
  await keyboard.press("Enter");
  await app.heading("Home").waitFor();

  // The letter for writing, and Ctrl+Enter for sending.
  await keyboard.press("n");
  await app.heading("New post").waitFor();
  await until("the text has the focus", async () => /share/.test((await device.page.evaluate(() => document.activeElement.placeholder)) ?? ""));
  await keyboard.type("Typed with keys alone");
  await keyboard.press("Control+Enter");
  await app.sees("Typed with keys alone");

  // The first thing that Tab meets leads past the bar.
  await device.page.reload();
  await app.heading("Home").waitFor();
  await keyboard.press("Tab");
  assert.equal((await device.page.evaluate(focused)).name, "Skip to content");
  await keyboard.press("Enter");
  assert.ok(await device.page.evaluate(() => document.activeElement.closest("main") !== null));

  await tabTo(/^People$/, "Shift+Tab");
  await keyboard.press("Enter");
  await app.heading("People").waitFor();
  await tabTo(/^Add$/);
  await keyboard.press("Enter");
  await app.heading("Add a friend").waitFor();
  await tabTo(/^Link or code you were sent$/);
  await keyboard.insertText(invite);
  await keyboard.press("Enter");
  await app.heading("Ben").waitFor();
  await app.sees("Ben waits for an answer");
  await ben.befriended("Ana");

  // A comment: by j to the post, by r to its answer.
  await tabTo(/^Home$/);
  await keyboard.press("Enter");
  await app.heading("Home").waitFor();
  await app.sees("Ben waits for an answer");
  for (let step = 0; step < 5; step += 1) {
    await keyboard.press("j");
    const now = await device.page.evaluate(focused);
    assert.ok(now.isSeen, "a post that has the focus shows it");
    if (/Ben waits/.test(await device.page.evaluate(() => document.activeElement.innerText))) break;
  }
  // By k to the post before, and back.
  const here = await device.page.evaluate(() => document.activeElement.getAttribute("data-post"));
  await keyboard.press("j");
  const isLast = (await device.page.evaluate(() => document.activeElement.getAttribute("data-post"))) === here;
  await keyboard.press("k");
  if (isLast) await keyboard.press("j");
  assert.equal(await device.page.evaluate(() => document.activeElement.getAttribute("data-post")), here);
  await keyboard.press("r");
  await app.heading("Post by Ben").waitFor();
  await until("the answer has the focus", async () => /reply/i.test((await device.page.evaluate(() => document.activeElement.placeholder)) ?? ""));
  await keyboard.type("Answered with keys alone");
  await tabTo(/^Reply$/);
  await keyboard.press("Enter");
  await app.sees("Answered with keys alone");
  await ben.tap("Home");
  await ben.cards("Ben waits for an answer").getByRole("link", { name: "1 reply" }).waitFor();

  // Unfollow and follow again.
  await device.page.evaluate(() => document.querySelector("main h1").focus());
  await tabTo(/^Ben$/);
  await keyboard.press("Enter");
  await app.heading("Ben").waitFor();
  await tabTo(/^Unfollow$/);
  await keyboard.press("Enter");
  await app.button("Follow").first().waitFor();
  await tabTo(/^Follow$/);
  await keyboard.press("Space");
  await app.button("Unfollow").waitFor();

  // A dialog takes the focus, keeps it, and gives it back.
  await tabTo(/^Block$/);
  await keyboard.press("Enter");
  const dialog = device.page.getByRole("dialog", { name: "Block this person?" });
  await dialog.waitFor();
  for (let step = 0; step < 6; step += 1) {
    await keyboard.press("Tab");
    assert.ok(await device.page.evaluate(() => document.activeElement === document.body || document.activeElement.closest("dialog") !== null), "the focus stays in the dialog");
  }
  await keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  assert.equal((await device.page.evaluate(focused)).name, "Block", "the focus is back where it was");
  assert.ok(await app.button("Unfollow").isVisible(), "nobody was blocked");

  // Whoever does not want single letters switches them off.
  await keyboard.press("?");
  const keys = device.page.getByRole("dialog", { name: "Keyboard" });
  await keys.waitFor();
  await tabTo(/^Single letters do something$/);
  await keyboard.press("Space");
  await keyboard.press("Escape");
  await keys.waitFor({ state: "hidden" });
  await keyboard.press("n");
  await keyboard.press("?");
  await keys.waitFor();
  assert.ok(await app.heading("Ben").isVisible(), "n did nothing");
}
