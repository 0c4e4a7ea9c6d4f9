// What each peer does with signed entries in a page: parse, check, hash, index, keep. `window.take(peer, count)` tells how long it
// took until they rest in its store; what is set up before is not counted. bench/ingest.mjs serves the entries and runs it.

const now = () => performance.now();
const corpus = async (name, count) => (await (await fetch(`/${name}`)).json()).slice(0, count);
const asked = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});
const ended = (transaction) => new Promise((resolve, reject) => {
  transaction.oncomplete = resolve;
  transaction.onabort = () => reject(transaction.error);
});

// A library that lets its database be filled in one go.
async function nostr(verify, count) {
  const { openDB, addEvents } = await import("nostr-idb");
  const [texts, database] = [await corpus("nostr", count), await openDB("bench")];
  const began = now();
  const right = texts.map((text) => JSON.parse(text)).filter((event) => verify(event));
  await addEvents(database, right);
  // Waits its turn behind the write.
  return { entries: await database.count("events"), ms: now() - began };
}

const peers = {
  async "ssb-browser-core"(count) {
    await new Promise((resolve, reject) => {
      const script = document.createElement("script");
      Object.assign(script, { src: "/ssb.js", onload: resolve, onerror: reject });
      document.head.append(script);
    });
    await new Promise((resolve) => { if (window.SSB?.db) resolve(); else window.SSBLOADER.on("ready", resolve); });
    const texts = await corpus("ssb", count);
    // It goes on starting for a moment after it says that it is ready.
    await new Promise((resolve) => { setTimeout(resolve, 500); });
    const began = now();
    const messages = texts.map((text) => JSON.parse(text));
    const added = await new Promise((resolve, reject) => {
      window.SSB.db.addBatch(messages, (error, all) => { if (error) reject(error); else resolve(all); });
    });
    await new Promise((resolve) => { window.SSB.db.getLog().onDrain(resolve); });
    return { entries: added.length, ms: now() - began };
  },

  async "nostr-tools + nostr-idb"(count) {
    const { verifyEvent } = await import("nostr-tools/pure");
    return nostr(verifyEvent, count);
  },

  async "nostr-tools + nostr-wasm + nostr-idb"(count) {
    const [{ setNostrWasm, verifyEvent }, { initNostrWasm }] = await Promise.all([import("nostr-tools/wasm"), import("nostr-wasm")]);
    setNostrWasm(await initNostrWasm());
    return nostr(verifyEvent, count);
  },

  // Without signatures and hashes.
  async "Yjs + y-indexeddb"(count) {
    const [Y, { IndexeddbPersistence }] = await Promise.all([import("yjs"), import("y-indexeddb")]);
    const [writer, updates] = [new Y.Doc(), []];
    writer.on("update", (update) => updates.push(update));
    for (const text of await corpus("plain", count)) writer.getArray("feed").push([text]);
    const reader = new Y.Doc();
    const kept = new IndexeddbPersistence("bench", reader);
    await kept.whenSynced;
    const began = now();
    for (const update of updates) Y.applyUpdate(reader, update);
    const behind = kept.db.transaction("updates", "readwrite");
    await asked(behind.objectStore("updates").count());
    await ended(behind);
    return { entries: updates.length, ms: now() - began };
  },

  // The library has no store, so what it checked is put into one with an index by us. Its signature cannot be checked from here:
  // one of the same length and curve is checked instead.
  async "p2panda-js"(count) {
    const panda = await import("p2panda-js");
    await panda.initWebAssembly();
    const [pair, schemaId] = [new panda.KeyPair(), `post_0020${"11".repeat(32)}`];
    const signed = (await corpus("plain", count)).map((text, at) => {
      const operation = panda.encodeOperation({ action: "create", schemaId, fields: { text: text.slice(0, 160) } });
      const entry = panda.signAndEncodeEntry({ operation, seqNum: 1, logId: at + 1 }, pair);
      return { entry, operation, signature: pair.sign(entry.slice(0, -128)) };
    });
    const opening = indexedDB.open("bench", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("entries").createIndex("author", "author");
    const database = await asked(opening);
    const began = now();
    const rows = signed.flatMap(({ entry, operation, signature }) => {
      const { publicKey, payloadHash } = panda.decodeEntry(entry);
      panda.decodeOperation(operation);
      const right = panda.verifySignature(publicKey, entry.slice(0, -128), signature) && panda.generateHash(operation) === payloadHash;
      return right ? [[panda.generateHash(entry), { author: publicKey, entry, operation }]] : [];
    });
    const transaction = database.transaction("entries", "readwrite");
    for (const [key, row] of rows) transaction.objectStore("entries").put(row, key);
    await ended(transaction);
    return { entries: rows.length, ms: now() - began };
  },

  async gun(count) {
    const { default: Gun } = await import("gun/gun.js");
    await import("gun/sea.js");
    for (const load of [() => import("gun/lib/radix.js"), () => import("gun/lib/radisk.js"), () => import("gun/lib/store.js"), () => import("gun/lib/rindexed.js")]) await load();
    const pair = await Gun.SEA.pair();
    const signed = [];
    for (const text of await corpus("plain", count)) signed.push(await Gun.SEA.sign(text.slice(0, 330), pair));
    const gun = Gun({ peers: [], localStorage: false, radisk: true, axe: false, multicast: false, file: "bench" });
    const kept = [];
    const began = now();
    for (const [at, entry] of signed.entries()) {
      if (!await Gun.SEA.verify(entry, pair.pub)) continue;
      kept.push(new Promise((resolve) => { gun.get("feed").get(`entry ${at}`).put(entry, (answer) => resolve(!answer.err)); }));
    }
    const entries = (await Promise.all(kept)).filter(Boolean).length;
    return { entries, ms: now() - began };
  },

  // The limit: workers that check signatures, strictly, and do nothing else.
  async "two workers of strict checks"(count) {
    const module = await WebAssembly.compileStreaming(fetch("/limit.wasm"));
    const script = URL.createObjectURL(new Blob(["onmessage = ({ data: [module, calls] }) => {\
      const { exports } = new WebAssembly.Instance(module, {}); exports.main(0, 0); postMessage(0);\
      onmessage = () => { for (let call = 0; call < calls; call += 1) exports.main(0, 0); postMessage(1); };\
    };"], { type: "text/javascript" }));
    const workers = [new Worker(script), new Worker(script)];
    const answers = (ask) => Promise.all(workers.map((worker) => new Promise((resolve) => { worker.onmessage = resolve; worker.postMessage(ask); })));
    const calls = Math.ceil(count / 1_000 / workers.length);
    await answers([module, calls]);
    const began = now();
    await answers("go");
    return { entries: calls * 1_000 * workers.length, ms: now() - began };
  },
};

window.take = (peer, count) => peers[peer](count);
