// Mallory writes what has broken other apps, as name, post, description of a picture and about herself. At Ben's nothing runs,
// nothing is fetched from elsewhere, nothing leaves its place, and his page stays usable.

import assert from "node:assert/strict";

import { names, texts } from "../support/hostile.mjs";
import { drawn } from "../support/pictures.mjs";
import { until } from "../support/waiting.mjs";

// The longest that the page may stand still, in milliseconds. On a quiet machine it is under 200; here other journeys run beside it, and a
// parser that takes the square of the time would need minutes.
const STANDSTILL = 3_000;

// For the start of Ben's page: notes how long it stood still, and whatever would have run.
function watch() {
  window.standstills = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.standstills.push(Math.round(entry.duration));
  }).observe({ type: "longtask", buffered: true });
  for (const name of ["alert", "confirm", "prompt"]) window[name] = () => { window.hasRun = name; };
  document.addEventListener("securitypolicyviolation", (event) => { window.hasRun = `${event.effectiveDirective} ${event.blockedURI}`; });
}

// What the page holds that must not come from somebody's text, and what is not in its place.
function look() {
  const wrong = [];
  const main = document.querySelector("main");
  for (const element of main.querySelectorAll("script,iframe,object,embed,base,meta,link,style,animate,template,video,audio,source,marquee,math,table,details[open][ontoggle]")) {
    wrong.push(`element ${element.outerHTML.slice(0, 80)}`);
  }
  for (const element of main.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      if (name.startsWith("on") || name === "srcdoc") wrong.push(`attribute ${name}=${value.slice(0, 40)}`);
      if (["href", "src", "action", "formaction", "xlink:href", "data"].includes(name) && !/^(?:https:\/\/|#\/|#$|blob:|\/icons\/|effigy:)/.test(value)) {
        wrong.push(`address ${value.slice(0, 60)}`);
      }
    }
  }
  for (const link of main.querySelectorAll("a[href^='http']")) {
    if (!/noopener/.test(link.rel) || !/noreferrer/.test(link.rel)) wrong.push(`a link without rel: ${link.href}`);
  }
  const wide = document.documentElement.scrollWidth - window.innerWidth;
  if (wide > 0) wrong.push(`the page is ${wide} px too wide`);
  for (const card of main.querySelectorAll("article[data-post]")) {
    const box = card.getBoundingClientRect();
    const who = card.querySelector(".card-who").getBoundingClientRect();
    const line = parseFloat(getComputedStyle(card.querySelector(".card-who")).lineHeight) || 24;
    if (who.height > line * 2.6) wrong.push(`a name takes ${who.height} px`);
    if (card.querySelector(".key")?.getBoundingClientRect().width === 0) wrong.push("the short key cannot be seen");
    for (const element of card.querySelectorAll(".card-who *, .markdown > *, p, a, figure")) {
      const inner = element.getBoundingClientRect();
      if (inner.right > box.right + 1 || inner.left < box.left - 1) wrong.push(`${element.className || element.tagName} leaves its card`);
    }
  }
  if (window.hasRun) wrong.push(`something ran: ${window.hasRun}`);
  return [...new Set(wrong)];
}

export const seconds = 240;

export default async function journey(stage) {
  const hub = await stage.hub();
  const [mallory, ben] = await stage.friends(hub, ["Mallory", "Ben"], [{}, { init: watch }]);
  const check = async (what) => assert.deepEqual(await ben.page.evaluate(look), [], what);
  await mallory.post("Number 0");
  await ben.tap("Home");
  await ben.sees("Number 0");

  // Descriptions and posts.
  const picture = await drawn(mallory.page, { width: 80, height: 60 });
  const file = { name: "a.jpg", mimeType: "image/jpeg", buffer: picture };
  let number = 0;
  const send = async (text, pictures) => {
    number += 1;
    await mallory.post(text, pictures);
    const here = number;
    await until(`post ${here} arrived`, async () => (await ben.cards("").count()) === Math.min(here + 1, 40), 40_000);
  };
  for (const [index, text] of texts.scripts.entries()) {
    await send(`Script ${index}\n\n${text}`, index === 2 ? [{ file, alt: texts.scripts.slice(0, 12).join(" ") }] : []);
  }
  await check("scripts");
  await ben.sees("Script 0");
  assert.ok((await ben.cards("Script 0").innerText()).includes("<script>alert(1)</script>"), "what was written is shown as it was written");
  await ben.cards("Script 2\n").first().getByRole("button", { name: /^ALT/ }).click().catch(() => undefined);
  await check("a description");

  await mallory.post(texts.links.map((text, index) => `Link ${index}\n\n${text}`).join("\n\n---\n\n"));
  const links = await ben.sees("Link 0");
  await check("links");
  const shown = await links.locator("a[href^='https:']").evaluateAll((list) => list.map((link) => link.href));
  assert.ok(shown.some((address) => address.includes("foreign.example")), "honest links work");
  assert.equal(await links.locator("img").count(), 0, "no picture is fetched from elsewhere");

  await ben.page.evaluate(() => { window.standstills.length = 0; });
  for (const [index, text] of texts.heavy.entries()) {
    await mallory.post(text.startsWith("#") || text.length > 9_850 ? text : `Heavy ${index}\n\n${text}`);
    await until(`heavy post ${index} arrived`, () => mallory.delivery("").then((words) => /hub/i.test(words)), 40_000);
    await ben.page.waitForTimeout(50);
  }
  await until("Ben has all", async () => (await ben.isWhole()).length > 0, 40_000);
  await ben.tap("Home");
  await ben.cards("").first().waitFor();
  await check("heavy posts");
  const standstills = await ben.page.evaluate(() => window.standstills);
  assert.ok(Math.max(0, ...standstills) < STANDSTILL, `the page stood still for ${Math.max(0, ...standstills)} ms`);

  // Names and words about herself.
  await mallory.tap("You");
  for (const name of names) {
    await mallory.link("Edit profile").click();
    await mallory.heading("Edit profile").waitFor();
    await mallory.field("Your name").fill(name);
    await mallory.field("About you").fill(`${name}\n\n${texts.scripts[1]}\n\n${texts.links[0]}\n\n${name.repeat(9)}`.slice(0, 900));
    await mallory.button("Save").click();
    await mallory.heading("You").waitFor();
  }
  const last = names.at(-1);
  await until("the last name arrived", async () => (await ben.cards("").first().innerText()).includes(last), 40_000);
  await check("names at Home");
  await ben.tap("People");
  await ben.page.locator(".rows a").first().click();
  await ben.heading(last).waitFor();
  await check("her page");
  assert.equal(await ben.page.locator("body > script").count(), await ben.page.evaluate(() => [...document.body.children].filter(({ tagName }) => tagName === "SCRIPT").length));

  // After all that he writes as before.
  await ben.post("Is that all?");
  await mallory.tap("Home");
  await mallory.sees("Is that all?");
}
