// Starts the app: the only script of the page that is not compiled from Rust.
//
// It lives in a file of its own because the page allows no inline script. It creates the two Trusted Types policies the
// page knows, loads the WebAssembly, and looks after the service worker. What the app gets from it:
//   window.effigyStartWorker(module)  a worker that runs this WebAssembly as well
//   event "effigy-update" on window   a newer version is installed and waits
//   window.effigyUpdateWaiting        the same as a fact, for whoever listens too late
//   window.effigyApplyUpdate()        the person agreed: switch to it and reload this page, once
// Buttons with data-effigy="again", "home" or "report" work by this script alone, also when the app has stopped.

const WORKER = "/service-worker.js";
const CHECK_EVERY_MS = 60 * 60 * 1000;
const CHECK_AT_MOST_EVERY_MS = 60 * 1000;
const ASK_MS = 3000;
const SLOW_MS = 1500;
const REPAIRED = "effigy-repaired";

// Elements that run, load, or change how the text after them is read.
const FORBIDDEN_ELEMENTS = new Set([
  "animate", "animatemotion", "animatetransform", "applet", "base", "embed", "foreignobject", "frame", "frameset", "iframe",
  "link", "math", "meta", "noembed", "noframes", "noscript", "object", "plaintext", "portal", "script", "set", "style",
  "template", "xmp",
]);
const ADDRESS_ATTRIBUTES = new Set(["action", "data", "formaction", "href", "ping", "poster", "src", "xlink:href"]);
const HARMLESS_ADDRESS = /^(?:$|\/(?!\/)|#|https?:\/\/|blob:|data:image\/(?:png|webp|svg\+xml)[;,])/i;
// A tag with all its attributes double-quoted and without angle brackets in them, or the empty comment of Leptos. Every "<"
// outside of it is refused, so what the browser takes for a tag has been looked at here.
const TAG = /<(?:(\/?)([a-z][a-z0-9-]*)((?:\s+[a-z_:][-a-z0-9_:.]*(?:="[^"<>]*")?)*)\s*\/?|!|!----)>/gi;
const ATTRIBUTE = /([a-z_:][-a-z0-9_:.]*)(?:="([^"<>]*)")?/gi;

function refuse(what) {
  throw new TypeError(`refused as HTML: ${what}`);
}

// The only HTML this app ever sets are the static pieces that Leptos compiled in. They need no script, no handler, no frame.
function checkedFragment(html) {
  const rest = html.replace(TAG, (_tag, _closing, name, attributes) => {
    if (name && FORBIDDEN_ELEMENTS.has(name.toLowerCase())) refuse(`element ${name}`);
    for (const [, rawKey, value = ""] of (attributes ?? "").matchAll(ATTRIBUTE)) {
      const key = rawKey.toLowerCase();
      if (key.startsWith("on") || key === "srcdoc") refuse(`attribute ${key}`);
      if (ADDRESS_ATTRIBUTES.has(key) && !HARMLESS_ADDRESS.test(value)) refuse(`address in ${key}`);
    }
    return "";
  });
  if (rest.includes("<")) refuse("something that is no plain tag");
  return html;
}

function createPolicies(pool) {
  const types = window.trustedTypes;
  if (!types) return { createScriptURL: (address) => address };
  types.createPolicy("default", { createHTML: checkedFragment });
  return types.createPolicy("effigy-boot", {
    createScriptURL: (address) => {
      if (address !== WORKER && (!pool || address !== pool)) throw new TypeError(`refused as script: ${address}`);
      return address;
    },
  });
}

// Workers of the pool run the page's own program: its script they load, its WebAssembly they get compiled.
function startWorker(policy, { pool, js }, module) {
  const worker = new Worker(policy.createScriptURL(pool), { type: "module" });
  worker.postMessage({ script: new URL(js, window.location.href).href, module });
  return worker;
}

async function startApp(names) {
  const [{ default: init }, wasm] = await Promise.all([
    import(names.dataset.js),
    // Asked for as the page's preload asks, or the browser would load it twice.
    fetch(names.dataset.wasm, { credentials: "same-origin", integrity: names.dataset.integrity ?? "" }),
  ]);
  await init({ module_or_path: wasm });
  document.getElementById("shell")?.remove();
  remember(undefined);
}

let hasFailed = false;

// A slow network must not look like an app that does nothing.
function tellSlowStart() {
  const place = document.getElementById("shell-message");
  if (!place || hasFailed) return;
  place.textContent = navigator.serviceWorker?.controller
    ? "Starting…"
    : "Loading the app. It stays on this device, so the next start is quick, also without a network.";
}

function showFailure(error) {
  hasFailed = true;
  console.error(error);
  const place = document.getElementById("shell-message");
  if (!place) return;
  place.textContent = typeof WebAssembly === "undefined"
    ? "This browser cannot run Effigy: it has no WebAssembly."
    : "Effigy could not be loaded. Nothing of yours is lost; check the connection and try again.";
  place.setAttribute("role", "alert");
  const actions = document.createElement("p");
  for (const [act, words] of [["again", "Try again"], ["report", "Copy report"]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = words;
    button.dataset.effigy = act;
    button.dataset.fault = `not loaded, ${error?.name}: ${error?.message}`;
    actions.append(button);
  }
  place.after(actions);
}

// What is to be told to whoever repairs it. No key, no name, nothing that anybody wrote.
async function report({ fault = "unknown", place = "", version = "" }) {
  const build = names.dataset.wasm.match(/[0-9a-f]{12,}/)?.[0] ?? "unnamed";
  const served = await fetch("/version.json", { signal: AbortSignal.timeout(ASK_MS) })
    .then((response) => response.json())
    .then((now) => `${now.version} of commit ${now.commit}${now.changed ? " with changes" : ""}`)
    .catch(() => "not reached");
  return [
    `Effigy ${version} build ${build}`, `served: ${served}`, `fault: ${fault}`, ...(place ? [`at: ${place}`] : []),
    `browser: ${navigator.userAgent}`, `when: ${new Date().toISOString()}`,
  ].join("\n");
}

async function copyReport(button) {
  const text = report(button.dataset);
  try {
    // With a promise, because a browser lets a page copy only right after a tap.
    const blob = text.then((words) => new Blob([words], { type: "text/plain" }));
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
    button.textContent = "Copied";
  } catch {
    const field = document.createElement("textarea");
    field.readOnly = true;
    field.rows = 6;
    field.setAttribute("aria-label", "Report to copy by hand");
    field.value = await text;
    button.replaceWith(field);
    field.select();
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-effigy]");
  if (!button) return;
  event.preventDefault();
  if (button.dataset.effigy === "report") return void copyReport(button);
  if (button.dataset.effigy === "home") window.location.hash = "#/";
  // A version that waits may be the repair of the one that failed.
  window.effigyApplyUpdate();
});
// What says that the app has stopped stays.
for (const kind of ["cancel", "close"]) {
  document.addEventListener(kind, (event) => {
    if (!event.target.matches?.("dialog.stopped")) return;
    event.preventDefault();
    if (kind === "close") event.target.showModal();
  }, true);
}

function announce() {
  window.effigyUpdateWaiting = true;
  window.dispatchEvent(new CustomEvent("effigy-update"));
  // Nobody can be asked by an app that did not start. Once is enough: if that does not help, another reload will not.
  if (hasFailed && remember("yes")) window.effigyApplyUpdate();
}

// Notes that a repair was tried in this tab. Tells whether that is new.
function remember(what) {
  try {
    const isNew = sessionStorage.getItem(REPAIRED) !== "yes";
    if (what) sessionStorage.setItem(REPAIRED, what);
    else sessionStorage.removeItem(REPAIRED);
    return isNew;
  } catch {
    return false; // no storage: there are buttons
  }
}

function keepCurrent(registration) {
  let last = Date.now();
  const check = () => {
    if (Date.now() - last < CHECK_AT_MOST_EVERY_MS) return;
    last = Date.now();
    registration.update().catch(() => undefined); // offline: asked again at the next occasion
  };
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") check();
  });
  setInterval(check, CHECK_EVERY_MS);
}

async function lookAfterWorker(policy) {
  const container = navigator.serviceWorker;
  if (!container) return; // plain http on a network address: the app works, but not offline
  let accepted = false;
  container.addEventListener("controllerchange", () => {
    // The first worker taking over, or an update accepted in another tab, is no reason to interrupt somebody here.
    if (!accepted) return;
    accepted = false;
    window.location.reload();
  });
  // A video plays while it arrives: the worker asks for a piece, the app gives it.
  container.addEventListener("message", async (event) => {
    if (event.data?.type !== "content") return;
    const bytes = await window.effigyContent?.(event.data.number, event.data.from);
    event.ports[0].postMessage(bytes ?? null, bytes ? [bytes.buffer] : []);
  });
  container.startMessages();
  const registration = await container.register(policy.createScriptURL(WORKER), { updateViaCache: "none" });
  window.effigyApplyUpdate = () => {
    if (accepted) return;
    accepted = true;
    if (registration.waiting) registration.waiting.postMessage({ type: "skip-waiting" });
    else window.location.reload(); // another tab applied it already
  };
  const watch = (worker) => worker?.addEventListener("statechange", () => {
    if (worker.state === "installed" && container.controller) announce();
  });
  registration.addEventListener("updatefound", () => watch(registration.installing));
  watch(registration.installing);
  if (registration.waiting && container.controller) announce();
  keepCurrent(registration);
}

// The colours that were chosen here, before anything is drawn in others. The app reads and writes the same note.
function showTheme() {
  try {
    const theme = localStorage.getItem("effigy-theme");
    if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  } catch {
    // no storage: as the system says
  }
}

showTheme();
// The system opens the app where it runs already: only the place in it changes, or somebody who writes would be interrupted.
window.launchQueue?.setConsumer(({ targetURL }) => {
  const { hash } = new URL(targetURL ?? "/", window.location.href);
  if (hash) window.location.hash = hash;
});
window.effigyUpdateWaiting = false;
window.effigyApplyUpdate = () => window.location.reload();
const names = document.querySelector('meta[name="effigy-app"]');
const policy = createPolicies(names.dataset.pool);
window.effigyStartWorker = (module) => startWorker(policy, names.dataset, module);
setTimeout(tellSlowStart, SLOW_MS);
// Looked after even when the app does not start: a broken version must be able to receive its repair.
startApp(names)
  .catch(showFailure)
  .then(() => (names.dataset.worker === "on" ? lookAfterWorker(policy) : undefined))
  .catch((error) => console.warn("offline start is not available:", error));
