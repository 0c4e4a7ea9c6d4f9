// Mallory and whoever is like her: what an honest app would clean or refuse, they sign as it is. They are real nodes at the real hub, in
// a process of their own (tests/mallory), which a journey tells what to say.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { malloryBinary } from "./places.mjs";

export class Mallory {
  #child;
  #waiting = [];
  #said = "";

  constructor(stage) {
    this.#child = spawn(malloryBinary(), [], { stdio: ["pipe", "pipe", "pipe"] });
    stage.atEnd(() => this.#child.kill("SIGKILL"));
    this.#child.stderr.on("data", (chunk) => { this.#said += chunk; });
    this.#child.on("exit", () => this.#waiting.splice(0).forEach(({ reject }) => reject(new Error(`Mallory ended: ${this.#said}`))));
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      const { resolve, reject } = this.#waiting.shift();
      const answer = JSON.parse(line);
      if (answer.error) reject(new Error(`Mallory could not: ${answer.error}`));
      else resolve(answer);
    });
  }

  // Orders are carried out one after the other, and may be given all at once.
  #ask(order) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(`${JSON.stringify(order)}\n`);
    });
  }

  // Begins an account that follows the person of the invite and is followed back. Returns the end of its key, as screens show it.
  async begin(who, { name, device = "Laptop", hub, invite }) {
    return (await this.#ask({ do: "begin", who, name, device, hub: hub.address, invite })).key;
  }

  // Signs payloads as they are. Returns for each the id of its entry, or why no node anywhere would take it: `{ id }`, `{ refused }`.
  // Where a payload has the text "blob:0", the name of the first of `blobs` is put.
  async say(who, payloads, blobs = []) {
    const texts = blobs.map((bytes) => bytes.toString("base64"));
    return (await this.#ask({ do: "say", who, payloads, blobs: texts })).said;
  }

  // The same, but none of them follows the other: their feed has as many ends.
  async contradict(who, payloads) {
    return (await this.#ask({ do: "say", who, payloads, fork: true })).said;
  }

  // What is left of names before they are shown.
  async clean(names) {
    return (await this.#ask({ do: "clean", names })).clean;
  }

  // Has a hub, which must not be running, believe that it looked these pictures through.
  async doctor(hub, blobs) {
    await this.#ask({ do: "doctor", store: `${hub.data}/hub.redb`, blobs: blobs.map((bytes) => bytes.toString("base64")) });
  }
}

export const profile = (name, about = "") => ({ type: "profile", name, about });
export const note = (text, images) => ({ type: "public_note", text, ...(images ? { images } : {}) });
export const comment = (text, root, parent = root) => ({ type: "comment", text, root, parent });
export const tag = (word, target) => ({ type: "tag", word, target, on: true });
// Where somebody is to be met, under a true key.
export const hubs = (origin) => ({ type: "hubs", hubs: [{ identity: "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", origin }] });
