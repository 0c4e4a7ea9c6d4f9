// Pictures to post: drawn by Chromium, then loaded with everything a camera would have written into them.

import { deflateSync } from "node:zlib";

import { until } from "./waiting.mjs";

export const SECRETS = {
  place: "Home of Ana", maker: "Effigy test camera", comment: "do not tell anybody", keyword: "at home with Ben",
};

// Draws a picture on a page. No two of different numbers look alike. Returns its bytes.
export async function drawn(page, { width = 640, height = 480, number = 1, type = "image/jpeg" } = {}) {
  const address = await page.evaluate(([wide, high, seed, mime]) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: wide, height: high });
    const context = canvas.getContext("2d");
    const hue = (seed * 67) % 360;
    const sky = context.createLinearGradient(0, 0, 0, high);
    sky.addColorStop(0, `hsl(${hue} 60% 70%)`);
    sky.addColorStop(1, `hsl(${(hue + 40) % 360} 70% 88%)`);
    context.fillStyle = sky;
    context.fillRect(0, 0, wide, high);
    context.fillStyle = `hsl(${(hue + 180) % 360} 80% 60%)`;
    context.beginPath();
    context.arc(wide * 0.72, high * 0.28, high * 0.11, 0, 7);
    context.fill();
    for (let ridge = 0; ridge < 4; ridge += 1) {
      context.fillStyle = `hsl(${(hue + 200 + ridge * 9) % 360} 30% ${52 - ridge * 11}%)`;
      context.beginPath();
      context.moveTo(0, high);
      for (let x = 0; x <= wide; x += 4) {
        const wave = Math.sin(x / (wide / (5 + ridge)) + seed * 1.7 + ridge * 2.1) + Math.sin(x / (wide / 17) + seed * ridge) / 3;
        context.lineTo(x, high * (0.55 + ridge * 0.1) - (wave * high) / 11);
      }
      context.lineTo(wide, high);
      context.fill();
    }
    return canvas.toDataURL(mime, 0.9);
  }, [width, height, number, type]);
  return Buffer.from(address.slice(address.indexOf(",") + 1), "base64");
}

// Noise does not shrink: for pictures that must be large.
export async function noise(page, { width, height, number = 1 }) {
  const address = await page.evaluate(async ([wide, high, seed]) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: wide, height: high });
    const context = canvas.getContext("2d");
    const image = context.createImageData(wide, high);
    let state = seed;
    for (let at = 0; at < image.data.length; at += 1) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      image.data[at] = at % 4 === 3 ? 255 : state >>> 24;
    }
    context.putImageData(image, 0, 0);
    return canvas.toDataURL("image/jpeg", 0.92);
  }, [width, height, number]);
  return Buffer.from(address.slice(address.indexOf(",") + 1), "base64");
}

function segment(marker, body) {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
}

// The Exif block of a camera: maker, orientation, and where it was.
function exif(orientation) {
  const maker = Buffer.from(`${SECRETS.maker}\0`);
  const area = Buffer.from(`ASCII\0\0\0${SECRETS.place}`);
  const entry = (tag, type, count, value) => {
    const bytes = Buffer.alloc(12);
    bytes.writeUInt16LE(tag, 0);
    bytes.writeUInt16LE(type, 2);
    bytes.writeUInt32LE(count, 4);
    if (Buffer.isBuffer(value)) value.copy(bytes, 8);
    else bytes.writeUInt32LE(value, 8);
    return bytes;
  };
  const folder = (entries, next = 0) => {
    const count = Buffer.alloc(2);
    count.writeUInt16LE(entries.length);
    const end = Buffer.alloc(4);
    end.writeUInt32LE(next);
    return Buffer.concat([count, ...entries, end]);
  };
  const rational = (...pairs) => {
    const bytes = Buffer.alloc(pairs.length * 4);
    pairs.forEach((value, index) => bytes.writeUInt32LE(value, index * 4));
    return bytes;
  };
  const firstAt = 8;
  const gpsAt = firstAt + 2 + 3 * 12 + 4;
  const dataAt = gpsAt + 2 + 5 * 12 + 4;
  const latitude = rational(48, 1, 51, 1, 2_952, 100);
  const longitude = rational(2, 1, 17, 1, 4_020, 100);
  const makerAt = dataAt + 48;
  const areaAt = makerAt + maker.length;
  return Buffer.concat([
    Buffer.from("Exif\0\0II*\0\x08\0\0\0", "latin1"),
    folder([entry(0x010f, 2, maker.length, makerAt), entry(0x0112, 3, 1, orientation), entry(0x8825, 4, 1, gpsAt)]),
    folder([
      entry(0x0001, 2, 2, Buffer.from("N\0\0\0")), entry(0x0002, 5, 3, dataAt), entry(0x0003, 2, 2, Buffer.from("E\0\0\0")),
      entry(0x0004, 5, 3, dataAt + 24), entry(0x001c, 7, area.length, areaAt),
    ]),
    latitude, longitude, maker, area,
  ]);
}

