// A hub under load: idle sockets, letters beside the least relay there can be and beside other servers of the kind, watchers,
// honest people under ten attacks, a soak. Servers on one core, load on the other, all on the loopback address; every load
// stops by itself. JOBS=letters,idle and ATTACKS=lists choose; SOCKETS, CLIENTS, SECONDS, MINUTES, WATCHERS say how much.

import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createConnection } from "node:net";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { root } from "../tests/support/places.mjs";
import { PEERS, number, processorSeconds, table, whole } from "./support.mjs";

const SOCKETS = number("SOCKETS", 10_000);
const SECONDS = number("SECONDS", 5);
const MINUTES = number("MINUTES", 10);
const WATCHERS = number("WATCHERS", 1_000);
const CLIENTS = number("CLIENTS", 5_000);
const JOBS = (process.env.JOBS ?? "reading,letters,idle,restart,fanout,attacks,soak").split(",");
const ATTACKS = (process.env.ATTACKS ?? "lists,signatures,garbage,headers,silence,sessions,letters,nobody,greed,finds").split(",");

const HUB = process.env.EFFIGY_HUB ?? join(root, "target/release/effigy-hub");
const LOAD = join(root, "target/release/hub_load");
const pins = spawnSync("taskset", ["-c", "0", "true"]).status === 0;
// Whoever shares a core with an attack must not be measured waiting for it.
const hurries = spawnSync("chrt", ["-f", "1", "true"]).status === 0;
const folder = await mkdtemp(join(tmpdir(), "effigy-hub-load-"));
const running = new Set();
let port = 20_000 + (process.pid % 500) * 20;

// A command on one core, with as many files as the system lets it open.
function command(core, program, args, { nice = 0, urgent = false, env = {} } = {}) {
  const first = urgent && hurries ? ["chrt", "-f", "1", program, ...args] : [program, ...args];
  const pinned = pins ? ["taskset", "-c", String(core), ...first] : first;
  const script = `ulimit -n $(ulimit -Hn); exec nice -n ${nice} "$@"`;
  return ["sh", ["-c", script, "sh", ...pinned], { env: { ...process.env, ...env } }];
}

async function load(args, options) {
  const [program, list, rest] = command(1, LOAD, args.map(String), options);
  const { stdout } = await promisify(execFile)(program, list, { ...rest, maxBuffer: 1 << 24 });
  return JSON.parse(stdout);
}

