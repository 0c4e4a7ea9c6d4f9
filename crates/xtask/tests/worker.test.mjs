// The service worker and boot.js in a real Chromium, with the built app: a version is kept whole or not at all, waits until it
// is accepted, and the one before stays for tabs that are still open. Needs dist/ and tests/node_modules; `cargo xtask test`
// makes both.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const { chromium } = createRequire(join(root, "tests/package.json"))("playwright-core");
const hash = (kind, text, form) => createHash(kind).update(text).digest(form);
const types = {
  ".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".json": "application/json", ".png": "image/png",
  ".svg": "image/svg+xml", ".wasm": "application/wasm",
};
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; "
  + "connect-src 'self'; worker-src 'self'; manifest-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
  + "require-trusted-types-for 'script'; trusted-types effigy-boot default";

// Serves a folder. `state.missing` is an address that fails, `state.damaged` one that sends other bytes, `state.cut` one whose
// connection ends in the middle.
async function serve(folder, state) {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, "http://x").pathname;
    state.asked.push(path);
    response.setHeader("content-security-policy", policy);
    response.setHeader("cache-control", "no-cache");
    try {
      if (state.missing === path) throw new Error("missing");
      const name = path === "/" ? "/index.html" : path;
      const body = await readFile(folder + name);
      response.setHeader("content-type", types[extname(name)] ?? "application/octet-stream");
      if (state.cut === path) {
        response.setHeader("content-length", body.length);
        response.write(body.subarray(0, Math.ceil(body.length / 2)), () => response.destroy());
        return;
      }
      response.end(state.damaged === path ? Buffer.concat([body, Buffer.from(" ")]) : body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(state.port ?? 0, "127.0.0.1", listening));
  state.port = server.address().port;
  return () => new Promise((closed) => { server.closeAllConnections(); server.close(closed); });
}

// Makes another version out of the built one: a style sheet with other content and name. Returns its address.
function release(folder, version) {
  const old = readdirSync(folder).find((name) => /^base-.*\.css$/.test(name));
  const before = readFileSync(join(folder, old), "utf8");
  const after = `${before}/* ${version} */`;
  const name = `base-${hash("sha256", after, "hex").slice(0, 16)}.css`;
  rmSync(join(folder, old));
  writeFileSync(join(folder, name), after);
  const digests = [before, after].map((text) => hash("sha384", text, "base64"));
  const page = readFileSync(join(folder, "index.html"), "utf8").replaceAll(old, name).replace(...digests);
  writeFileSync(join(folder, "index.html"), page);
  const worker = readFileSync(join(folder, "service-worker.js"), "utf8");
  const [line, list] = worker.match(/const RELEASE = (.*);/);
  const files = JSON.parse(list).files.map((file) => {
    if (file.path === `/${old}`) return { ...file, path: `/${name}`, sha256: hash("sha256", after, "hex") };
    return file.path === "/" ? { ...file, sha256: hash("sha256", page, "hex") } : file;
  });
  writeFileSync(join(folder, "service-worker.js"), worker.replace(line, `const RELEASE = ${JSON.stringify({ version, files })};`));
  return `/${name}`;
}

// Makes a version of the built one in which every file has to travel: those whose names tell the content get other content and
// another name. It is never started. Returns the addresses of all its files.
function everyFileAnew(folder, version) {
  const worker = readFileSync(join(folder, "service-worker.js"), "utf8");
  const [line, list] = worker.match(/const RELEASE = (.*);/);
  const files = JSON.parse(list).files.map((file) => {
    if (!file.hashed) return file;
    const body = Buffer.concat([readFileSync(join(folder, file.path)), Buffer.from(` ${version}`)]);
    const path = file.path.replace("/", `/${version}-`);
    writeFileSync(join(folder, path), body);
    return { ...file, path, sha256: hash("sha256", body, "hex") };
  });
  writeFileSync(join(folder, "service-worker.js"), worker.replace(line, `const RELEASE = ${JSON.stringify({ version, files })};`));
  return { files: files.map((file) => file.path), restore: () => writeFileSync(join(folder, "service-worker.js"), worker) };
}

const options = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
  ],
};
const update = () => navigator.serviceWorker.getRegistration().then((registration) => registration.update()).catch(() => undefined);
// Asks for an update and waits until what came of it is known: "redundant", "installed", or "refused" by the browser itself.
const outcome = async () => {
  const registration = await navigator.serviceWorker.getRegistration();
  try {
    await registration.update();
  } catch {
    return "refused";
  }
  const worker = registration.installing ?? registration.waiting;
  if (!worker || worker.state !== "installing") return worker?.state ?? "redundant";
  return new Promise((known) => worker.addEventListener("statechange", () => known(worker.state), { once: true }));
};
const waits = () => navigator.serviceWorker.getRegistration().then((registration) => registration.waiting !== null);
const versions = () => caches.keys();
const started = (page) => page.waitForFunction(() => !document.getElementById("shell") && document.body.childElementCount > 0);
const settled = (page) => page.waitForTimeout(1500);

