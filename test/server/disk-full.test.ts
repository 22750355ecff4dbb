/** Tests a server whose disk is full: it acknowledges only stored messages, keeps deciding, and recovers by itself. */
import { cp } from "node:fs/promises";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { startServer, type NightlightServer } from "nightlight-server";
import { createLog } from "../../server/src/observability/log.js";
import { eventually, expectDuration } from "../support/eventually.js";
import { NO_SMALL_DISK, mountSmallDisk } from "../support/small-disk.js";
import { startServerProgram } from "./support/program.js";
import { connectClient, UNLIMITED_HISTORY, createTemporaryFolder, type TestClient } from "./support/server.js";

/** Starts a server with a history and records its log entries about storage. Closes the server after the test. */
async function startLoggedServer(
  data: string,
): Promise<{ running: NightlightServer; mqtt: string; http: string; readLines: () => string[] }> {
  const lines: string[] = [];
  const recordLines = (text: string): void =>
    void lines.push(...text.split("\n").filter((line) => line.includes('"event":"storage"')));
  const log = createLog("json", { output: { write: recordLines } });
  const running = await startServer({ data, mqttPort: 0, httpPort: 0, history: UNLIMITED_HISTORY, log });
  onTestFinished(() => running.close());
  const readLines = (): string[] => {
    log.flush();
    return lines;
  };
  return { running, mqtt: running.brokerUrl, http: running.httpUrl!, readLines };
}

/** Copies a data folder, which simulates `kill -9` at this moment. */
async function copyData(data: string): Promise<string> {
  const copy = path.join(await createTemporaryFolder(), "data");
  await cp(data, copy, { recursive: true });
  return copy;
}

interface AnswerBody {
  readonly error: string;
  readonly storage: { readonly problem: string | null; readonly readings_unacknowledged: number };
}

async function requestJson(url: string, method = "GET", body?: object): Promise<{ status: number; body: AnswerBody }> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method, ...(body && { headers, body: JSON.stringify(body) }) });
  return { status: response.status, body: (await response.json()) as AnswerBody };
}

/** Returns the light of each reading in a board's history, oldest first. */
async function readLights(http: string, id: string): Promise<number[]> {
  const text = await (await fetch(`${http}/api/history.csv?device=${encodeURIComponent(id)}`)).text();
  const lights = text.split("\n").slice(1).map((line) => line.split(",")[1]);
  return lights.filter(Boolean).map(Number);
} // prettier-ignore

/** Publishes at QoS 1 without waiting. @returns a set to which acknowledged payloads are added */
function publishAll(board: TestClient, topic: string, payloads: readonly string[]): Set<string> {
  const acknowledged = new Set<string>();
  for (const payload of payloads)
    board.publish(topic, payload, { qos: 1 }, (error) => void (error || acknowledged.add(payload)));
  return acknowledged;
}

const createReadingPayloads = (from: number, to: number, numbered: boolean): string[] =>
  Array.from({ length: to - from + 1 }, (_, n) =>
    JSON.stringify({ light: from + n, ...(numbered && { boot: 1, seq: from + n }) }),
  );
const lightOf = (payload: string): number => (JSON.parse(payload) as { light: number }).light;

