// What it costs to find in which heads two differ: our sketch beside negentropy and a full list. Native, without a browser.
// SIZES=1000,100000 says among how many.

import { program, table, whole } from "./support.mjs";

const { first } = program("reconnect", process.env.SIZES ? [process.env.SIZES] : []);
const found = await first;
table("To find in which heads two differ: bytes, messages, processor time of both sides", found.map(({ heads, how, differing, sketch, negentropy, list }) => ({
  heads: whole(heads), "of these": `${whole(differing)} ${how}`,
  sketch: `${whole(sketch.bytes)} B, ${sketch.messages}, ${sketch.ms.toFixed(1)} ms`,
  negentropy: `${whole(negentropy.bytes)} B, ${negentropy.messages}, ${negentropy.ms.toFixed(1)} ms`,
  "full list": `${whole(list.bytes)} B, ${list.messages}`,
  "of negentropy": (sketch.bytes / negentropy.bytes).toFixed(3), "of the list": (sketch.bytes / list.bytes).toPrecision(2),
})));
process.exit(0);
