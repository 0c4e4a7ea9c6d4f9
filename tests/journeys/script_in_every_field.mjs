// Fifty people sign script into every field that an entry has, as no honest app would. On Ana's screens, wherever such a field is shown,
// nothing runs, nothing is asked for elsewhere, and what was written is there letter by letter.

import assert from "node:assert/strict";

import { payloads } from "../support/hostile.mjs";
import { Mallory, comment, hubs, note, profile, tag } from "../support/mallory.mjs";
import { fitting } from "../support/naughty.mjs";
import { drawn } from "../support/pictures.mjs";
import { until } from "../support/waiting.mjs";

// For the start of Ana's page: whatever runs or is stopped from running leaves a trace, and no message goes by unread.
function watch() {
  window.traces = [];
  window.messages = new Set();
  for (const name of ["alert", "confirm", "prompt", "print", "open"]) window[name] = () => { window.traces.push(`${name} was called`); };
  document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => { window.traces.push(`${effectiveDirective} ${blockedURI}`); });
  new MutationObserver(() => {
    for (const toast of document.querySelectorAll(".toast p")) window.messages.add(toast.textContent);
  }).observe(document, { childList: true, subtree: true, characterData: true });
}

// What the page holds that must not come of somebody's text.
function strange() {
  const wrong = [...window.traces];
  for (const element of document.querySelectorAll("#app *, main *, .toasts *, header *, nav *")) {
    const name = element.localName;
    if (/^(?:script|iframe|object|embed|base|meta|link|style|animate|use|template|video|audio|source|math|form|marquee|title|x|xmp|select)$/.test(name) && !element.closest("form.composer, main form[class]")) {
      wrong.push(`<${name}> ${element.outerHTML.slice(0, 60)}`);
    }
    for (const { name: attribute, value } of element.attributes) {
      if (attribute.startsWith("on") || attribute === "srcdoc" || attribute === "srcset" || attribute === "popovertarget") wrong.push(`${attribute}=${value.slice(0, 40)}`);
      if (/^(?:href|src|action|formaction|data)$/.test(attribute) && !/^(?:https:\/\/foreign\.example|#|blob:|\/)/.test(value)) wrong.push(`${attribute}=${value.slice(0, 60)}`);
    }
    if (name === "img" && !/^(?:blob:|\/)/.test(element.getAttribute("src") ?? "")) wrong.push(`a picture from ${element.getAttribute("src")}`);
  }
  return [...new Set(wrong)];
}

// A text without its spaces, and without what Markdown may take for marks.
const essence = (text) => text.replaceAll(/[\s*_`~\\]/gu, "");
// Entities are read in Markdown, so that of these the letters may differ.
const isLiteral = (text) => !text.includes("&");

export default async function journey(stage) {
  assert.ok(payloads.length >= 50);
  const hub = await stage.hub({ flags: ["--exempt-loopback"] });
  const ana = await stage.person(hub, "Ana", { init: watch });
  const check = async (where) => assert.deepEqual(await ana.page.evaluate(strange), [], where);
  await ana.post("Ask me");
  const asked = await ana.cards("Ask me").getAttribute("data-post");
  const picture = await drawn(ana.page, { width: 40, height: 30, type: "image/webp" });
  const invite = await ana.inviteText();

  const mallory = new Mallory(stage);
  const people = payloads.map((payload, who) => ({ payload, who, named: fitting(payload) }));
  const clean = await mallory.clean(people.map(({ named }) => named));
  const keys = await Promise.all(people.map(({ who, named }) => mallory.begin(who, { name: named, device: named, hub, invite })));
  const image = (alt) => ({ alt, content: { cid: "blob:0", width: 40, height: 30, mime: "image/webp", size: picture.length } });
  const said = await Promise.all(people.map(({ who, payload, named }) => mallory.say(who, [
    profile(named, payload), note(payload, [image(payload)]), comment(payload, asked), tag(fitting(payload, 64), asked), hubs(`https://${payload}`),
  ], [picture])));
  for (const { who, payload } of people) {
    const [, , , , origin] = said[who];
    assert.ok(said[who].slice(0, 4).every(({ id }) => id), `all of "${payload}" is signed: ${JSON.stringify(said[who])}`);
    assert.ok(origin.refused, `nobody takes "${payload}" for the origin of a hub`);
  }

  // The timeline: posts with their pictures. Whoever looks at older ones is not moved by new ones, so all of them come first.
  const wanted = people.length + 1;
  await until("everything has come", async () => (await ana.isWhole()).length >= 2 * people.length, 60_000);
  await ana.go("#/");
  await until("everything is in the timeline", async () => {
    const more = ana.button("Show older posts");
    if (await more.isVisible()) await more.click();
    const count = await ana.cards("").count();
    if (count >= wanted) return true;
    throw new Error(`${count} of ${wanted}`);
  }, 60_000);
  await until("every picture is here", async () => (await ana.page.locator("article .picture-open img").count()) >= people.length, 40_000);
  await check("Home");
  const cards = await ana.page.evaluate(() => [...document.querySelectorAll("main article[data-post]")].map((card) => ({
    id: card.dataset.post,
    name: card.querySelector(".name").textContent,
    text: card.querySelector(".markdown")?.textContent ?? "",
    alt: card.querySelector("img[src^='blob:']")?.alt,
    label: card.querySelector(".picture-open")?.getAttribute("aria-label"),
  })));
  const card = (id) => cards.find((it) => it.id === id);
  for (const { who, payload } of people) {
    const post = card(said[who][1].id);
    assert.equal(post.name, clean[who] || "Somebody");
    assert.equal(post.alt, payload, "the description of a picture");
    assert.ok(post.label.endsWith(payload), "the name of its button");
    if (isLiteral(payload)) assert.equal(essence(post.text), essence(payload), "a post");
  }
  // A picture with its words, near by.
  for (const who of [1, 7, 41]) {
    const shown = ana.page.locator(`article[data-post="${said[who][1].id}"]`);
    await shown.getByRole("button", { name: /^ALT/ }).click();
    assert.equal(await shown.locator("figcaption").textContent(), payloads[who]);
    await shown.locator(".picture-open").click();
    const dialog = ana.page.getByRole("dialog", { name: "Picture" });
    await dialog.locator("img").waitFor();
    assert.equal(await dialog.locator(".picture-words").textContent(), payloads[who]);
    await check("a picture");
    await ana.page.keyboard.press("Escape");
  }

  // The thread of her own post.
  await ana.cards("Ask me").last().getByRole("link", { name: `${people.length} replies` }).click();
  await until("every answer is in the thread", async () => (await ana.cards("").count()) === people.length + 1);
  await check("a thread");
  // Whom somebody answers is the title of a page.
  await ana.go(`#/post/${said[1][2].id}`);
  await ana.heading(`Post by ${clean[1]}`).waitFor();
  await check("an answer");
  await ana.page.goBack();
  const answers = await ana.page.locator("main article[data-post] .markdown").allTextContents();
  for (const { payload } of people.filter((it) => isLiteral(it.payload))) {
    assert.ok(answers.some((text) => essence(text) === essence(payload)), `an answer: ${payload}`);
  }

  // Messages in passing: only the last of so many need to have been there long enough.
  const messages = await ana.page.evaluate(() => [...window.messages]);
  const told = clean.filter((name) => messages.some((text) => text.includes(`\u2068${name}\u2069`)));
  assert.ok(told.length > 0, `nobody was named in passing: ${messages.slice(0, 4)}`);

  // Everybody's own page: what they say of themselves, and what their devices are called.
  await ana.tap("People");
  const places = await ana.page.locator(".rows a.row").evaluateAll((rows) => rows.map((row) => [row.querySelector(".key").textContent, row.getAttribute("href")]));
  await check("People");
  for (const { who, payload } of people) {
    await ana.go(places.find(([key]) => key === keys[who])[1]);
    const page = await until(`the page of "${clean[who]}"`, () => ana.page.evaluate((key) => {
      const main = document.querySelector("main");
      if (main.querySelector(".person-words .key")?.textContent !== key) return undefined;
      return {
        title: document.querySelector("h1").textContent,
        about: main.querySelector(":scope .markdown")?.textContent,
        devices: [...main.querySelectorAll(".fold-box bdi")].map((device) => device.textContent),
      };
    }, keys[who]));
    await check(`the page of "${payload}"`);
    assert.equal(page.title, clean[who] || "Somebody");
    assert.deepEqual(page.devices, [clean[who]], "the name of a device");
    if (isLiteral(payload)) assert.equal(essence(page.about), essence(payload), "what they say of themselves");
  }

  // The network names feeds, devices and who is connected.
  const { feeds } = await ana.network();
  assert.ok(feeds.length >= 2 * people.length, `${feeds.length} feeds`);
  assert.ok(feeds.some(({ who }) => who.includes(clean[0])), "a feed by its device's name");
  await check("Network");
  assert.deepEqual(ana.device.foreign, [], "nothing is asked for elsewhere");
}
