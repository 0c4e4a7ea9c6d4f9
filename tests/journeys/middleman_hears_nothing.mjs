// Mallory sits between the two and ends both encrypted connections at her own machine: each side is connected to her and sees
// her certificate. Neither side takes her for the other, no post goes over her line, and both still reach each other by the hub.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { App } from "../support/pages.mjs";
import { pause, until } from "../support/waiting.mjs";

// For Mallory's page: two ends, and a pipe between them.
function between() {
  const pairs = [];
  const gathered = (connection) => new Promise((resolve) => {
    const look = () => { if (connection.iceGatheringState === "complete") resolve(connection.localDescription.sdp); };
    connection.addEventListener("icegatheringstatechange", look);
    look();
  });
  const pipe = (pair, from, to, side) => {
    from.binaryType = "arraybuffer";
    from.addEventListener("message", ({ data }) => {
      pair.heard.push([side, typeof data === "string" ? data : `${data.byteLength} bytes`]);
      if (to.readyState === "open") to.send(data);
      else to.addEventListener("open", () => to.send(data), { once: true });
    });
  };
  window.pairs = pairs;
  // Takes the description that one side sent, and gives the one that the other side gets instead.
  window.swap = async (who, type, sdp) => {
    if (type === "offer") {
      const [caller, called] = [new RTCPeerConnection(), new RTCPeerConnection()];
      const pair = { caller, called, answerer: who, heard: [], early: [] };
      pairs.push(pair);
      const onward = called.createDataChannel("effigy", { ordered: true });
      caller.addEventListener("datachannel", ({ channel }) => {
        pipe(pair, channel, onward, "caller");
        pipe(pair, onward, channel, "called");
      });
      await caller.setRemoteDescription({ type, sdp });
      await called.setLocalDescription(await called.createOffer());
      return gathered(called);
    }
    const pair = pairs.findLast(({ answerer, called }) => answerer !== who && called.signalingState === "have-local-offer");
    await pair.called.setRemoteDescription({ type, sdp });
    for (const candidate of pair.early) await pair.called.addIceCandidate(candidate);
    await pair.caller.setLocalDescription(await pair.caller.createAnswer());
    return gathered(pair.caller);
  };
  window.reach = async (who, candidate) => {
    const pair = pairs.at(-1);
    if (!pair || !candidate) return;
    if (pair.answerer === who) await pair.caller.addIceCandidate(candidate);
    else if (pair.called.remoteDescription) await pair.called.addIceCandidate(candidate);
    else pair.early.push(candidate);
  };
}

// For the two people's pages: what they get of each other comes from Mallory.
function deceive() {
  const set = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = async function swapped({ type, sdp }) {
    return set.call(this, { type, sdp: await window.throughMallory(type, sdp) });
  };
  RTCPeerConnection.prototype.addIceCandidate = async function kept(candidate) {
    await window.candidateToMallory(JSON.parse(JSON.stringify(candidate)));
  };
}

export default async function journey(stage) {
  const hub = await stage.hub();
  const mallory = await stage.device(hub, "Mallory");
  mallory.expects(/favicon/);
  await mallory.page.goto(`${hub.address}/version.json`);
  await mallory.page.evaluate(between);
  const enter = async (name) => {
    const device = await stage.device(hub, name, { init: deceive });
    await device.context.exposeFunction("throughMallory", (type, sdp) => mallory.page.evaluate(([...all]) => window.swap(...all), [name, type, sdp]));
    await device.context.exposeFunction("candidateToMallory", (candidate) => mallory.page.evaluate(([...all]) => window.reach(...all), [name, candidate]));
    return device;
  };
  const first = await enter("Ana");
  await first.go();
  const ana = new App(first);
  await ana.start("Ana");
  const second = await enter("Ben");
  await second.page.goto(await ana.inviteLink());
  const ben = new App(second);
  await ben.start("Ben");

  // She has both on her line: each proves who they are, to the certificate they see, which is hers.
  const heard = () => mallory.page.evaluate(() => window.pairs.flatMap(({ heard }) => heard));
  await until("both sides speak to Mallory", async () => {
    const sides = new Set((await heard()).map(([side]) => side));
    return sides.has("caller") && sides.has("called");
  }, 60_000);
  await ana.tap("Home");
  await ana.post("Not for Mallory");
  await ben.tap("Home");
  await ben.sees("Not for Mallory");
  await ben.post("Nor is this");
  await ana.sees("Nor is this");

  for (let look = 0; look < 10; look += 1) {
    for (const [app, other] of [[ana, "Ben"], [ben, "Ana"]]) {
      const { peers } = await app.network();
      assert.ok(!peers.some(({ name, path }) => name === other && path !== "via hub"), JSON.stringify(peers));
    }
    await pause(500);
  }
  const said = await heard();
  await writeFile(join(stage.output, "heard.json"), JSON.stringify(said, null, 1));
  assert.ok(!said.some(([, text]) => /Mallory|Nor is this|"entries"|comparable/.test(text)), `she heard ${JSON.stringify(said).slice(0, 900)}`);
  await ana.tap("Home");
  await ana.delivered("Not for Mallory", /a hub/);
  await ana.isWhole();
  await ben.isWhole();
}
