// Where things are: the project, the built hub, what the journeys write.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));
export const output = join(root, "tests/output");
export const dist = process.env.EFFIGY_ASSETS || join(root, "dist");

// The hub to test. `cargo xtask e2e` names the one it has just built.
export function hubBinary() {
  const path = process.env.EFFIGY_HUB ?? join(root, "target/debug/effigy-hub");
  if (!existsSync(path)) throw new Error(`there is no hub at ${path}; \`cargo xtask e2e\` builds it`);
  return path;
}

// Who signs what nobody else would.
export function malloryBinary() {
  const path = process.env.EFFIGY_MALLORY ?? join(root, "target/debug/effigy-mallory");
  if (!existsSync(path)) throw new Error(`there is no Mallory at ${path}; \`cargo xtask e2e\` builds it`);
  return path;
}

export const chromiumBinary = process.env.CHROMIUM ?? "/usr/bin/chromium";
