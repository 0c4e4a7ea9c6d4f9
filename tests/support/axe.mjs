// Asks axe whether everybody can use a screen.

import { AxeBuilder } from "@axe-core/playwright";

// Returns one line for each violation: the rule, what it asks for, where it is broken.
export async function violations(page) {
  // Legacy mode runs all of it in the page itself: it has no frames, and another page would be a second tab.
  const { violations: found } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  return found.map(({ id, help, nodes }) => {
    const places = nodes.slice(0, 4).map(({ target, any, all, none }) => {
      const [first] = [...any, ...all, ...none];
      return `${target.join(" ")}${first ? ` (${first.message})` : ""}`;
    });
    return `${id}: ${help}: ${places.join("; ")}${nodes.length > 4 ? `; and ${nodes.length - 4} more` : ""}`;
  });
}
