// Names that deceive, break layouts or were never meant to be names: the Big List of Naughty Strings, and what it lacks, made by rule.

import list from "big-list-of-naughty-strings" with { type: "json" };

// Most bytes of a name that any node takes.
const NAME_BYTES = 160;

// As much of a text as a name may have.
export function fitting(text, bytes = NAME_BYTES) {
  let end = 0;
  let used = 0;
  for (const character of text) {
    used += Buffer.byteLength(character);
    if (used > bytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}

const code = (...points) => String.fromCodePoint(...points);

// Whoever reads the name is to take it for another.
const DECEIVING = [
  // Turned around, or turning what stands beside it.
  "\u202eanA", "\u202danA\u202c", "Ana\u202egnp.exe", "\u2067Ana\u2066 Ben\u2069\u2069", "\u2068\u2068\u2068Ana", "Ana\u2069\u2069\u2069", "\u061cAna\u200f\u200e",
  "\u202a\u202b\u202d\u202eAna", "\u05d0\u05d1\u05d2 Ana \u05d3", "Ana \u0627\u0644\u0628\u062d\u0631", "\u0645\u0631\u062d\u0628\u0627 123 Ana", "\u202e\u202d\u202e\u202dAna\u202c",
  // With something in it that cannot be seen.
  "A\u200bn\u200ba", "A\u00adna", "Ana\u2060", "\ufeffAna", "A\u034fna", "Ana\u180e", "Ana\u3164", "A\u115f\u1160na", "Ana\u17b4", "Ana\u2800", "A\u200dn\u200da", "Ana\ufe0f\ufe0e",
  `Ana${code(0xe0041, 0xe007f)}`, `Ana${code(0xe0101)}`, "\ue000Ana\uf8ff", "Ana\u0000\u0007\u001b[31m", "Ana\u0085\u2028\u2029Ben",
  // Letters of other scripts that look alike.
  "\u0410n\u0430", "\u0391na", "\u13aana", "\uff21\uff4e\uff41", code(0x1d400, 0x1d427, 0x1d41a), "Ana\u0131", "rnary", "l1I|", "A\u0578a", "\u1d00\u0274\u1d00", "\u212bna", "A\u0303na",
];

// What says that it is no name but something of the app or of somebody in charge.
const IMPOSING = [
  "This is you", "Somebody", "Hub", "Your other device", "Effigy", "Effigy Team \u2713", "Admin \u2705", "\u2714\ufe0f Verified", "System", "Support", "Friend: you follow each other", "Blocked", "key abcd1234",
  "\u00b7 key 00000000", "Ana \u00b7 key", "Error 500", "undefined", "[object Object]", "null", "NaN", "true", "0", "-1", "...", "\u2026", "@everyone", "#", "Delete", "Update now",
];

// What needs more room than there is.
const ENORMOUS = [
  "W".repeat(160), "\ufdfd".repeat(40), code(0x12031).repeat(40), "\u6f22".repeat(53), "a".repeat(160), "\u0e46".repeat(53), `${"a ".repeat(80)}`, "\u2501".repeat(53), "i".repeat(160),
  code(0x1f468, 0x200d, 0x1f469, 0x200d, 0x1f467, 0x200d, 0x1f466).repeat(6), code(0x1f1e6, 0x1f1e7).repeat(20), `${code(0x1f3f4)}${code(0xe0067, 0xe0062, 0xe0065, 0xe006e, 0xe0067, 0xe007f)}`.repeat(4),
  ...[0x0300, 0x0489, 0x20dd, 0x0e47, 0x064b, 0x0f71, 0x1dc0, 0xfe20].map((mark) => `Z${code(mark).repeat(50)}`),
  `A${code(0x0335, 0x0336, 0x0337, 0x0338).repeat(9)}na`, `${code(0x0e33)}${"\u0e4d\u0e49".repeat(20)}`, "\u0f3c \u3064 \u25d5_\u25d5 \u0f3d\u3064".repeat(3), "a\tb\n\n\n\nc",
  "\u0b95\u0bcd\u0bb7".repeat(15), "\u1019\u103c\u1014\u103a\u1019\u102c".repeat(8), "-".repeat(160), ".".repeat(160), "_".repeat(160),
];

// Some of each rule, so that no two are alike: letters of many scripts between marks that turn and hide.
function* made() {
  const scripts = [0x41, 0x3b1, 0x430, 0x5d0, 0x627, 0x915, 0xe01, 0x1100, 0x3042, 0x4e00, 0x13a0, 0x10300];
  const marks = ["\u202e", "\u2066", "\u200b", "\u0301\u0301\u0301\u0301"];
  for (const script of scripts) for (const mark of marks) yield `${code(script, script + 1)}${mark}${code(script + 2)} ${mark}${code(script + 3)}`;
}

// Every name once, none that says nothing at all: such a profile is refused by every node.
export const names = [...new Set([...list, ...DECEIVING, ...IMPOSING, ...ENORMOUS, ...made()].map((name) => fitting(name)))].filter((name) => /[^\s\u0085]/u.test(name));
export const counts = { listed: list.length, deceiving: DECEIVING.length };
