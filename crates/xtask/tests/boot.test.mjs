// What static/boot.js lets through as HTML and as the address of a worker: everything else throws.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import vm from "node:vm";

const source = readFileSync(new URL("../../../static/boot.js", import.meta.url), "utf8");

function boot() {
  const policies = {};
  const window = {
    location: { reload: () => assert.fail("reloaded by itself") },
    trustedTypes: { createPolicy: (name, rules) => (policies[name] = rules) },
  };
  const document = { querySelector: () => ({ dataset: { worker: "off" } }), getElementById: () => null, addEventListener: () => undefined };
  const fetch = () => Promise.reject(new Error("no network in this test"));
  vm.runInNewContext(source, { window, document, fetch, setTimeout: () => undefined, console: { error: () => undefined, warn: () => undefined } });
  return policies;
}

const policies = boot();

test("static pieces of views pass unchanged", () => {
  for (const html of [
    "",
    "plain text, 1 > 0 &lt; 2",
    '<p class="a b" title="x &lt; y">text<!>more<!----></p>',
    '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M0 0h2"></path><circle r="1"/></svg>',
    '<a href="#/people/add" rel="noopener">x</a><a href="/x">y</a><a class="button" href="">this page again</a><a href="https://a.example/">z</a>',
    '<img src="/icons/mark.svg" alt=""><img src="data:image/png;base64,AAAA"><input disabled type="text">',
  ]) {
    assert.equal(policies.default.createHTML(html), html);
  }
});

test("whatever runs, loads or confuses is refused", () => {
  for (const html of [
    "<script>1</script>",
    "<ScRiPt src=\"/x.js\"></sCrIpT>",
    '<img src="/x" onerror="1">',
    '<img src="/x" ONERROR="1">',
    "<img src=/x onerror=1>",
    "<img src='/x' onerror='1'>",
    '<img/onerror="1">',
    '<a href="javascript:1">x</a>',
    '<a href=" javascript:1">x</a>',
    '<a href="//evil.example/">x</a>',
    '<iframe srcdoc="x"></iframe>',
    '<p srcdoc="x"></p>',
    '<svg><animate attributeName="href" to="javascript:1"></animate></svg>',
    '<svg><use xlink:href="data:text/html,x"></use></svg>',
    "<template><p>x</p></template>",
    "<!-- <p> -->",
    "<![CDATA[x]]>",
    '<textarea><p title="</textarea><img onerror=1>"></p></textarea>',
    '<p title="a" <img onerror="1">',
    "<",
    "a <b",
    '<form action="javascript:1"></form>',
    '<button formaction="javascript:1">x</button>',
    '<base href="/x">',
    '<meta http-equiv="refresh" content="0">',
    '<style>p{}</style>',
  ]) {
    assert.throws(() => policies.default.createHTML(html), { name: "TypeError" }, html);
  }
});

test("there is one worker, and no other script is ever made from text", () => {
  assert.equal(policies["effigy-boot"].createScriptURL("/service-worker.js"), "/service-worker.js");
  for (const address of ["/other.js", "https://evil.example/service-worker.js", "/service-worker.js?x", ""]) {
    assert.throws(() => policies["effigy-boot"].createScriptURL(address), { name: "TypeError" });
  }
  assert.deepEqual(Object.keys(policies).sort(), ["default", "effigy-boot"]);
  assert.equal(policies.default.createScript, undefined);
  assert.equal(policies.default.createScriptURL, undefined);
});