async function answers(at) {
  for (let tries = 0; tries < 200; tries += 1) {
    const open = await new Promise((resolve) => {
      const socket = createConnection(at, "127.0.0.1", () => { socket.destroy(); resolve(true); });
      socket.on("error", () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing answers on port ${at}`);
}

// Starts a server; `what` gets its origin and process.
async function during(program, args, env, what) {
  const at = (port += 1);
  const [shell, list, rest] = command(0, program, args(String(at)), { env: env(String(at)) });
  const child = spawn(shell, list, { ...rest, stdio: "ignore" });
  running.add(child);
  try {
    await answers(at);
    return await what(`http://localhost:${at}`, child.pid);
  } finally {
    child.kill("SIGKILL");
    running.delete(child);
  }
}

let hubs = 0;
const hub = (flags, what) => during(
  HUB,
  (at) => ["--listen", `127.0.0.1:${at}`, "--data", join(folder, String(hubs += 1)), "--exempt-loopback", "--log-level", "off", ...flags],
  () => ({}),
  what,
);
const none = () => ({});
const UNBOUNDED = ["--messages-per-second", "1000000", "--message-burst", "1000000", "--max-connections", "12000", "--max-strangers", "12000"];

const others = [
  { name: "least relay", protocol: "least", program: LOAD, args: (at) => ["least", at], env: none },
];
const matchbox = process.env.MATCHBOX ?? "matchbox_server";
if (spawnSync(matchbox, ["--help"]).status === 0) {
  others.push({ name: "matchbox_server", protocol: "matchbox", program: matchbox, args: (at) => [`127.0.0.1:${at}`], env: () => ({ RUST_LOG: "error" }) });
}
const peerjs = join(PEERS, "node_modules/peer/dist/bin/peerjs.js");
if (existsSync(peerjs)) {
  const args = (at) => [peerjs, "--port", at, "--host", "127.0.0.1", "--concurrent_limit", "100000", "--alive_timeout", "600000"];
  others.push({ name: "PeerJS server", protocol: "peerjs", program: "node", args, env: none });
}
const yweb = join(PEERS, "node_modules/y-webrtc/bin/server.js");
if (existsSync(yweb)) {
  others.push({ name: "y-webrtc signalling", protocol: "y-webrtc", program: "node", args: () => [yweb], env: (at) => ({ PORT: at, HOST: "127.0.0.1" }) });
}

const micros = (value) => `${value.toFixed(1)} µs`;

async function reading() {
  const found = await load(["reading"]);
  table(`Between the sockets: a letter of ${found.bytes} bytes`, [
    { how: "read and written anew", time: micros(found.anew_us), ratio: "1.00" },
    { how: "passed on as it is", time: micros(found.as_it_is_us), ratio: (found.as_it_is_us / found.anew_us).toFixed(2) },
  ]);
}

async function letters() {
  const rows = [];
  const measure = async (name, protocol, origin, pid) => {
    const busy = await load(["letters", protocol, origin, pid, 50, 8, SECONDS]);
    const alone = await load(["letters", protocol, origin, pid, 1, 1, SECONDS]);
    rows.push({ name, busy, alone });
  };
  await hub(UNBOUNDED, (origin, pid) => measure("effigy-hub", "effigy", origin, pid));
  for (const other of others) {
    await during(other.program, other.args, other.env, (origin, pid) => measure(other.name, other.protocol, origin, pid))
      .catch((error) => console.log(`${other.name} was not measured: ${error.message.split("\n")[0]}`));
  }
  const own = rows[0].busy.cpu_us_each;
  table(`Letters of about 640 bytes: 50 pairs with 8 on their way each; one pair with one`, rows.map(({ name, busy, alone }) => ({
    server: name, "letters/s": whole(busy.letters_per_second), "processor each": micros(busy.cpu_us_each), "effigy-hub beside it": `${(own / busy.cpu_us_each).toFixed(2)} ×`,
    "p99, busy": micros(busy.took.p99_us), "p50, alone": micros(alone.took.p50_us), "p99, alone": micros(alone.took.p99_us),
  })));
}

async function idle() {
  const found = await hub(UNBOUNDED, (origin, pid) => load(["idle", origin, pid, SOCKETS]));
  table(`${whole(found.sockets)} silent sessions`, [{
    "bytes each": whole(found.bytes_each), "all memory": `${(found.resident / 1e6).toFixed(1)} MB`, "to open, processor": micros(found.cpu_us_to_open_each),
    "processor while quiet": `${(found.cpu_while_quiet * 100).toFixed(1)} %`, "answer p99 before": micros(found.calm.p99_us), "answer p99 beside them": micros(found.beside_them.p99_us),
  }]);
}

const used = (pid) => processorSeconds(readFileSync(`/proc/${pid}/stat`, "utf8"));

// A hub that is stopped while many are connected, and started again at once: from then on, how busy it is in each second.
async function restart() {
  const at = String((port += 1));
  const args = ["--listen", `127.0.0.1:${at}`, "--data", join(folder, "restarted"), "--exempt-loopback", "--log-level", "off", ...UNBOUNDED];
  const start = async () => {
    const [shell, list, rest] = command(0, HUB, args);
    const child = spawn(shell, list, { ...rest, stdio: "ignore" });
    running.add(child);
    await answers(at);
    return child;
  };
  const first = await start();
  const measured = load(["restart", `http://localhost:${at}`, first.pid, CLIENTS]);
  await Promise.race([once(first, "exit"), measured]);
  running.delete(first);
  const second = await start();
  const busy = [];
  let [before, since] = [used(second.pid), performance.now()];
  const look = () => {
    const [now, moment] = [used(second.pid), performance.now()];
    busy.push((now - before) / ((moment - since) / 1_000));
    [before, since] = [now, moment];
  };
  const looking = setInterval(look, 1_000);
  const found = await measured.finally(() => clearInterval(looking));
  look();
  second.kill("SIGKILL");
  running.delete(second);
  table(`A hub started again under ${whole(found.sockets)} sessions, told to come back within ${(found.spread_ms / 1_000).toFixed(1)} s`, [{
    "are back": whole(found.back), first: `${(found.first_us / 1e6).toFixed(1)} s`, half: `${(found.took.p50_us / 1e6).toFixed(1)} s`, "99 of 100": `${(found.took.p99_us / 1e6).toFixed(1)} s`,
    last: `${(found.took.most_us / 1e6).toFixed(1)} s`, "most in a second": whole(found.busiest_second), "processor, busiest second": `${(Math.max(...busy) * 100).toFixed(0)} %`,
  }]);
}

async function fanout() {
  const found = await hub(UNBOUNDED, (origin, pid) => load(["fanout", origin, pid, WATCHERS, 20]));
  table(`One who posts, ${whole(found.watchers)} who watch`, [{
    "processor for each": micros(found.cpu_us_each), "first knows, p50": micros(found.first.p50_us), "last knows, p50": micros(found.last.p50_us), "last knows, most": micros(found.last.most_us),
  }]);
}

async function attacks() {
  const rows = [];
  for (const name of ATTACKS) {
    const row = await hub([], async (origin) => {
      const calm = await load(["honest", origin, SECONDS], { urgent: true });
      const [busy, did] = await Promise.all([
        load(["honest", origin, SECONDS], { urgent: true }),
        load(["attack", name, origin, SECONDS + 1], { nice: 19 }),
      ]);
      return { attack: name, rounds: whole(did.rounds), "p99 in calm": micros(calm.p99_us), "p99 under it": micros(busy.p99_us), ratio: (busy.p99_us / calm.p99_us).toFixed(2) };
    });
    rows.push(row);
  }
  table("How long an honest person waits for an answer", rows);
}

async function soak() {
  const found = await hub(UNBOUNDED, (origin, pid) => load(["soak", origin, pid, MINUTES]));
  table(`${found.minutes} minutes of letters, people who come and go`, [{
    "letters/s": whole(found.letters_per_second), processor: `${(found.server_cpu * 100).toFixed(0)} %`, memory: `${(found.resident / 1e6).toFixed(1)} MB`,
    "grows by": `${(found.bytes_an_hour / 1e6).toFixed(2)} MB an hour`,
  }]);
}

const all = { reading, letters, idle, restart, fanout, attacks, soak };
try {
  if (loadavg()[0] > 1) console.log(`note: this machine is busy (load ${loadavg()[0].toFixed(1)}); rates and times mean little, processor time and memory count`);
  for (const job of JOBS) await all[job]();
} finally {
  for (const child of running) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
}
process.exit(0);
