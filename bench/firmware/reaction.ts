/** Measures the delay from light to lamp: built firmware in DeviceScript's virtual machine, with the built server. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import mqtt from "mqtt";
import { LESSON_RULE } from "../../contract/index.js";
import { brokerSettingsOf, loadFirmware, SimulatedBoard } from "../../sim/index.js";
import { Child } from "../loop/child.js";
import { createNightlightPeer } from "../loop/peers/ours.js";
import { findFreePort, waitForPort } from "../loop/ports.js";
import { createSeededRandom } from "./trace.js";
import { ByteCountingProxy } from "./byte-counting-proxy.js";

/** Light values before and after a threshold crossing, one per second. */
export interface Crossing {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Time that the light stays on each side of a threshold crossing, in s. */
const STABLE_SECONDS = 3;
/** Timeout for the lamp to switch, in ms. */
const SWITCH_TIMEOUT = 10_000;

export interface Reaction {
  /** Delay from light to lamp for each crossing, in ms. */
  readonly times: number[];
  /** Time from power-on to the first reading at the broker, in ms. */
  readonly start: number;
  /** MQTT bytes in both directions for a reading and its answer, without TCP/IP headers. */
  readonly bytes: number;
}

const isDark = (light: number): boolean => light < LESSON_RULE.threshold;

/** Finds where the light crosses the threshold and stays on each side for at least 3 s. */
export function findCrossings(light: readonly number[]): Crossing[] {
  const found: Crossing[] = [];
  for (let at = STABLE_SECONDS; at + STABLE_SECONDS <= light.length; at++) {
    const before = light.slice(at - STABLE_SECONDS, at);
    const after = light.slice(at, at + STABLE_SECONDS);
    const dark = isDark(after[0]);
    if (after.every((value) => isDark(value) === dark) && before.every((value) => isDark(value) !== dark))
      found.push({ before, after });
  }
  return found;
}

/** Plays the threshold crossings to one board, at random times within the board's reporting interval. */
export async function measureReactions(crossings: readonly Crossing[], configuration: string): Promise<Reaction> {
  const folder = await mkdtemp(path.join(tmpdir(), "nightlight-bench-"));
  const port = await findFreePort();
  const server = new Child(
    await createNightlightPeer("full", { configuration }).createStartCommand({
      port,
      brokerKind: "embedded",
      qos: 1,
      folder,
    }),
  );
  let proxy: ByteCountingProxy | undefined;
  let client: mqtt.MqttClient | undefined;
  let board: SimulatedBoard | undefined;
  try {
    await waitForPort(port, "The server", () => server.exitReason);
    proxy = await ByteCountingProxy.start(port);
    client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`);
    let readings = 0;
    client.on("message", () => void readings++);
    await client.subscribeAsync("nightlight/bench/telemetry", { qos: 1 });
    const settings = { ...brokerSettingsOf(`mqtt://127.0.0.1:${proxy.port}`), NL_ID: "nightlight/bench" };
    board = new SimulatedBoard({ id: "bench", ...loadFirmware(), settings, light: () => crossings[0].before[0] });
    const startedAt = performance.now();
    await board.start();
    while (readings === 0) {
      if (performance.now() - startedAt > 30_000) throw new Error("The board sent nothing within 30 s.");
      await sleep(1);
    }
    const start = performance.now() - startedAt;
    // waits until the board has received the configuration of its reporting policy
    await sleep(3000);
    // keeps the light well above the threshold, so that only readings and answers cross the wire
    const bytes = await measureBytesPerReading(board, proxy, () => readings);
    const times: number[] = [];
    const next = createSeededRandom(1);
    for (const { before, after } of crossings) {
      for (const light of before) {
        board.setLight(light);
        await sleep(1000);
      }
      // waits for a random time, so that crossings are not aligned with the reporting interval
      await sleep(2000 * next());
      const [first, ...rest] = after;
      times.push(await switchLampByLight(board, first));
      for (const light of rest) {
        board.setLight(light);
        await sleep(1000);
      }
    }
    return { times, start, bytes };
  } finally {
    await board?.stop();
    await client?.endAsync(true);
    await proxy?.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Returns the average bytes per reading, over readings that do not switch the lamp. */
async function measureBytesPerReading(
  board: SimulatedBoard,
  proxy: ByteCountingProxy,
  readings: () => number,
): Promise<number> {
  board.setLight(800);
  // waits until the lamp has switched and the board has reported the new state
  await sleep(4000);
  const before = { readings: readings(), bytes: proxy.bytes };
  for (let n = 0; n < 10; n++) {
    board.setLight(n % 2 ? 800 : 700);
    await sleep(1000);
  }
  return (proxy.bytes - before.bytes) / (readings() - before.readings);
}

/** Sets the light and waits until the lamp switches. @returns the delay in ms */
async function switchLampByLight(board: SimulatedBoard, light: number): Promise<number> {
  const wanted = isDark(light);
  if (board.lamp === wanted) throw new Error(`The lamp is already ${wanted ? "on" : "off"} before the light changes.`);
  const startedAt = performance.now();
  const changed = new Promise<number>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`The lamp did not switch within ${SWITCH_TIMEOUT / 1000} s.`)),
      SWITCH_TIMEOUT,
    );
    board.once("lamp", () => {
      clearTimeout(timer);
      resolve(performance.now() - startedAt);
    });
  });
  board.setLight(light);
  return changed;
}
