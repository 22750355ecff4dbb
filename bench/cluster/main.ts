/**
 * `npm run bench:cluster`: compares the cost of readings for one server, one server with Redis, and two servers with Redis.
 * All use one Mosquitto; the variants run in turn, several times. The benchmark compares CPU time, because on one machine
 * the servers and the broker compete for the CPU. Two servers get twice the readings, so that each is as busy as a single one.
 *
 *   npm run bench:cluster -- [cycles [boards [rounds]]]
 */
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { constants, setPriority, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { describeMachine } from "../machine.js";
import { findFreePort } from "../loop/ports.js";
import { MqttClient } from "../../server/src/mqtt/client.js";
import { parseBrokerUrl } from "../../server/src/transport/url.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/**
 * Number of readings per server, number of boards, and number of rounds. With fewer boards, the server would store each
 * board several times a second.
 */
const [CYCLES = 100_000, BOARDS = 10_000, ROUNDS = 3] = new Command("npm run bench:cluster --")
  .description("Compare the cost of readings for one server, one server with Redis, and two servers with Redis.")
  .argument("[cycles]", "readings per server (default: 100000)")
  .argument("[boards]", "number of boards (default: 10000)")
  .argument("[rounds]", "number of rounds; the table shows the median (default: 3)")
  .parse()
  .args.map(Number);
const MQTT_PORT = await findFreePort();
const REDIS_PORT = await findFreePort();
/** Maximum number of unanswered readings per connection and server. */
const MAX_UNANSWERED_READINGS = 50;
const CONNECTION_COUNT = 20;
/** Number of readings per server before the first measurement, so that V8 has compiled the server's code. */
const WARM_UP_READINGS = 40_000;

const children: ChildProcess[] = [];
const folder = await mkdtemp(path.join(tmpdir(), "nightlight-bench-"));
// kills all child processes, even when this program ends early
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

function startProcess(file: string, flags: string[]): ChildProcess {
  const child = spawn(file, flags, { cwd: ROOT, stdio: "ignore" });
  children.push(child);
  return child;
}

/** Returns the CPU time of a process so far, in s. Source: proc(5), utime and stime in hundredths of a second. */
function readCpuTime({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function waitUntil(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (await condition().catch(() => false)) return;
    await sleep(50);
  }
  throw new Error(`${what} was not ready within 30 s`);
}

/** Sends readings, at most `window` unanswered ones per connection, until `cycles` are answered. Returns the duration in s. */
async function sendReadings(prefix: string, boot: number, cycles: number, window: number): Promise<number> {
  const broker = parseBrokerUrl(`mqtt://127.0.0.1:${MQTT_PORT}`);
  let sent = 0;
  let answered = 0;
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const clients: MqttClient[] = [];
  for (let c = 0; c < CONNECTION_COUNT; c++) {
    const boardCount = BOARDS / CONNECTION_COUNT;
    const seqs = new Map<number, number>();
    const send = (n: number): void => {
      if (sent >= cycles) return;
      sent++;
      const seq = (seqs.get(n) ?? 0) + 1;
      seqs.set(n, seq);
      const reading = { light: (seq * 37) % 1024, boot, seq, at: seq * 100, age: 0 };
      client.publish(`${prefix}/c${c}-${n}/telemetry`, Buffer.from(JSON.stringify(reading)), false);
    };
    // sends one reading per board at a time, because the server answers only the newest of several waiting readings
    const idle = [...Array(boardCount).keys()];
    const client = new MqttClient(
      { broker, clientId: `load-${prefix}-${c}`, clean: true },
      {
        messageReceived(topic, _payload, retained) {
          if (retained) return undefined;
          if (++answered === cycles) finish();
          idle.push(Number(/-(\d+)\/commands$/.exec(topic)![1]));
          send(idle.shift()!);
          return undefined;
        },
        reconnected() {},
        disconnected() {},
        publishRefused() {},
      },
    );
    clients.push(client);
    await client.connect();
    // one filter per board: a wildcard would deliver the commands of all boards to every connection
    await client.subscribe([...Array(boardCount).keys()].map((n) => `${prefix}/c${c}-${n}/commands`));
    for (let n = 0; n < Math.min(window, boardCount); n++) setImmediate(() => send(idle.shift()!));
  }
  const startedAt = performance.now();
  await finished;
  const seconds = (performance.now() - startedAt) / 1000;
  await Promise.all(clients.map((client) => client.close()));
  return seconds;
}

interface VariantResult {
  readonly variant: string;
  readonly rate: number;
  readonly server: number;
  readonly broker: number;
  readonly redis: number;
}

async function measureVariant(what: string, servers: number, shared: boolean, round: number): Promise<VariantResult> {
  const prefix = `bench-${what.replaceAll(/\W+/g, "-")}-${round}`;
  const programs: ChildProcess[] = [];
  for (let n = 0; n < servers; n++) {
    const data = path.join(folder, `${prefix}-${n}`);
    const http = await findFreePort();
    const state = shared ? ["--state", `redis://127.0.0.1:${REDIS_PORT}`] : [];
    const flags = ["--broker", `mqtt://127.0.0.1:${MQTT_PORT}`, ...state, "--topic-prefix", prefix, "--data", data];
    programs.push(
      startProcess(process.execPath, ["server/bin/nightlight-server.js", ...flags, "--http-port", `${http}`]),
    );
    await waitUntil("the server", async () => (await fetch(`http://127.0.0.1:${http}/readyz`)).ok);
  }
  if (shared) await sleep(1000);
  // low priority makes the servers the bottleneck: an idle server handles small batches, which cost more CPU per reading
  for (const { pid } of programs) setPriority(pid!, constants.priority.PRIORITY_LOW);
  const window = MAX_UNANSWERED_READINGS * servers;
  const cycles = CYCLES * servers;
  await sendReadings(prefix, 1, Math.min(CYCLES, WARM_UP_READINGS) * servers, window);
  const all = [...programs, mosquitto, redis];
  const before = all.map(readCpuTime);
  const seconds = await sendReadings(prefix, 2, cycles, window);
  const after = all.map(readCpuTime).map((now, n) => ((now - before[n]) * 100_000) / cycles);
  for (const program of programs) {
    program.kill("SIGTERM");
    await new Promise((resolve) => program.once("exit", resolve));
  }
  const server = after.slice(0, servers).reduce((sum, cpu) => sum + cpu, 0);
  return { variant: what, rate: cycles / seconds, server, broker: after[servers], redis: after[servers + 1] };
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1];

// raises Mosquitto's limit of 20 in-flight messages per client, which would limit the throughput
const configFile = path.join(folder, "mosquitto.conf");
await writeFile(configFile, `listener ${MQTT_PORT} 127.0.0.1\nuser root\nallow_anonymous true\nmax_inflight_messages 1000\nset_tcp_nodelay true\nmax_queued_messages 100000\n`); // prettier-ignore
const mosquitto = startProcess("/usr/sbin/mosquitto", ["-c", configFile]);
const redis = startProcess("redis-server", ["--port", `${REDIS_PORT}`, "--save", "", "--loglevel", "warning"]);
try {
  await sleep(500);
  const rows: VariantResult[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rows.push(await measureVariant("one server", 1, false, round));
    rows.push(await measureVariant("one server, state in Redis", 1, true, round));
    rows.push(await measureVariant("two servers, state in Redis", 2, true, round));
  }
  console.log(
    "| | cycles/s | CPU s per 100,000 cycles: all servers | Mosquitto | Redis |\n| --- | --- | --- | --- | --- |",
  );
  for (const what of new Set(rows.map((row) => row.variant))) {
    const medianOf = (key: "rate" | "server" | "broker" | "redis"): number => median(rows.filter((row) => row.variant === what).map((row) => row[key])); // prettier-ignore
    console.log(`| ${what} | ${medianOf("rate").toFixed(0)} | ${medianOf("server").toFixed(2)} | ${medianOf("broker").toFixed(2)} | ${medianOf("redis").toFixed(2)} |`); // prettier-ignore
  }
  const medianServerCpuOf = (what: string): number =>
    median(rows.filter((row) => row.variant === what).map((row) => row.server));
  const ratio =
    (2 * medianServerCpuOf("one server, state in Redis")) / medianServerCpuOf("two servers, state in Redis");
  console.log(`\nTwo servers do ${ratio.toFixed(2)} times the work of one that shares its state. ${describeMachine()}`);
} finally {
  // lets this program exit while children still run; the exit hook kills them
  for (const child of children) child.unref();
}
