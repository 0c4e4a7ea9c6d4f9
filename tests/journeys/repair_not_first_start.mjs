// The browser loses what it kept. Nobody is taken for a newcomer who is none, and nothing is signed on an empty store.

import assert from "node:assert/strict";

// Takes away part of what the browser keeps of the app, while the app is closed.
async function lose(app, types) {
  const { context, page } = app.device;
  await page.goto("about:blank");
  const inspector = await context.newCDPSession(page);
  await inspector.send("Storage.clearDataForOrigin", { origin: app.device.hub.address, storageTypes: types });
  await inspector.detach();
  await app.device.go();
}

export default async function journey(stage) {
  const hub = await stage.hub();
  const ana = await stage.person(hub, "Ana");
  await ana.post("Kept by the hub");
  await ana.delivered("Kept by the hub", /hub/i);

  // The shell alone: it is loaded again.
  await lose(ana, "cache_storage,service_workers");
  await ana.opened();
  await ana.sees("Kept by the hub");

  // The notes beside the store alone: the store has everything.
  await lose(ana, "local_storage");
  await ana.opened();
  await ana.sees("Kept by the hub");
  await ana.post("Still one chain");
  await ana.isWhole();
  await ana.tap("Home");

  // The note beside the store cannot be read: nobody knows whether all is here, so nothing is written before Ana says so.
  await ana.page.evaluate(() => localStorage.setItem("effigy.fence", "{\"device\":"));
  await ana.page.reload();
  await ana.heading("Some of your posts may be missing here").waitFor();
  await ana.page.getByText(/^\d+ posts are here\.$/).waitFor();
  await ana.button("Read meanwhile").click();
  await ana.page.getByText("Perhaps not all of your own posts are here.").waitFor();
  await ana.sees("Still one chain");
  await ana.page.reload();
  await ana.heading("Some of your posts may be missing here").waitFor();
  await ana.button("Go on with what is here").click();
  await ana.page.getByRole("dialog", { name: "Go on with what is here?" }).getByRole("button", { name: "Go on" }).click();
  await ana.opened();
  await ana.post("Still the same chain");
  await ana.page.reload();
  await ana.opened();
  await ana.isWhole();

  // The store alone, with the keys in it.
  await lose(ana, "indexeddb");
  await ana.heading("Some of your posts are missing here").waitFor();
  await ana.page.getByText("the browser has lost its keys").waitFor();
  assert.equal(await ana.field("Your name").count(), 0, "no first start");
  await ana.page.reload();
  await ana.heading("Some of your posts are missing here").waitFor();

  // Only who wants it begins anew.
  await ana.button("Start a new account").click();
  const question = ana.page.getByRole("dialog", { name: "Start a new account?" });
  await question.getByRole("button", { name: "Cancel" }).click();
  await ana.heading("Some of your posts are missing here").waitFor();
  await ana.button("Start a new account").click();
  await question.getByRole("button", { name: "Start anew" }).click();
  await ana.heading("Welcome to Effigy").waitFor();
  await ana.start("Ana again");
  await ana.post("A new beginning");

  // All of it at once cannot be told from a newcomer, so it is one.
  await lose(ana, "all");
  await ana.heading("Welcome to Effigy").waitFor();
}