// A JPEG as a camera and a photo program leave it: Exif with the place, XMP, IPTC and a comment. Orientation 6 means that it has
// to be turned to the right to stand upright.
export function asFromCamera(jpeg, orientation = 1) {
  const xmp = `http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description exif:GPSLatitude="48,51.492N" dc:subject="${SECRETS.keyword}"/></x:xmpmeta>`;
  const iptc = Buffer.concat([
    Buffer.from("Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0", "latin1"), Buffer.from([SECRETS.keyword.length + 5, 0x1c, 2, 25, 0, SECRETS.keyword.length]),
    Buffer.from(SECRETS.keyword),
  ]);
  return Buffer.concat([
    jpeg.subarray(0, 2), segment(0xe1, exif(orientation)), segment(0xe1, Buffer.from(xmp)), segment(0xed, iptc),
    segment(0xfe, Buffer.from(SECRETS.comment)), jpeg.subarray(2),
  ]);
}

function crc(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return (value ^ 0xffffffff) >>> 0;
}

function pngChunk(type, body) {
  const named = Buffer.concat([Buffer.from(type, "latin1"), body]);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc(named));
  return Buffer.concat([head, named, check]);
}

// A PNG with the place and words in it.
export function pngAsFromCamera(png) {
  // The signature and IHDR, which comes first, are 33 bytes.
  return Buffer.concat([
    png.subarray(0, 33), pngChunk("eXIf", exif(1).subarray(6)), pngChunk("tEXt", Buffer.from(`Comment\0${SECRETS.comment}`)),
    pngChunk("iTXt", Buffer.from(`Location\0\0\0\0\0${SECRETS.place}`)), png.subarray(33),
  ]);
}

// The header of a PNG that claims more pixels than fit into any memory.
export function pngBomb(width = 50_000, height = 50_000) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, pngChunk("IHDR", header), pngChunk("IDAT", Buffer.from([0x78, 0x9c, 3, 0, 0, 0, 0, 1])), pngChunk("IEND", Buffer.alloc(0))]);
}

// The beginning of a WebP that moves.
export function movingWebp() {
  const chunk = (name, body) => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(body.length);
    return Buffer.concat([Buffer.from(name, "latin1"), size, body]);
  };
  const animated = Buffer.from([2, 0, 0, 0, 63, 0, 0, 63, 0, 0]);
  return chunk("RIFF", Buffer.concat([Buffer.from("WEBP"), chunk("VP8X", animated), chunk("ANIM", Buffer.alloc(6)), chunk("ANMF", Buffer.alloc(16))]));
}

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

// A PNG of one colour, with these bytes for its pixels instead of its own, and these chunks before them.
function plainPng(width, height, { pixels, before = [], behind = Buffer.alloc(0) } = {}) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const data = pixels ?? deflateSync(Buffer.alloc((3 * width + 1) * height));
  return Buffer.concat([PNG, pngChunk("IHDR", header), ...before, pngChunk("IDAT", data), pngChunk("IEND", Buffer.alloc(0)), behind]);
}

// A JPEG of one pixel that claims sides as long as a header can say.
function wideJpeg() {
  const frame = Buffer.from([8, 0xff, 0xff, 0xff, 0xff, 1, 1, 0x11, 0]);
  return Buffer.concat([Buffer.from([0xff, 0xd8]), segment(0xdb, Buffer.alloc(65, 1)), segment(0xc0, frame), segment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])), Buffer.from([0, 0xff, 0xd9])]);
}

