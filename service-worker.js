// Keeps the shell of the app on the device: the page, its script, its WebAssembly, its style. No data of anybody is in here.
//
// A version is installed whole or not at all, each file checked against its SHA-256. It waits until the person agrees to switch
// (message "skip-waiting"), so a page never changes under somebody who is writing. The version before is kept, because a tab that
// is still open may yet ask for a file of it.

// The build replaces this line by the real list: [{ path, sha256 (hex), bytes, hashed (the name tells the content) }].
const RELEASE = { version: "unbuilt", files: [] };

const PREFIX = "effigy-";
const OWN = PREFIX + RELEASE.version;
const SHELL = "/";
// An entry that says "this version was in use", to tell the previous version from one that only waited.
const USED = "/service-worker.used";
// What the hub answers anew each time.
const NEVER = /^\/(?:ws|healthz|metrics|version\.json|precache\.json|api(?:\/|$)|service-worker)/;

// A video of the page that asks: its number there, its size, its kind. No other page knows the number.
const PLAYED = /^\/content\/(\d{1,16})\/(\d{1,16})\/(video\/(?:mp4|webm))$/;
const PIECE_MS = 120 * 1000;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  const played = address.origin === self.location.origin && PLAYED.exec(address.pathname);
  if (played) {
    event.respondWith(play(event, played));
    return;
  }
  if (event.request.method !== "GET" || address.origin !== self.location.origin || NEVER.test(address.pathname)) return;
  if (event.request.mode === "navigate") {
    if (isScreen(address.pathname)) event.respondWith(screen(event.request));
  } else {
    event.respondWith(file(event.request, address.pathname));
  }
});
self.addEventListener("message", (event) => {
  if (event.data?.type === "skip-waiting") event.waitUntil(self.skipWaiting());
});

async function install() {
  const known = await caches.has(OWN);
  const own = await caches.open(OWN);
  try {
    await Promise.all(RELEASE.files.map((wanted) => fetchInto(own, wanted)));
  } catch (error) {
    // What is not complete must not be found later. A version that was complete before stays as it is.
    if (!known) await caches.delete(OWN);
    throw error;
  }
}

async function fetchInto(own, wanted) {
  if (await isGenuine(await own.match(wanted.path), wanted)) return;
  // The same name and content in an earlier version need not travel again, nor what the page has just loaded.
  const earlier = wanted.hashed ? await caches.match(wanted.path) : undefined;
  if (await isGenuine(earlier, wanted)) return own.put(wanted.path, earlier);
  for (const cache of [wanted.hashed ? "default" : "no-cache", "reload"]) {
    const response = await fetch(wanted.path, { cache, credentials: "same-origin", redirect: "error" });
    if (response.ok && (await isGenuine(response, wanted))) return own.put(wanted.path, response);
  }
  throw new Error(`${wanted.path} is not the file that was announced`);
}

async function isGenuine(response, wanted) {
  if (!response) return false;
  const body = await response.clone().arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") === wanted.sha256;
}

async function activate() {
  await (await caches.open(OWN)).put(USED, new Response());
  const others = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== OWN);
  let previous;
  for (const name of others) {
    if (await (await caches.open(name)).match(USED)) previous = name;
  }
  await Promise.all(others.filter((name) => name !== previous).map((name) => caches.delete(name)));
  await self.clients.claim();
}

// Plays a video while it arrives: the page gives it piece by piece, in the order in which the element asks.
async function play(event, [, number, size, type]) {
  const client = await self.clients.get(event.clientId);
  if (!client) return new Response(null, { status: 404 });
  const range = event.request.headers.get("range");
  const wanted = /^bytes=(\d{1,16})-(\d{0,16})$/.exec(range ?? "bytes=0-");
  const total = Number(size);
  const from = Number(wanted?.[1]);
  const end = wanted?.[2] ? Math.min(Number(wanted[2]) + 1, total) : total;
  if (!wanted || from >= end) return new Response(null, { status: 416, headers: { "Content-Range": `bytes */${total}` } });
  let at = from;
  const pull = async (controller) => {
    const bytes = await piece(client, Number(number), at);
    if (!bytes?.length) {
      controller.error(new Error("it cannot be had"));
      return;
    }
    const part = bytes.subarray(0, end - at);
    at += part.length;
    controller.enqueue(part);
    if (at >= end) controller.close();
  };
  const headers = {
    "Accept-Ranges": "bytes",
    "Cache-Control": "no-store",
    "Content-Length": String(end - from),
    "Content-Type": type,
    "X-Content-Type-Options": "nosniff",
  };
  if (range) headers["Content-Range"] = `bytes ${from}-${end - 1}/${total}`;
  const body = new ReadableStream({ pull }, { highWaterMark: 0 });
  return new Response(body, { status: range ? 206 : 200, headers });
}

function piece(client, number, from) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const late = setTimeout(() => resolve(null), PIECE_MS);
    port1.onmessage = (event) => {
      clearTimeout(late);
      port1.close();
      resolve(event.data);
    };
    client.postMessage({ type: "content", number, from }, [port2]);
  });
}

// Screens live behind the number sign, so there is one page; every other address is a file.
function isScreen(path) {
  return path === SHELL || path === "/index.html";
}

// The page on the device first: it starts with no network. The browser looks for a newer worker after each such start by itself,
// and the page asks for it hourly.
async function screen(request) {
  return (await (await caches.open(OWN)).match(SHELL)) ?? fetch(request);
}

async function file(request, path) {
  const own = await caches.open(OWN);
  return (await own.match(path)) ?? (await caches.match(path)) ?? fetch(request);
}
