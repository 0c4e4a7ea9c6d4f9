// Bytes from page to page by a data channel as it is and by simple-peer, and from a server by a WebSocket: nothing is checked and
// nothing is kept. bench/transfer.mjs hands the descriptions over.

const PIECE = 64 * 1024;
// A deeper buffer halves the speed.
const BUFFERED = 256 * 1024;

// A data channel with as much around it as simple-peer has.
class Raw {
  constructor(initiator, signal) {
    this.connection = new RTCPeerConnection({ iceServers: [] });
    this.connection.onicegatheringstatechange = () => {
      if (this.connection.iceGatheringState === "complete") signal(this.connection.localDescription.toJSON());
    };
    this.opened = new Promise((resolve) => {
      this.connection.ondatachannel = ({ channel }) => this.#holds(channel, resolve);
      if (initiator) this.#holds(this.connection.createDataChannel("bench"), resolve);
    });
    if (initiator) this.connection.setLocalDescription();
  }

  #holds(channel, opened) {
    Object.assign(channel, { binaryType: "arraybuffer", bufferedAmountLowThreshold: BUFFERED / 4, onopen: opened, onmessage: ({ data }) => this.hear(data.byteLength) });
    this.channel = channel;
  }

  async signal(description) {
    await this.connection.setRemoteDescription(description);
    if (description.type === "offer") await this.connection.setLocalDescription();
  }

  async write(bytes) {
    this.channel.send(bytes);
    if (this.channel.bufferedAmount >= BUFFERED) await new Promise((resolve) => { this.channel.onbufferedamountlow = resolve; });
  }
}

class Simple {
  static async make(initiator, signal) {
    const { default: SimplePeer } = await import("simple-peer/simplepeer.min.js");
    const [simple, peer] = [new Simple(), new SimplePeer({ initiator, trickle: false, config: { iceServers: [] } })];
    simple.peer = peer;
    simple.opened = new Promise((resolve) => { peer.on("connect", resolve); });
    peer.on("signal", signal);
    peer.on("data", (data) => simple.hear(data.length));
    return simple;
  }

  signal(description) {
    this.peer.signal(description);
  }

  async write(bytes) {
    if (!this.peer.write(bytes)) await new Promise((resolve) => { this.peer.once("drain", resolve); });
  }
}

let way;
let described;
const own = new Promise((resolve) => { described = resolve; });

// How long `bytes` take from the first of them to the last.
function heard(bytes) {
  let [came, began] = [0, 0];
  return new Promise((resolve) => {
    way.hear = (length) => {
      began ||= performance.now();
      came += length;
      if (came >= bytes) resolve(performance.now() - began);
    };
  });
}

window.begin = async (name, initiator) => {
  way = name === "raw" ? new Raw(initiator, described) : await Simple.make(initiator, described);
};
window.described = () => own;
window.meet = (description) => way.signal(description);
window.opened = () => way.opened.then(() => true);
window.send = async (bytes) => {
  const piece = new Uint8Array(PIECE).fill(7);
  for (let sent = 0; sent < bytes; sent += PIECE) await way.write(piece);
};
window.receive = (bytes) => { window.received = heard(bytes); };
window.download = (address, bytes) => {
  const socket = new WebSocket(address);
  way = {};
  Object.assign(socket, { binaryType: "arraybuffer", onopen: () => socket.send("go"), onmessage: ({ data }) => way.hear(data.byteLength) });
  return heard(bytes).finally(() => socket.close());
};
