// A camera that looks at a code: the code of one person's screen, filmed onto the frames that another person's Chromium takes
// for its camera.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { chromium } from "playwright-core";

import { chromiumBinary } from "./places.mjs";

const FRAMES = 10;

// A photograph of what an HTML fragment shows: a JPEG, 640 by 480.
export async function photograph(fragment) {
  const browser = await chromium.launch({ executablePath: chromiumBinary, args: ["--no-sandbox", "--disable-gpu"] });
  try {
    const page = await browser.newPage({ viewport: { width: 640, height: 480 } });
    await page.setContent(`<body style="margin:0;display:grid;place-items:center;height:480px;background:#8a8580">${fragment}</body>`);
    await page.evaluate(() => Promise.all([...document.images].map((image) => image.decode())));
    return await page.screenshot({ type: "jpeg", quality: 95 });
  } finally {
    await browser.close();
  }
}

// Films the same into a file of Motion JPEG. Chromium plays it over and over.
export async function film(stage, name, fragment) {
  const frame = await photograph(fragment);
  const path = join(stage.folder, `${name}.mjpeg`);
  await writeFile(path, Buffer.concat(Array.from({ length: FRAMES }, () => frame)));
  return path;
}

// A picture of the code that a page shows, as a camera would see it: not quite straight, and not filling the frame.
export async function pictureOf(element) {
  const picture = await element.screenshot({ type: "png" });
  const address = `data:image/png;base64,${picture.toString("base64")}`;
  return { picture, fragment: `<img src="${address}" style="height:400px;transform:rotate(3deg)">` };
}
