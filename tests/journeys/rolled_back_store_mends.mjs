// A browser profile is brought back from an old copy, or the files of its database are damaged. Nothing is signed on what is
// missing: the app says so, gets it back from the hub, and goes on with the one chain it had.

import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { pause, until } from "../support/waiting.mjs";

export const seconds = 240;

const DAMAGES = [
  ["the log is cut", (folder) => each(folder, /\.log$/, (file) => truncateSync(file, Math.floor(statSync(file).size / 2)))],
  ["the log has wrong bits", (folder) => each(folder, /\.log$/, (file) => {
    const bytes = readFileSync(file);
    for (let at = 200; at < bytes.length; at += 997) bytes[at] ^= 0x55;
    writeFileSync(file, bytes);
  })],
  ["the log is gone", (folder) => each(folder, /\.log$/, (file) => rmSync(file))],
  ["the manifest is empty", (folder) => each(folder, /^MANIFEST/, (file) => truncateSync(file, 0))],
  ["the pointer to the manifest is gone", (folder) => each(folder, /^CURRENT$/, (file) => rmSync(file))],
  ["all files are empty", (folder) => each(folder, /./, (file) => truncateSync(file, 0))],
];

function each(folder, pattern, act) {
  for (const name of readdirSync(folder)) if (pattern.test(name) && statSync(join(folder, name)).isFile()) act(join(folder, name));
}

// The folder of the database within a profile.
function database(profile) {
  const parent = join(profile, "Default/IndexedDB");
  const name = readdirSync(parent).find((entry) => entry.endsWith(".leveldb"));
  return join(parent, name);
}

// Whether the app runs, mends itself, or has lost its keys: whichever comes first. Never a first start.
async function outcome(app) {
  return until("the app says where it stands", async () => {
    const heading = app.page.getByRole("heading", { level: 1 });
    const title = (await heading.count()) > 0 ? await heading.innerText() : undefined;
    // Looked for second: a title that came with it must not be taken for one without it.
    if (await app.page.locator("nav[aria-label=Main]").isVisible()) return "running";
    // What is shown while the store is read.
    if (title === "Effigy") return undefined;
    if (title !== "Some of your posts are missing here") return title;
    if (await app.page.getByText("the browser has lost its keys").isVisible()) return "keys lost";
    return (await app.page.getByText(/posts are here\./).isVisible()) ? "behind" : undefined;
  });
}

export default async function journey(stage) {
  const hub = await stage.hub();
  const [ana, ben] = await stage.friends(hub);
  await ana.post("Before the copy");
  await ana.delivered("Before the copy", /hub/i);
  await ana.device.close();
  const folder = database(ana.device.profile);
  const old = join(stage.folder, "old");
  cpSync(folder, old, { recursive: true });

  await ana.device.restart();
  await ana.opened();
  for (const number of [1, 2, 3]) await ana.post(`After the copy, ${number}`);
  await ana.delivered("After the copy, 3", /With 1 friend and a hub/);
  await ana.device.close();

  // With a hub that has the rest it mends itself; until then nothing can be written.
  rmSync(folder, { recursive: true });
  cpSync(old, folder, { recursive: true });
  await hub.stop();
  await ana.device.restart();
  await ana.heading("Some of your posts are missing here").waitFor();
  await ana.page.getByText(/\d+ of \d+ posts are here\./).waitFor();
  await ana.button("Read meanwhile").click();
  await ana.opened();
  // Whoever reads finds the way back to what can be done.
  await ana.button("What can be done").click();
  await ana.button("Go on without them").click();
  await ana.page.getByRole("dialog", { name: "Go on without the missing posts?" }).getByRole("button", { name: "Cancel" }).click();
  await ana.button("Read meanwhile").click();
  await ana.opened();
  await ana.sees("Before the copy");
  await ana.tap("Write");
  await ana.compose("Too early");
  await ana.button("Post").click();
  await ana.page.getByText("This device has to catch up with itself before it can post.").waitFor();
  await hub.restart();
  await ana.page.getByText("This device has caught up with itself.").waitFor({ timeout: 75_000 });
  await ana.sendPost();
  for (const text of ["Too early", "After the copy, 1", "After the copy, 2", "After the copy, 3", "Before the copy"]) await ana.sees(text);
  await ben.tap("Home");
  await ben.sees("Too early", 60_000);
  await ana.isWhole();
  await ben.isWhole();
  assert.equal(await ben.page.locator(".badge-trouble").count(), 0);

  // Damaged files: it starts whole, mends itself or asks; it is never taken for a first start and never writes a second version.
  await ana.tap("Home");
  await ana.device.close();
  const whole = join(stage.folder, "whole");
  cpSync(folder, whole, { recursive: true });
  const seen = [];
  for (const [what, damage] of DAMAGES) {
    rmSync(folder, { recursive: true });
    cpSync(whole, folder, { recursive: true });
    damage(folder);
    await ana.device.restart();
    const found = await outcome(ana);
    seen.push(`${what}: ${found}`);
    assert.ok(["running", "behind", "keys lost"].includes(found), seen.at(-1));
    if (found !== "keys lost") {
      await ana.opened();
      await ana.tap("Home");
      for (const text of ["Too early", "After the copy, 3", "Before the copy"]) await ana.sees(text);
      await ana.isWhole();
    }
    // As long as somebody looks who sees this: a start that nobody saw come to something counts as one that did not.
    await pause(1_000);
    await ana.device.close();
  }
  await writeFile(join(stage.output, "damages.txt"), `${seen.join("\n")}\n`);
  await ben.isWhole();
}
