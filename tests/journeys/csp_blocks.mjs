// Scripts of the page itself, served by the hub, try everything a smuggled script would. The page's policy stops all of it, and
// lets WebAssembly run.

import assert from "node:assert/strict";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { dist } from "../support/places.mjs";

// Runs in a script file of the hub's, where the policy applies in full.
async function attack() {
  const attempts = {};
  const tell = (name, outcome) => { attempts[name] = outcome; };
  const settle = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });
  const attempt = async (name, act) => {
    try {
      await act();
      attempts[name] ??= "nothing ran";
    } catch (error) {
      attempts[name] = `threw ${error.name}`;
    }
  };
  const ran = (name) => { window[`ran_${name}`] = () => tell(name, "RAN"); return `ran_${name}()`; };

  await attempt("eval", () => { eval(ran("eval")); });
  await attempt("function", () => { new Function(ran("function"))(); });
  await attempt("timeout", async () => { setTimeout(ran("timeout"), 0); await settle(50); });
  await attempt("inline", async () => {
    const script = document.createElement("script");
    script.appendChild(document.createTextNode(ran("inline")));
    document.body.append(script);
    await settle(50);
  });
  await attempt("handler", async () => {
    document.body.setAttribute("onclick", ran("handler"));
    document.body.click();
    await settle(50);
  });
  await attempt("inner_html", () => { document.body.innerHTML = `<img src=x onerror="${ran("inner_html")}">`; });
  await attempt("javascript_link", async () => {
    const link = Object.assign(document.createElement("a"), { href: `javascript:${ran("javascript_link")}` });
    document.body.append(link);
    link.click();
    await settle(50);
  });
  for (const [name, address] of [
    ["foreign_script", "https://foreign.example/x.js"],
    ["data_script", `data:text/javascript,${ran("data_script")}`],
    ["blob_script", URL.createObjectURL(new Blob([ran("blob_script")], { type: "text/javascript" }))],
  ]) {
    await attempt(name, async () => {
      const script = document.createElement("script");
      script.setAttribute("src", address);
      document.body.append(script);
      await settle(150);
    });
  }
  await attempt("data_import", () => import(`data:text/javascript,${ran("data_import")}`));
  await attempt("blob_worker", () => new Worker(URL.createObjectURL(new Blob(["postMessage(1)"]))));
  await attempt("data_worker", () => new Worker("data:text/javascript,postMessage(1)"));
  await attempt("frame", async () => {
    const frame = document.createElement("iframe");
    frame.src = "https://foreign.example/";
    document.body.append(frame);
    await settle(150);
  });
  await attempt("image", () => new Promise((resolve, reject) => {
    Object.assign(new Image(), { src: "https://foreign.example/pixel.png", onload: () => { tell("image", "RAN"); resolve(); }, onerror: () => reject(new TypeError()) });
  }));
  await attempt("fetch", async () => { await fetch("https://foreign.example/"); tell("fetch", "RAN"); });
  await attempt("beacon", () => { navigator.sendBeacon("https://foreign.example/", "x"); });
  await attempt("form", async () => {
    const form = Object.assign(document.createElement("form"), { action: "https://foreign.example/", method: "post" });
    document.body.append(form);
    form.submit();
    await settle(150);
  });
  await attempt("base", async () => {
    const base = document.createElement("base");
    base.href = "https://foreign.example/";
    document.head.append(base);
    if (new URL("x", document.baseURI).host === "foreign.example") tell("base", "RAN");
  });
  await attempt("policy", () => { trustedTypes.createPolicy("mine", { createHTML: (html) => html }); tell("policy", "RAN"); });
  await attempt("wasm", async () => {
    await WebAssembly.instantiate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
    tell("wasm", "ran");
  });
  window.attempts = attempts;
}

export default async function journey(stage) {
  const assets = join(stage.folder, "app");
  cpSync(dist, assets, { recursive: true });
  writeFileSync(join(assets, "attack.js"), `
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.effectiveDirective));
    document.addEventListener("DOMContentLoaded", ${attack});
  `);
  writeFileSync(join(assets, "attack.html"), '<!doctype html><meta charset="utf-8"><title>Attack</title><script src="/attack.js"></script><p>Attack</p>');
  const hub = await stage.hub({ assets });
  const device = await stage.device(hub, "Mallory");
  device.expects(/Content Security Policy|Trusted Type|TrustedScript|Refused to|blocked|violates|unsafe-eval|Failed to load resource/i);
  await device.page.goto(`${hub.address}/attack.html`);
  await device.page.waitForFunction(() => window.attempts, undefined, { timeout: 30_000 });
  const { attempts, violations } = await device.page.evaluate(() => ({ attempts: window.attempts, violations: window.violations }));
  const { wasm, ...rest } = attempts;
  assert.equal(wasm, "ran", "WebAssembly runs");
  assert.equal(Object.keys(rest).length, 20);
  for (const [name, outcome] of Object.entries(rest)) assert.doesNotMatch(outcome, /RAN/, name);
  // What makes code out of text is stopped by Trusted Types, before the policy for scripts is asked.
  for (const directive of [
    "require-trusted-types-for", "trusted-types", "script-src-elem", "frame-src", "img-src", "connect-src", "form-action", "base-uri",
  ]) {
    assert.ok(violations.some((found) => found === directive), `${directive} was reported; ${[...new Set(violations)].join(" ")}`);
  }
  assert.equal(new URL(device.page.url()).pathname, "/attack.html", "the page is still the same");

  // And the app itself gives no cause for a single report.
  await device.page.evaluate(() => { window.violations.length = 0; });
  const ana = await stage.person(hub, "Ana");
  await ana.post("**Nothing** to report, `really`");
}
