// Makes another version of the app out of the built one: a style sheet with other content and therefore another name.

import { createHash } from "node:crypto";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const hash = (kind, text, form) => createHash(kind).update(text).digest(form);

// Changes the app in this folder as a build would that found one more rule of style.
export function release(folder, version) {
  const old = readdirSync(folder).find((name) => /^base-.*\.css$/.test(name));
  if (!old) throw new Error(`there is no style sheet in ${folder}`);
  const before = readFileSync(join(folder, old), "utf8");
  const after = `${before}\n/* ${version} */`;
  const name = `base-${hash("sha256", after, "hex").slice(0, 16)}.css`;
  rmSync(join(folder, old));
  writeFileSync(join(folder, name), after);
  const [oldDigest, newDigest] = [before, after].map((text) => hash("sha384", text, "base64"));
  const page = readFileSync(join(folder, "index.html"), "utf8").replaceAll(old, name).replace(oldDigest, newDigest);
  writeFileSync(join(folder, "index.html"), page);
  const worker = readFileSync(join(folder, "service-worker.js"), "utf8");
  const [line, list] = worker.match(/const RELEASE = (.*);/);
  const files = JSON.parse(list).files.map((file) => {
    if (file.path === `/${old}`) return { ...file, path: `/${name}`, bytes: Buffer.byteLength(after), sha256: hash("sha256", after, "hex") };
    return file.path === "/" ? { ...file, bytes: Buffer.byteLength(page), sha256: hash("sha256", page, "hex") } : file;
  });
  writeFileSync(join(folder, "service-worker.js"), worker.replace(line, () => `const RELEASE = ${JSON.stringify({ version, files })};`));
  return name;
}
