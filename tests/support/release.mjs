// Makes other versions of the app out of the built one: one file has other content and therefore another name.

import { createHash } from "node:crypto";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const STYLE = /^base-.*\.css$/;
const SCRIPT = /^effigy-web-.*\.js$/;

const hash = (kind, text, form) => createHash(kind).update(text).digest(form);

// Changes the app in this folder as a build would that found one more rule of style. Returns the name of the style sheet.
export function release(folder, version) {
  return renew(folder, version, STYLE, (style) => `${style}\n/* ${version} */`).name;
}

// Changes the app so that it does not start. Returns what repairs it, as another version.
export function releaseBroken(folder, version) {
  const { before } = renew(folder, version, SCRIPT, () => 'throw new Error("broken on purpose");');
  return (repaired) => renew(folder, repaired, SCRIPT, () => `${before}\n// ${repaired}`);
}

function renew(folder, version, pattern, change) {
  const old = readdirSync(folder).find((name) => pattern.test(name));
  if (!old) throw new Error(`there is no ${pattern} in ${folder}`);
  const before = readFileSync(join(folder, old), "utf8");
  const after = change(before);
  const name = old.replace(/-[0-9a-f]+\./, `-${hash("sha256", after, "hex").slice(0, 16)}.`);
  rmSync(join(folder, old));
  writeFileSync(join(folder, name), after);
  const [oldDigest, newDigest] = [before, after].map((text) => hash("sha384", text, "base64"));
  const page = readFileSync(join(folder, "index.html"), "utf8").replaceAll(old, name).replaceAll(oldDigest, newDigest);
  writeFileSync(join(folder, "index.html"), page);
  const worker = readFileSync(join(folder, "service-worker.js"), "utf8");
  const [line, list] = worker.match(/const RELEASE = (.*);/);
  const files = JSON.parse(list).files.map((file) => {
    if (file.path === `/${old}`) return { ...file, path: `/${name}`, bytes: Buffer.byteLength(after), sha256: hash("sha256", after, "hex") };
    return file.path === "/" ? { ...file, bytes: Buffer.byteLength(page), sha256: hash("sha256", page, "hex") } : file;
  });
  writeFileSync(join(folder, "service-worker.js"), worker.replace(line, () => `const RELEASE = ${JSON.stringify({ version, files })};`));
  return { before, name };
}
