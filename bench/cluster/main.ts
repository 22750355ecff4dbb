/**
 * `npm run bench:cluster`: what readings cost with one server alone, with one that shares its state in Redis, and with two of
 * them, at one Mosquitto, in turn and several times. CPU time is what counts: on one machine the servers take it from each
 * other, and from the broker.
 *
 *   npm run bench:cluster -- [cycles [boards [rounds]]]
 */
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { MqttClient } from "../../server/src/mqtt/client.js";
import { parseBrokerUrl } from "../../server/src/link/url.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const [CYCLES = 100_000, BOARDS = 1000, ROUNDS = 3] = process.argv.slice(2).map(Number);
const MQTT = 18_830;
const REDIS = 18_831;
/** Readings of each connection that are not answered yet. */
const WINDOW = 50;
const CONNECTIONS = 20;

const children: ChildProcess[] = [];

function start(file: string, flags: string[]): ChildProcess {
  const child = spawn(file, flags, { cwd: ROOT, stdio: "ignore" });
  children.push(child);
  return child;
}

/** CPU time of a process so far, in s: proc(5), utime and stime in hundredths. */
function cpu({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (await condition().catch(() => false)) return;
    await sleep(50);
  }
  throw new Error(`${what} did not come`);
}

/** Sends readings, each board's next when its last is answered; the time it took in s. */
async function load(prefix: string, boot: number, cycles: number): Promise<number> {
  const broker = parseBrokerUrl(`mqtt://127.0.0.1:${MQTT}`);
  let sent = 0;
  let answered = 0;
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const clients: MqttClient[] = [];
  for (let c = 0; c < CONNECTIONS; c++) {
    const own = BOARDS / CONNECTIONS;
    const seqs = new Map<number, number>();
    const send = (n: number): void => {
      if (sent >= cycles) return;
      sent++;
      const seq = (seqs.get(n) ?? 0) + 1;
      seqs.set(n, seq);
      const reading = { light: (seq * 37) % 1024, boot, seq, at: seq * 100, age: 0 };
      client.publish(`${prefix}/c${c}-${n}/telemetry`, Buffer.from(JSON.stringify(reading)), false);
    };
    // one reading of a board at a time: two could overtake each other, and the older would not be answered
    const idle = [...Array(own).keys()];
    const client = new MqttClient(
      { broker, clientId: `load-${prefix}-${c}`, clean: true },
      {
        message(topic, _payload, retained) {
          if (retained) return undefined;
          if (++answered === cycles) finish();
          idle.push(Number(/-(\d+)\/commands$/.exec(topic)![1]));
          send(idle.shift()!);
          return undefined;
        },
        up() {},
        down() {},
        refused() {},
      },
    );
    clients.push(client);
    await client.connect();
    // no two boards share a connection, and no wildcard more than it must
    await client.subscribe([...Array(own).keys()].map((n) => `${prefix}/c${c}-${n}/commands`));
    for (let n = 0; n < Math.min(WINDOW, own); n++) setImmediate(() => send(idle.shift()!));
  }
  const began = performance.now();
  await finished;
  const took = (performance.now() - began) / 1000;
  await Promise.all(clients.map((client) => client.close()));
  return took;
}

interface Row {
  readonly what: string;
  readonly rate: number;
  readonly server: number;
  readonly broker: number;
  readonly redis: number;
}

async function measure(what: string, servers: number, shared: boolean, round: number): Promise<Row> {
  const prefix = `bench-${what.replaceAll(/\W+/g, "-")}-${round}`;
  const folders: string[] = [];
  const programs: ChildProcess[] = [];
  for (let n = 0; n < servers; n++) {
    const data = await mkdtemp(path.join(tmpdir(), "nightlight-bench-"));
    folders.push(data);
    const http = 18_840 + n;
    const state = shared ? ["--state", `redis://127.0.0.1:${REDIS}`] : [];
    const flags = ["--broker", `mqtt://127.0.0.1:${MQTT}`, ...state, "--topic-prefix", prefix, "--data", data];
    programs.push(start(process.execPath, ["server/bin/nightlight-server.js", ...flags, "--http-port", `${http}`, "--log", "json"])); // prettier-ignore
    await until("the server", async () => (await fetch(`http://127.0.0.1:${http}/readyz`)).ok);
  }
  if (shared) await sleep(1000);
  await load(prefix, 1, Math.min(CYCLES, 20_000));
  const all = [...programs, mosquitto, redis];
  const before = all.map(cpu);
  const took = await load(prefix, 2, CYCLES);
  const after = all.map(cpu).map((now, n) => ((now - before[n]) * 100_000) / CYCLES);
  for (const program of programs) {
    program.kill("SIGTERM");
    await new Promise((resolve) => program.once("exit", resolve));
  }
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
  const server = after.slice(0, servers).reduce((sum, one) => sum + one, 0);
  return { what, rate: CYCLES / took, server, broker: after[servers], redis: after[servers + 1] };
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1];

// with the 20 messages that Mosquitto has on their way to a client unless told, it is the limit
const conf = path.join(await mkdtemp(path.join(tmpdir(), "nightlight-bench-")), "mosquitto.conf");
await writeFile(conf, `listener ${MQTT} 127.0.0.1\nuser root\nallow_anonymous true\nmax_inflight_messages 1000\nset_tcp_nodelay true\nmax_queued_messages 100000\n`); // prettier-ignore
const mosquitto = start("/usr/sbin/mosquitto", ["-c", conf]);
const redis = start("redis-server", ["--port", `${REDIS}`, "--save", "", "--loglevel", "warning"]);
try {
  await sleep(500);
  const rows: Row[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rows.push(await measure("one server", 1, false, round));
    rows.push(await measure("one server, state in Redis", 1, true, round));
    rows.push(await measure("two servers, state in Redis", 2, true, round));
  }
  console.log(
    "| | cycles/s | CPU s per 100,000 cycles: all servers | Mosquitto | Redis |\n| --- | --- | --- | --- | --- |",
  );
  for (const what of new Set(rows.map((row) => row.what))) {
    const of = (key: "rate" | "server" | "broker" | "redis"): number => median(rows.filter((row) => row.what === what).map((row) => row[key])); // prettier-ignore
    console.log(`| ${what} | ${of("rate").toFixed(0)} | ${of("server").toFixed(2)} | ${of("broker").toFixed(2)} | ${of("redis").toFixed(2)} |`); // prettier-ignore
  }
} finally {
  for (const child of children) child.kill("SIGKILL");
  await rm(path.dirname(conf), { recursive: true, force: true });
}
