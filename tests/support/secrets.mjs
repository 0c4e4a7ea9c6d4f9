// Everything that a page's browser keeps for it, searched for secrets in every form in which somebody could find them.

import assert from "node:assert/strict";

// All databases, notes and caches of the page, as one text of bytes.
async function kept(page) {
  return page.evaluate(async () => {
    const answer = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    // A character for each byte: what browsers call latin1 has others from 0x80 to 0x9f.
    const read = (content) => {
      const bytes = new Uint8Array(content.buffer ?? content, content.byteOffset ?? 0, content.byteLength);
      const slices = [];
      for (let at = 0; at < bytes.length; at += 8_192) slices.push(String.fromCharCode(...bytes.subarray(at, at + 8_192)));
      return slices.join("");
    };
    const text = (value) => {
      if (typeof value === "string") return value;
      if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return read(value);
      if (Array.isArray(value)) return value.map(text).join("\n");
      return value && value.constructor === Object ? Object.entries(value).flat().map(text).join("\n") : String(value);
    };
    const all = [localStorage, sessionStorage].map((notes) => text({ ...notes }));
    for (const { name } of await indexedDB.databases()) {
      const database = await answer(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        const records = database.transaction(store).objectStore(store);
        all.push(name, text(await answer(records.getAllKeys())), text(await answer(records.getAll())));
      }
      database.close();
    }
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) all.push(request.url, read(await (await cache.match(request)).arrayBuffer()));
    }
    return all.join("\n");
  });
}

// Nothing that the browser keeps says one of these: a secret each, in base64url. `known` is what it does keep: were that not found,
// nothing would be.
export async function holdsNone(page, secrets, known) {
  const all = await kept(page);
  for (const part of known) assert.ok(all.includes(part), `${part} is kept`);
  for (const secret of secrets) {
    const bytes = Buffer.from(secret, "base64url");
    assert.ok(bytes.length >= 16, "a whole secret");
    const forms = { bytes: bytes.toString("latin1"), hex: bytes.toString("hex"), base64: bytes.toString("base64").replace(/=+$/, ""), base64url: secret };
    for (const [form, text] of Object.entries(forms)) assert.ok(!all.includes(text), `a secret lies bare, as ${form}`);
  }
}
