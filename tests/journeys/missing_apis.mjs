// Browsers that lack something: each time either the app works without it, or it says what is missing. It never stands still,
// and nothing is thrown that nobody catches.

import assert from "node:assert/strict";

import { App } from "../support/pages.mjs";

// What is taken away, and what the app says then. Without a title it must work.
const LOSSES = [
  { name: "no database", title: "This browser keeps nothing", init: () => { Object.defineProperty(window, "indexedDB", { value: undefined }); } },
  {
    name: "storage forbidden",
    storage: "This browser keeps no note beside your posts.",
    init: () => {
      for (const name of ["localStorage", "sessionStorage"]) {
        Object.defineProperty(window, name, { get() { throw new DOMException("The operation is insecure.", "SecurityError"); } });
      }
    },
  },
  { name: "no cryptography", title: "This browser is too old", init: () => { Object.defineProperty(Crypto.prototype, "subtle", { value: undefined }); } },
  { name: "no locks", init: () => { Object.defineProperty(Navigator.prototype, "locks", { value: undefined }); } },
  {
    name: "nothing that keeps tabs apart",
    title: "This browser cannot keep two tabs apart",
    init: () => {
      Object.defineProperty(Navigator.prototype, "locks", { value: undefined });
      Object.defineProperty(window, "localStorage", { get() { throw new DOMException("The operation is insecure.", "SecurityError"); } });
    },
  },
  { name: "no peer connections", init: () => { delete window.RTCPeerConnection; delete window.webkitRTCPeerConnection; delete window.RTCDataChannel; } },
  { name: "no service worker", init: () => { delete Navigator.prototype.serviceWorker; } },
  { name: "no channel between tabs", init: () => { delete window.BroadcastChannel; } },
  { name: "no storage manager", init: () => { delete Navigator.prototype.storage; } },
  {
    name: "no camera, no clipboard",
    says: [
      ["Copy link", "The browser did not allow copying. Select the text and copy it by hand."],
      ["Scan with the camera", "This browser gives the page no camera."],
    ],
    init: () => { delete Navigator.prototype.mediaDevices; delete Navigator.prototype.clipboard; delete window.BarcodeDetector; },
  },
  { name: "no WebSocket", init: () => { delete window.WebSocket; } },
  { name: "no WebAssembly", shell: "This browser cannot run Effigy: it has no WebAssembly.", init: () => { delete window.WebAssembly; } },
];

export default async function journey(stage) {
  const hub = await stage.hub();
  for (const [index, { name, title, shell, says, storage, init }] of LOSSES.entries()) {
    const device = await stage.device(hub, `browser-${index + 1}`, { init });
    const app = new App(device);
    try {
      await device.go();
      if (shell) {
        // Said in the console as well, which is right so.
        device.expects(/WebAssembly/);
        await device.page.getByText(shell).waitFor();
        continue;
      }
      if (title) {
        await app.heading(title).waitFor();
        assert.equal(await app.field("Your name").count(), 0);
        continue;
      }
      await app.start("Ana");
      await app.post(`Written with ${name}`);
      await app.sees(`Written with ${name}`);
      for (const place of ["#/people/add", "#/you/network", "#/you/storage", "#/you/about"]) {
        await app.go(place);
        await device.page.locator("main h1").waitFor();
        if (storage && place.endsWith("storage")) await app.page.getByText(storage).waitFor();
      }
      await app.go("#/people/add");
      await app.field("Link").waitFor();
      if (says) {
        for (const [button, words] of says) {
          await app.button(button).click();
          await app.page.getByText(words).waitFor();
        }
      }
      await device.page.reload();
      await app.opened();
      await app.tap("Home");
      await app.sees(`Written with ${name}`);
      assert.equal(await device.page.locator(".stopped").count(), 0);
    } catch (error) {
      throw new Error(`${name}: ${error.message}`, { cause: error });
    } finally {
      await device.page.screenshot({ path: `${stage.output}/${index + 1}.png` }).catch(() => undefined);
      await device.close();
    }
  }
}
