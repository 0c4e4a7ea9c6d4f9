// Forty people sign names as no honest app would, one after the other the whole Big List of Naughty Strings and what it lacks. On Ana's
// screen each of them is cleaned, keeps to its place, and has the short key beside it.

import assert from "node:assert/strict";

import { Mallory, note, profile } from "../support/mallory.mjs";
import { counts, names } from "../support/naughty.mjs";
import { until } from "../support/waiting.mjs";

const PEOPLE = 40;

// Looks at every name that is shown: which are not yet what they should be, and what is wrong with those that are.
function look(expected) {
  const hidden = /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ue000-\uf8ff\ufeff\uffa0]|\p{M}{7,}/u;
  const letters = new Intl.Segmenter("en", { granularity: "grapheme" });
  const [late, wrong] = [[], []];
  let seen = 0;
  for (const holder of document.querySelectorAll("main .rows .row, main article[data-post]")) {
    const name = holder.querySelector(".name");
    const key = holder.querySelector(".key");
    const text = name.textContent;
    if (text !== expected[key?.textContent]) {
      late.push(`${key?.textContent}: ${text}`);
      continue;
    }
    seen += 1;
    const say = (what) => wrong.push(`${what}: ${JSON.stringify(text)}`);
    if (hidden.test(text)) say("something that cannot be seen");
    if ([...letters.segment(text)].length > 40) say("more than forty letters");
    if (name.children.length > 0) say("markup in a name");
    if (getComputedStyle(name).unicodeBidi !== "isolate") say("turns what stands beside it");
    const box = holder.getBoundingClientRect();
    const range = document.createRange();
    range.selectNodeContents(name);
    const frame = name.parentElement.getBoundingClientRect();
    const isCut = getComputedStyle(name.parentElement).overflowX !== "visible";
    // What does not fit is cut by the box around it.
    const rects = [...range.getClientRects()].filter(({ width, top }) => width > 0 && (!isCut || top < frame.bottom - 4));
    const lines = new Set(rects.map(({ top }) => Math.round(top / 4)));
    if (rects.length === 0) say("nothing is shown");
    if (lines.size > 2) say(`${lines.size} lines`);
    for (const { left, right, top, bottom } of isCut ? [frame] : rects) {
      if (left < box.left - 1 || right > box.right + 1 || top < box.top - 1 || bottom > box.bottom + 1) say("leaves its place");
    }
    if (frame.height > 60) say(`${frame.height} px high`);
    const mark = key.getBoundingClientRect();
    const [x, y] = [mark.left + mark.width / 2, mark.top + mark.height / 2];
    if (mark.width < 20 || mark.height < 8 || mark.right > box.right + 1 || mark.bottom > box.bottom + 1) say("the key has no room");
    else if (document.elementFromPoint(x, y) !== key) say("the key is covered");
  }
  const wide = document.documentElement.scrollWidth - window.innerWidth;
  if (wide > 0) wrong.push(`the page is ${wide} px too wide`);
  return { late, seen, wrong };
}

export const seconds = 240;

export default async function journey(stage) {
  assert.ok(counts.listed > 450 && names.length >= 555, `${names.length} names`);
  const hub = await stage.hub({ flags: ["--exempt-loopback"] });
  // High enough that everybody is on the screen.
  const ana = await stage.person(hub, "Ana", { viewport: { width: 390, height: 9_000 } });
  const invite = await ana.inviteText();
  const mallory = new Mallory(stage);
  const people = [...Array(PEOPLE).keys()];
  const keys = await Promise.all(people.map((who) => mallory.begin(who, { name: `Number ${who}`, hub, invite })));
  await Promise.all(people.map((who) => mallory.say(who, [note(`Post ${who}`)])));
  await until("all are friends", async () => (await ana.groups()).Friends === PEOPLE, 40_000);
  const clean = await mallory.clean(names);
  const found = [];
  let checked = 0;
  for (let from = 0; from < names.length; from += PEOPLE) {
    const batch = names.slice(from, from + PEOPLE);
    const answers = await Promise.all(batch.map((name, who) => mallory.say(who, [profile(name)])));
    assert.ok(answers.every(([{ id }]) => id), `not every name was signed: ${JSON.stringify(answers)}`);
    const expected = Object.fromEntries(batch.map((_, who) => [keys[who], clean[from + who] || "Somebody"]));
    for (const place of ["#/people", "#/"]) {
      await ana.go(place);
      const { seen, wrong } = await until(`names from ${from} on are shown at ${place}`, async () => {
        const seeing = await ana.page.evaluate(look, expected);
        if (seeing.seen >= batch.length) return seeing;
        throw new Error(`${seeing.seen} of ${batch.length}; ${seeing.late.slice(0, 3).join("; ")}`);
      }, 30_000);
      assert.equal(seen, batch.length);
      found.push(...wrong.map((what) => `${place} ${what}`));
    }
    checked += batch.length;
    // One of them from near by: their own page, whose title is the name.
    const who = (from / PEOPLE) % batch.length;
    await ana.page.locator("main article[data-post]").filter({ has: ana.page.locator(".key", { hasText: keys[who] }) }).locator(".card-name").click();
    await ana.page.locator("main .person-name").waitFor();
    const page = await ana.page.evaluate(() => {
      const [title, key] = [document.querySelector("h1"), document.querySelector(".person-words .key")].map((element) => element.getBoundingClientRect());
      return { high: title.height, out: title.right > innerWidth + 1 || key.right > innerWidth + 1 || key.width < 20, wide: document.documentElement.scrollWidth > innerWidth };
    });
    if (page.high > 90 || page.out || page.wide) found.push(`their page ${JSON.stringify(page)}: ${JSON.stringify(clean[from + who])}`);
  }
  assert.equal(found.join("\n"), "");
  assert.equal(checked, names.length);
}
