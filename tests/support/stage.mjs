// What one journey plays on: its hubs, its devices, a folder that is gone afterwards, and what is kept when it fails.

import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Device } from "./device.mjs";
import { Hub } from "./hub.mjs";
import { App } from "./pages.mjs";
import { output } from "./places.mjs";
import { Wire } from "./proxy.mjs";
import { within } from "./waiting.mjs";

export class Stage {
  #devices = [];
  #hubs = [];
  #closers = [];

  static async set(journey) {
    const stage = new Stage();
    stage.journey = journey;
    stage.output = join(output, journey);
    await rm(stage.output, { recursive: true, force: true });
    await mkdir(stage.output, { recursive: true });
    stage.folder = await mkdtemp(join(tmpdir(), `effigy-${journey}-`));
    return stage;
  }

  async hub(options) {
    const name = `hub-${this.#hubs.length + 1}`;
    const hub = new Hub(this.folder, name, join(this.output, `${name}.log`), options);
    this.#hubs.push(hub);
    return hub.start();
  }

  // A hub that browsers reach through a wire, and where it is without.
  async hubBehindWire() {
    // It is reached under the wire's address, so it has to know that one, and the wire has to know the hub's port.
    const first = await this.hub();
    const { port } = first;
    await first.stop();
    const wire = await new Wire(port).open();
    this.atEnd(() => wire.close());
    const hub = await this.hub({ flags: ["--origin", `http://localhost:${wire.port}`], port });
    hub.address = `http://localhost:${wire.port}`;
    return { hub, wire, direct: `http://localhost:${port}` };
  }

  // A browser with one empty page.
  async device(hub, name, options) {
    const device = new Device(this, hub, name, options);
    this.#devices.push(device);
    return device.open();
  }

  // A browser in which the app was opened, whatever it finds there.
  async app(hub, name, options) {
    const device = await this.device(hub, name, options);
    await device.go();
    return new App(device);
  }

  // A browser in which somebody with this name has just started, and the app in it.
  async person(hub, name, options) {
    const device = await this.device(hub, name, options);
    await device.go();
    const app = new App(device);
    await app.start(name);
    return app;
  }

  // Two people who follow each other.
  async friends(hub, names = ["Ana", "Ben"], options = [{}, {}]) {
    const first = await this.person(hub, names[0], options[0]);
    const link = await first.inviteLink();
    const device = await this.device(hub, names[1], options[1]);
    await device.page.goto(link);
    const second = new App(device);
    await second.start(names[1]);
    return [first, second];
  }

  // Called when the journey is over, in whatever way.
  atEnd(close) {
    this.#closers.push(close);
  }

  // What pages complained about although nothing of the kind was expected.
  faults() {
    return this.#devices.flatMap((device) => device.faults());
  }

  // Keeps what shows why a journey failed.
  async keepTraces(error) {
    await writeFile(join(this.output, "failure.txt"), `${error.stack ?? error}\n${error.cause ? `because: ${error.cause.stack}\n` : ""}`);
    for (const device of this.#devices) {
      for (const [index, page] of (device.context?.pages() ?? []).entries()) {
        const path = join(this.output, `${device.name}-${index + 1}`);
        await within(8_000, "a picture of the page", page.screenshot({ path: `${path}.png` })).catch(() => undefined);
        const text = await within(4_000, "the text of the page", page.evaluate(() => `${location.href}\n${document.body?.innerText}`))
          .catch((why) => `no text: ${why.message}`);
        await writeFile(`${path}.txt`, text);
      }
    }
  }

  async clear() {
    for (const close of this.#closers.reverse()) await close();
    await Promise.all(this.#devices.map((device) => within(20_000, "closing a browser", device.end())));
    await Promise.all(this.#hubs.map((hub) => hub.close()));
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