test("one version at a time, whole, and only when accepted", { timeout: 240_000 }, async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "effigy-worker-"));
  const dist = join(folder, "dist");
  cpSync(join(root, "dist"), dist, { recursive: true });
  const state = { asked: [] };
  let stop = await serve(dist, state);
  const address = `http://127.0.0.1:${state.port}/`;
  const browser = await chromium.launchPersistentContext(join(folder, "profile"), options);
  context.after(async () => {
    await browser.close();
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const page = await browser.newPage();
  let loads = 0;
  page.on("load", () => { loads += 1; });
  let first;

  await context.test("the first start installs it and disturbs nobody", async () => {
    await page.goto(address);
    await started(page);
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await settled(page);
    assert.equal(loads, 1);
    assert.equal(await page.evaluate(() => window.effigyUpdateWaiting), false);
    [first] = await page.evaluate(versions);
  });

  await context.test("it starts without any network", async () => {
    await stop();
    await page.goto(`${address}?src=pwa#/compose`);
    await started(page);
    stop = await serve(dist, state);
  });

  await context.test("a version of which any file is missing, damaged or cut is not taken", async () => {
    const { files, restore } = everyFileAnew(dist, "anew");
    assert.ok(files.length > 5 && files.some((path) => path.endsWith(".wasm")), files.join(" "));
    for (const path of files) {
      for (const fault of ["missing", "damaged", "cut"]) {
        state[fault] = path;
        state.asked.length = 0;
        assert.equal(await page.evaluate(outcome), "redundant", `${path} ${fault}`);
        assert.ok(state.asked.includes(path), `${path} was asked for`);
        assert.deepEqual(await page.evaluate(versions), [first], `${path} ${fault}`);
        assert.equal(await page.evaluate(waits), false, `${path} ${fault}`);
        delete state[fault];
      }
    }
    restore();
    await page.reload();
    await started(page);
  });

  await context.test("a worker that is none is not taken, and the one before goes on", async () => {
    const file = join(dist, "service-worker.js");
    const good = readFileSync(file, "utf8");
    for (const broken of ["self.addEventListener('install', (event => {", "throw new Error('no');", "<!doctype html>", "import 'x';"]) {
      writeFileSync(file, broken);
      assert.equal(await page.evaluate(outcome), "refused", broken);
      assert.deepEqual(await page.evaluate(versions), [first], broken);
      await page.reload();
      await started(page);
    }
    // The address of the worker itself is missing: as after a hub was set up wrongly.
    rmSync(file);
    assert.equal(await page.evaluate(outcome), "refused");
    await page.reload();
    await started(page);
    writeFileSync(file, good);
    await stop();
    await page.reload();
    await started(page);
    stop = await serve(dist, state);
  });

  const second = release(dist, "second");

  const other = await browser.newPage();
  let otherLoads = 0;

  await context.test("a whole version waits and is announced, and no page is reloaded", async () => {
    loads = 0;
    await page.evaluate(() => window.addEventListener("effigy-update", () => { window.heard = true; }));
    state.asked.length = 0;
    await page.evaluate(update);
    await page.waitForFunction(() => window.heard);
    await settled(page);
    assert.equal(await page.evaluate(waits), true);
    assert.equal(loads, 0);
    assert.equal(state.asked.some((path) => path.endsWith(".wasm")), false, "what did not change does not travel again");
    await other.goto(address);
    await started(other);
    await other.waitForFunction(() => window.effigyUpdateWaiting);
    other.on("load", () => { otherLoads += 1; });
  });

  await context.test("accepted, it reloads the page that accepted, once, and leaves the other alone", async () => {
    const reloaded = page.waitForEvent("load");
    await page.evaluate(() => window.effigyApplyUpdate());
    await reloaded;
    await started(page);
    await settled(page);
    assert.deepEqual([loads, otherLoads], [1, 0]);
    assert.ok((await page.content()).includes(second));
    assert.deepEqual(await page.evaluate(versions), [first, "effigy-second"]);
    const found = await other.evaluate(async () => {
      const sheets = [...document.querySelectorAll("link[rel=stylesheet]")];
      return (await Promise.all(sheets.map((sheet) => fetch(sheet.href)))).every((answer) => answer.ok);
    });
    assert.ok(found, "a tab of the version before still finds its files");
  });

  await context.test("of three versions the last two are kept", async () => {
    const third = release(dist, "third");
    await page.evaluate(update);
    await page.waitForFunction(() => window.effigyUpdateWaiting);
    const reloaded = page.waitForEvent("load");
    await page.evaluate(() => window.effigyApplyUpdate());
    await reloaded;
    await started(page);
    await settled(page);
    assert.ok((await page.content()).includes(third));
    assert.deepEqual(await page.evaluate(versions), ["effigy-second", "effigy-third"]);
  });
});
