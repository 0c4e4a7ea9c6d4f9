// Mallory posts links that lead astray, and texts that have stopped parsers, browsers or readers before. At Ben's nothing is fetched from
// elsewhere, nothing leaves its place, and each text is drawn with a bounded amount of work.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { texts } from "../support/hostile.mjs";
import { Mallory, note } from "../support/mallory.mjs";
import { fitting } from "../support/naughty.mjs";
import { until } from "../support/waiting.mjs";

// Most bytes of a post.
const TEXT_BYTES = 10_000;
// Most elements and texts of a page with one post: of the text there are two thousand at most, each drawn as a few.
const NODES = 7_000;
// How much time of the processor drawing one text may take, in milliseconds, whatever else runs beside it: what is counted is this page's
// own thread. The budget is 200; three times that leaves room for a machine whose cores share their caches.
const WORK_MS = 600;

// For the start of Ben's page: notes whatever would have run.
function watch() {
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
    for (const element of card.querySelectorAll(".card-who *, .markdown > *, p, a, figure")) {
      const inner = element.getBoundingClientRect();
      if (inner.right > box.right + 1 || inner.left < box.left - 1) wrong.push(`${element.className || element.tagName} leaves its card`);
    }
  }
  if (window.hasRun) wrong.push(`something ran: ${window.hasRun}`);
  return [...new Set(wrong)];
}

export default async function journey(stage) {
  const hub = await stage.hub({ flags: ["--exempt-loopback"] });
  const ben = await stage.person(hub, "Ben", { init: watch });
  const invite = await ben.inviteText();
  const mallory = new Mallory(stage);
  await mallory.begin(0, { name: "Mallory", hub, invite });
  const check = async (what) => assert.deepEqual(await ben.page.evaluate(look), [], what);
  const [{ id }, ...heavy] = await mallory.say(0, [
    note(texts.links.map((text, index) => `Link ${index}\n\n${text}`).join("\n\n---\n\n")),
    ...texts.heavy.map((text) => note(fitting(text, TEXT_BYTES))),
  ]);
  assert.ok(id && heavy.every((said) => said.id), JSON.stringify(heavy));

  // Links.
  await ben.go(`#/post/${id}`);
  const links = await ben.sees("Link 0", 40_000);
  await check("links");
  const shown = await links.locator("a[href^='https:']").evaluateAll((list) => list.map((link) => link.href));
  assert.ok(shown.some((address) => address.includes("foreign.example")), "honest links work");
  assert.equal(await links.locator("img").count(), 0, "no picture is fetched from elsewhere");

  // Each heavy text by itself, drawn by a page that has done so before.
  const inspector = await ben.device.context.newCDPSession(ben.page);
  await inspector.send("Performance.enable", { timeDomain: "threadTicks" });
  const measure = async () => {
    const { metrics } = await inspector.send("Performance.getMetrics");
    const value = (name) => metrics.find((metric) => metric.name === name).value;
    return Math.round(value("TaskDuration") * 1000);
  };
  const costs = [];
  for (const [number, said] of heavy.entries()) {
    await ben.go("#/you/about");
    await ben.heading("About").waitFor();
    const before = await measure();
    await ben.go(`#/post/${said.id}`);
    await ben.page.locator(`article[data-post="${said.id}"]`).waitFor({ timeout: 40_000 });
    await ben.page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(() => setTimeout(resolve)); }));
    const after = await measure();
    const nodes = await ben.page.evaluate(() => {
      const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
      let count = 0;
      while (walker.nextNode()) count += 1;
      return count;
    });
    costs.push({ text: texts.heavy[number].slice(0, 12), nodes, work: after - before });
    assert.ok(nodes <= NODES, `${nodes} nodes for text ${number}`);
    await check(`heavy text ${number}`);
  }
  await writeFile(join(stage.output, "costs.json"), JSON.stringify(costs, undefined, 1));
  const slow = costs.filter(({ work }) => work > WORK_MS);
  assert.deepEqual(slow, [], "texts that take too much work");

  // All of them in one list, and after all that he writes as before.
  await ben.go("#/");
  await until("all are in the timeline", async () => (await ben.cards("").count()) === heavy.length + 1, 40_000);
  await check("heavy posts");
  await ben.post("Is that all?");
  await ben.sees("Is that all?");
}
