// Entries of about 500 bytes in the form of each peer, signed by one author, each naming the one before.

import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";

import { PEERS } from "./support.mjs";

const BYTES = 500;
const BEGAN = 1_763_632_800_000;
const WORDS = "a harbour at dawn with ships that wait for wind while gulls sleep on every mast and nobody has said a word yet ";

const words = (at, length) => WORDS.repeat(2 + Math.ceil(length / WORDS.length)).slice(at % WORDS.length, (at % WORDS.length) + length);
const sha256 = (text, as) => createHash("sha256").update(text, as).digest("base64");

function ssb(count) {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const author = `@${publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("base64")}.ed25519`;
  let previous = null;
  return Array.from({ length: count }, (_, at) => {
    const message = { previous, sequence: at + 1, author, timestamp: BEGAN + at, hash: "sha256", content: { type: "post", text: "" } };
    message.content.text = words(at, BYTES - 110 - JSON.stringify(message).length);
    message.signature = `${sign(null, Buffer.from(JSON.stringify(message, null, 2)), privateKey).toString("base64")}.sig.ed25519`;
    previous = `%${sha256(JSON.stringify(message, null, 2), "latin1")}.sha256`;
    return JSON.stringify(message);
  });
}

function nostr(count) {
  const { finalizeEvent, generateSecretKey } = createRequire(join(PEERS, "package.json"))("nostr-tools/pure");
  const secret = generateSecretKey();
  let previous = "0".repeat(64);
  return Array.from({ length: count }, (_, at) => {
    const event = finalizeEvent({ kind: 1, created_at: Math.floor(BEGAN / 1000) + at, tags: [["e", previous]], content: words(at, 86) }, secret);
    previous = event.id;
    return JSON.stringify(event);
  });
}

export function corpora(count) {
  return { "/ssb": ssb(count), "/nostr": nostr(count), "/plain": Array.from({ length: count }, (_, at) => words(at, 460)) };
}
