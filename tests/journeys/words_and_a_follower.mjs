// The only device loses everything, and so does the hub. A follower still has it all, and gives it back over the empty hub.

import { rm } from "node:fs/promises";

import { loseAll } from "./words_bring_all_back.mjs";

export default async function journey(stage) {
  const hub = await stage.hub();
  const [ana, ben] = await stage.friends(hub);
  await ana.post("Only Ben has this");
  await ben.tap("Home");
  await ben.sees("Only Ben has this", 40_000);
  const words = await ana.writesDownWords();
  await ana.device.close();
  await hub.stop();
  await rm(hub.data, { recursive: true });
  await hub.restart();
  await ana.device.open();
  await loseAll(ana);
  await ana.entersWords(words.join(" "));
  await ana.heading("Is this you?").waitFor({ timeout: 90_000 });
  await ana.page.getByText("Ana", { exact: true }).waitFor();
  await ana.button("Yes, this is my account").click();
  await ana.heading("Welcome back").waitFor();
  await ana.button("Open Effigy").click();
  await ana.sees("Only Ben has this", 60_000);
  await ana.post("Back again");
  await ben.tap("Home");
  await ben.sees("Back again", 60_000);
}