function riff(...chunks) {
  const body = Buffer.concat(chunks.map(([name, data]) => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(data.length);
    return Buffer.concat([Buffer.from(name, "latin1"), size, data, Buffer.alloc(data.length % 2)]);
  }));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(body.length + 4);
  return Buffer.concat([Buffer.from("RIFF"), size, Buffer.from("WEBP"), body]);
}

// What a picture must not be: each with its kind as somebody who means harm names it, and the sides that they say it has. Where only the
// pixels are damaged, browsers show what they find.
export function bombs() {
  const page = Buffer.from("<!doctype html><script>alert(1)</script><img src=https://foreign.example/pixel.png>");
  const png = (bytes, declared) => ({ bytes, mime: "image/png", declared });
  const jpeg = (bytes) => ({ bytes, mime: "image/jpeg" });
  const webp = (bytes) => ({ bytes, mime: "image/webp" });
  const frames = Buffer.from([0, 0, 0x27, 0x10, 0, 0, 0, 0]);
  const extended = Buffer.alloc(10);
  extended.writeUIntLE(16_382, 4, 3);
  extended.writeUIntLE(16_382, 7, 3);
  const lossy = Buffer.concat([Buffer.from([0x10, 2, 0, 0x9d, 0x01, 0x2a, 64, 0, 48, 0]), Buffer.alloc(40, 0xaa)]);
  const whole = plainPng(64, 48);
  return {
    "50,000 by 50,000": png(pngBomb()),
    "other sides than it says": png(plainPng(8_000, 4_900)),
    "65,535 by 65,535": jpeg(wideJpeg()),
    "a canvas of 16,383": webp(riff(["VP8X", extended], ["VP8 ", lossy])),
    "cut in its pixels": png(whole.subarray(0, whole.length - 30)),
    "cut behind its header": png(whole.subarray(0, 40)),
    "ten thousand frames": png(plainPng(64, 48, { before: [pngChunk("acTL", frames)] })),
    "a film": webp(movingWebp()),
    "a page": png(page),
    "a page behind a picture": png(plainPng(64, 48, { behind: page })),
    "a page within a picture": png(plainPng(64, 48, { before: [pngChunk("tEXt", Buffer.concat([Buffer.from("Comment\0"), page]))] })),
    "a drawing that runs": png(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><image href="https://foreign.example/pixel.png"/></svg>')),
    "a document": png(Buffer.concat([Buffer.from("%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n"), whole])),
    "pixels that are none": { ...png(plainPng(64, 48, { pixels: Buffer.alloc(300, 0x5a) })), mayBeShown: true },
    "pixels of another picture": { ...png(plainPng(64, 48, { pixels: deflateSync(Buffer.alloc(40_000_000)).subarray(0, 9_000) })), mayBeShown: true },
  };
}

// What of these bytes a published picture must not have.
export function tells(bytes) {
  const text = bytes.toString("latin1");
  const marks = ["Exif", "EXIF", "http://ns.adobe.com", "8BIM", "GPS", "tEXt", "iTXt", "eXIf", "XMP ", ...Object.values(SECRETS)];
  return marks.filter((mark) => text.includes(mark));
}

// For the start of a page: remembers what addresses of pictures stand for. The page's policy lets nobody fetch them, and that is
// right so; a test wants to see their bytes nevertheless.
export function rememberBlobs() {
  const known = new Map();
  const make = URL.createObjectURL.bind(URL);
  URL.createObjectURL = (blob) => {
    const address = make(blob);
    known.set(address, blob);
    return address;
  };
  window.effigyTestBlobs = known;
}

// The pictures that are shown within an element, in their order, with the bytes they are made of.
export async function shownPictures(locator) {
  return until("the picture is shown", async () => {
    const list = await locator.locator("img[src^='blob:']").evaluateAll((images) => Promise.all(images.map(async (image) => {
      await image.decode();
      const bytes = new Uint8Array(await window.effigyTestBlobs.get(image.src).arrayBuffer());
      let text = "";
      for (let at = 0; at < bytes.length; at += 32_768) text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
      return { alt: image.alt, width: image.naturalWidth, height: image.naturalHeight, base64: btoa(text) };
    })));
    return list.length > 0 && list.map(({ base64, ...rest }) => ({ ...rest, bytes: Buffer.from(base64, "base64") }));
  });
}