describe.skipIf(NO_SMALL_DISK)("while the disk is full", () => {
  test("every reading is answered, only stored readings are acknowledged, and none is stored twice", async () => {
    const disk = mountSmallDisk(6);
    const startProgram = async (): Promise<{ mqtt: string; http: string; kill(): Promise<unknown> }> => {
      const program = startServerProgram(["--mqtt-port", "0", "--http-port", "0", "--data", path.join(disk.folder, "data")]);
      const killProgram = (): Promise<unknown> => (program.child.kill("SIGKILL"), program.waitForExit());
      return { ...(await program.waitForAddresses()), kill: killProgram };
    };
    const first = await startProgram();
    const kinds = [{ id: "numbered", numbered: true }, { id: "plain", numbered: false }];
    const board = await connectClient(first.mqtt, {}, "+/commands");
    for (const { id, numbered } of kinds) await board.publishAsync(`${id}/telemetry`, createReadingPayloads(1, 1, numbered)[0], { qos: 1 });
    disk.fill();
    const acknowledged = kinds.map(({ id, numbered }) => publishAll(board, `${id}/telemetry`, createReadingPayloads(2, 400, numbered)));
    await eventually(() => board.got.length >= 800, { what: "every answer" });
    await eventually(async () => (await requestJson(`${first.http}/readyz`)).status === 503, { what: "/readyz to say so" });
    const before = acknowledged.map((payloads) => new Set([1, ...Array.from(payloads, lightOf)]));
    expect(before[0].size + before[1].size).toBeLessThan(790);
    await first.kill();
    disk.free();

    const second = await startProgram();
    const again = await connectClient(second.mqtt);
    for (const [n, { id, numbered }] of kinds.entries()) {
      const kept = await readLights(second.http, id);
      expect([...before[n]].filter((light) => !kept.includes(light))).toEqual([]);
      // resends unacknowledged readings as a board does, except stored ones without `seq`, which would be stored twice
      const known = numbered ? before[n] : new Set(kept);
      for (const payload of createReadingPayloads(1, 400, numbered))
        if (!known.has(lightOf(payload))) await again.publishAsync(`${id}/telemetry`, payload, { qos: 1 });
      expect((await readLights(second.http, id)).sort((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, n) => n + 1));
    }
  }); // prettier-ignore

  test("the API and the log report the full disk, clients stay connected, and all messages are stored once there is space", async () => {
    const disk = mountSmallDisk(6);
    const data = path.join(disk.folder, "data");
    const { mqtt, http, readLines } = await startLoggedServer(data);
    const board = await connectClient(mqtt, { clientId: "porch", clean: false }, "porch/commands");
    await board.publishAsync("porch/telemetry", '{"light":1}', { qos: 1 });
    await (await connectClient(mqtt, { clientId: "sleeper", clean: false }, "news/#")).endAsync();
    expect(await readLights(http, "porch")).toHaveLength(1);
    disk.fill();
    // publish several readings, because the last block of a file on the full disk may have room for a few
    const readStorageStatus = async (): Promise<AnswerBody["storage"]> =>
      (await requestJson(`${http}/api/status`)).body.storage;
    let seq = 0;
    await eventually(
      async () => {
        publishAll(board, "porch/telemetry", createReadingPayloads(++seq, seq, true));
        return (await readStorageStatus()).readings_unacknowledged > 0;
      },
      { what: "a reading that is not stored" },
    );
    const problem = (await requestJson(`${http}/readyz`)).body.error;
    expect(problem).toMatch(
      /^The disk of the data folder .* is full\. Free some space on it\. .* acknowledges no readings/,
    );
    const acknowledged = [
      publishAll(board, "porch/telemetry", createReadingPayloads(500, 549, true)),
      publishAll(board, "porch/set", ['{"mode":"off"}']),
      publishAll(board, "news/today", ["for a client that sleeps"]),
    ];
    board.publish("notes/retained", "kept", { qos: 1, retain: true }, () => acknowledged[0].add("retained"));
    await eventually(() => board.got.at(-1)?.text.includes('"led_on":false'), { what: "the override" });
    await eventually(() => board.got.some(({ text }) => text.includes('"seq":549')), { what: "the last answer" });
    const newcomer = await connectClient(mqtt, { clientId: "hall", clean: false }, "hall/commands");
    newcomer.publish("hall/telemetry", '{"light":900}', { qos: 1 });
    await eventually(() => newcomer.got.length === 1, { what: "an answer for the new board" });
    expect(acknowledged.map(({ size }) => size)).toEqual([0, 0, 0]);

    expect(await readStorageStatus()).toMatchObject({ problem });
    expect((await readStorageStatus()).readings_unacknowledged).toBeGreaterThanOrEqual(51);
    const metrics = await (await fetch(`${http}/metrics`)).text();
    expect(metrics).toMatch(/^nightlight_storage_up 0$/m);
    expect(metrics).toMatch(/^nightlight_storage_failures_total [1-9]/m);
    const change = await requestJson(`${http}/api/devices/hall/mode`, "PUT", { mode: "on" });
    expect(change.status).toBe(507);
    expect(change.body.error).toMatch(/^The change took effect, but it is not stored yet.*Free some space/);
    await eventually(() => newcomer.got.length === 2, { what: "the effect" });
    expect(readLines()).toEqual([expect.stringContaining(JSON.stringify(problem))]);

    disk.free();
    await eventually(async () => (await requestJson(`${http}/readyz`)).status === 200, { what: "/readyz to be well" });
    await eventually(() => acknowledged.map(({ size }) => size).join() === "51,1,1", { what: "the acknowledgements" });
    expect(board.connected && newcomer.connected).toBe(true);
    await eventually(async () => (await readStorageStatus()).problem === null, { what: "the history to be written" });
    expect((await readStorageStatus()).readings_unacknowledged).toBe(0);
    await eventually(() => readLines()[1]?.includes("can be written again"), { what: "the log" });
    // this write follows a record that the full disk truncated, and must survive `kill -9` nevertheless
    await newcomer.publishAsync("hall/set", '{"mode":"off"}', { qos: 1 });

    const second = await startLoggedServer(await copyData(data));
    expect((await readLights(second.http, "porch")).filter((light) => light >= 500)).toEqual(
      Array.from({ length: 50 }, (_, n) => 500 + n),
    );
    expect((await requestJson(`${second.http}/api/devices`)).body).toMatchObject([
      { id: "hall", mode: "off" },
      { id: "porch", mode: "off" },
    ]);
    const sleeper = await connectClient(second.mqtt, { clientId: "sleeper", clean: false });
    await eventually(() => sleeper.got.length === 1, { what: "the queue" });
    const late = await connectClient(second.mqtt, {}, "notes/retained");
    await eventually(() => late.got[0]?.text === "kept", { what: "the retained message" });
  });

  test("the server stops in time, and the acknowledged readings are there after the next start", async () => {
    const disk = mountSmallDisk(6);
    const data = path.join(disk.folder, "data");
    const first = await startLoggedServer(data);
    const board = await connectClient(first.mqtt);
    disk.fill();
    const acknowledged = publishAll(board, "porch/telemetry", createReadingPayloads(1, 300, true));
    await eventually(async () => (await requestJson(`${first.http}/readyz`)).status === 503, {
      what: "/readyz to say so",
    });
    const began = performance.now();
    await first.running.close();
    expectDuration(began, 6000, "the stop");
    await expect(startLoggedServer(data)).rejects.toThrow(
      /cannot be opened, because its disk is full; free some space on it\.$/,
    );
    disk.free();
    const second = await startLoggedServer(data);
    const kept = await readLights(second.http, "porch");
    expect(Array.from(acknowledged, lightOf).filter((light) => !kept.includes(light))).toEqual([]);
  });
});
