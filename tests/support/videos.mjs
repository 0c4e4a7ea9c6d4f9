// Videos to post: real ones that Chromium plays, as long and as large as a test needs them, and no two pieces alike. A page codes
// a few noisy pictures; here they are put into a WebM again and again, each time at another moment.

import { open } from "node:fs/promises";

// How many pictures are coded, and how many play in a second.
const FRAMES = 24;
const RATE = 12;
// How many stand in one cluster.
const TOGETHER = 12;

// Codes pictures, each of which can be seen without the others.
async function coded(page, { width, height }) {
  const texts = await page.evaluate(async ([wide, high, count, rate]) => {
    const frames = [];
    const encoder = new VideoEncoder({
      output: (chunk) => {
        const bytes = new Uint8Array(chunk.byteLength);
        chunk.copyTo(bytes);
        frames.push(bytes);
      },
      error: (error) => { throw error; },
    });
    encoder.configure({ codec: "vp8", width: wide, height: high, bitrate: 20_000_000, framerate: rate });
    const canvas = new OffscreenCanvas(wide, high);
    const context = canvas.getContext("2d");
    let state = 7;
    for (let at = 0; at < count; at += 1) {
      const image = context.createImageData(wide, high);
      for (let index = 0; index < image.data.length; index += 1) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        image.data[index] = index % 4 === 3 ? 255 : state >>> 24;
      }
      context.putImageData(image, 0, 0);
      context.fillStyle = `hsl(${(at * 360) / count} 80% 50%)`;
      context.fillRect(0, (high * at) / count, wide, high / 4);
      const frame = new VideoFrame(canvas, { timestamp: (at * 1e6) / rate });
      encoder.encode(frame, { keyFrame: true });
      frame.close();
    }
    await encoder.flush();
    return frames.map((bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")));
  }, [width, height, FRAMES, RATE]);
  return texts.map((text) => Buffer.from(text, "base64"));
}

// An element of a WebM: identifier, length in eight bytes, content.
function element(id, ...content) {
  const head = Buffer.from(id.length % 2 ? `0${id}` : id, "hex");
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(content.reduce((sum, part) => sum + part.length, 0)) | (1n << 56n));
  return Buffer.concat([head, size, ...content]);
}

function number(value, bytes = 8) {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE(BigInt(value));
  return buffer.subarray(8 - bytes);
}

function real(value) {
  const buffer = Buffer.alloc(8);
  buffer.writeDoubleBE(value);
  return buffer;
}

function beginning({ width, height }, milliseconds) {
  const header = element(
    "1A45DFA3", element("4286", number(1, 1)), element("42F7", number(1, 1)), element("42F2", number(4, 1)),
    element("42F3", number(8, 1)), element("4282", Buffer.from("webm")), element("4287", number(2, 1)), element("4285", number(2, 1)),
  );
  const info = element("1549A966", element("2AD7B1", number(1_000_000, 4)), element("4489", real(milliseconds)),
    element("4D80", Buffer.from("tests")), element("5741", Buffer.from("tests")));
  const sides = element("E0", element("B0", number(width, 2)), element("BA", number(height, 2)));
  const track = element(
    "AE", element("D7", number(1, 1)), element("73C5", number(1, 1)), element("83", number(1, 1)),
    element("86", Buffer.from("V_VP8")), sides,
  );
  return { header, front: Buffer.concat([info, element("1654AE6B", track)]) };
}

function cluster(frames, first, count) {
  const blocks = [];
  for (let at = 0; at < count; at += 1) {
    const moment = Buffer.alloc(2);
    moment.writeInt16BE(Math.round((at * 1_000) / RATE));
    const head = Buffer.concat([Buffer.from([0x81]), moment, Buffer.from([0x80])]);
    blocks.push(element("A3", head, frames[(first + at) % frames.length]));
  }
  return element("1F43B675", element("E7", number(Math.round((first * 1_000) / RATE))), ...blocks);
}

// Writes a video of at least so many bytes into a file. Returns how large it became, and how many seconds it plays.
export async function video(page, path, bytes, { width = 320, height = 240 } = {}) {
  const frames = await coded(page, { width, height });
  const mean = frames.reduce((sum, frame) => sum + frame.length + 13, 0) / frames.length;
  const clusters = Math.ceil(bytes / (mean * TOGETHER));
  const seconds = (clusters * TOGETHER) / RATE;
  const { header, front } = beginning({ width, height }, seconds * 1_000);
  // Where each cluster is, for whoever jumps: before them, and so of a size that is known before.
  const cues = (places) => element("1C53BB6B", ...places.map(([moment, place]) => element(
    "BB", element("B3", number(moment)), element("B7", element("F7", number(1, 1)), element("F1", number(place))),
  )));
  const sizes = Array.from({ length: clusters }, (_, at) => cluster(frames, at * TOGETHER, TOGETHER).length);
  let place = front.length + cues(sizes.map(() => [0, 0])).length;
  const places = sizes.map((size, at) => {
    const here = [Math.round((at * TOGETHER * 1_000) / RATE), place];
    place += size;
    return here;
  });
  const segment = Buffer.concat([Buffer.from("18538067", "hex"), number(BigInt(place) | (1n << 56n))]);
  const file = await open(path, "w");
  for (const part of [header, segment, front, cues(places)]) await file.write(part);
  for (let at = 0; at < clusters; at += 1) await file.write(cluster(frames, at * TOGETHER, TOGETHER));
  const { size } = await file.stat();
  await file.close();
  return { size, seconds };
}
