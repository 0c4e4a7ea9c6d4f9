// A wire between browsers and a hub. It can be cut, so that both ends notice, or go dead, so that neither does; and it can be slow.

import { connect, createServer } from "node:net";

export class Wire {
  #pairs = new Set();
  #server;
  #target;
  #isDead = false;
  #rate = 0;
  #trap;

  constructor(target) {
    this.#target = target;
    this.#server = createServer((from) => this.#carry(from));
    // How many connections are open, and the most there ever were of those that began with a WebSocket's greeting.
    this.sockets = 0;
    this.mostSockets = 0;
    this.greetings = 0;
  }

  // Ends once browsers have sent so many bytes over WebSockets from now on, with nothing carried behind them.
  async carried(bytes) {
    return await new Promise((resolve) => { this.#trap = { left: bytes, spring: resolve }; });
  }

  async open(port = 0) {
    await new Promise((resolve) => { this.#server.listen(port, "127.0.0.1", resolve); });
    this.port = this.#server.address().port;
    return this;
  }

  // From now on nothing is carried and nothing is said about it, as when a laptop sleeps or leaves one network for another.
  goDead() {
    this.#isDead = true;
    for (const { from, to } of this.#pairs) {
      from.pause();
      to.pause();
    }
  }

  // From now on the hub's bytes come so slowly, in bytes a second, on each connection; as fast as they can with 0.
  slow(rate) {
    this.#rate = rate;
  }

  // New connections are carried again. What was dead is gone for good.
  revive() {
    this.#isDead = false;
    this.cut();
  }

  // Ends all connections at once.
  cut() {
    for (const { from, to } of this.#pairs) {
      from.destroy();
      to.destroy();
    }
  }

  async close() {
    this.cut();
    await new Promise((resolve) => { this.#server.close(resolve); });
  }

  #carry(from) {
    const to = connect(this.#target, "127.0.0.1");
    const pair = { from, to };
    let isSocket = false;
    this.#pairs.add(pair);
    from.on("data", (chunk) => {
      if (!isSocket || !this.#trap) return;
      this.#trap.left -= chunk.length;
      if (this.#trap.left > 0) return;
      const { spring } = this.#trap;
      this.#trap = undefined;
      this.goDead();
      spring();
    });
    from.once("data", (first) => {
      if (!/upgrade: websocket/i.test(first.toString("latin1"))) return;
      isSocket = true;
      this.greetings += 1;
      this.sockets += 1;
      this.mostSockets = Math.max(this.mostSockets, this.sockets);
    });
    const end = () => {
      if (!this.#pairs.delete(pair)) return;
      if (isSocket) this.sockets -= 1;
      from.destroy();
      to.destroy();
    };
    for (const one of [from, to]) {
      one.on("error", end);
      one.on("close", end);
    }
    from.pipe(to);
    to.on("data", (chunk) => {
      const goOn = () => {
        if (!this.#isDead) to.resume();
      };
      const isRoom = from.write(chunk);
      if (this.#rate === 0 && isRoom) return;
      to.pause();
      if (this.#rate > 0) setTimeout(goOn, (chunk.length * 1_000) / this.#rate);
      else from.once("drain", goOn);
    });
    to.on("end", () => from.end());
    if (this.#isDead) {
      from.pause();
      to.pause();
    }
  }
}
