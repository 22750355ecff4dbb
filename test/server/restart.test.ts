/** Kills and restarts the server: no reading is lost or counted twice, and lamps follow current readings. */
import { describe, expect, onTestFinished, test } from "vitest";
import { startServer } from "nightlight-server";
import { eventually } from "../support/eventually.js";
import { freePort } from "../support/free-port.js";
import { startMosquitto } from "../support/mosquitto.js";
import { isMissing, MOSQUITTO } from "../support/programs.js";
import { startTestBoard, type TestBoard } from "./support/board.js";
import { LOG_ALL_MESSAGES, startServerProgram, type ServerProgram } from "./support/program.js";
import { connectClient, startTestServer, createTemporaryFolder } from "./support/server.js";

const BOARD_COUNT = 3;
/** Number of readings that each board sends. It is small enough that `/api/recent` returns all of them. */
const READINGS_PER_BOARD = 500;
const KILL_COUNT = 2;

interface GapView {
  readonly missing: number;
}

async function getJson<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

/** Returns the light of each recent reading of a board. */
async function lightsOf(http: string, id: string): Promise<number[]> {
  const { points } = await getJson<{ points: { light: number }[] }>(`${http}/api/recent?device=${id}`);
  return points.map(({ light }) => light);
}

/** Returns the number of a board's readings in the history. */
async function countStoredReadings(http: string, device: string): Promise<number> {
  const from = new Date(Date.now() - 600_000).toISOString();
  const { points } = await getJson<{ points: { count: number }[] }>(
    `${http}/api/history?device=${device}&from=${from}`,
  );
  return points.reduce((sum, { count }) => sum + count, 0);
}

/** Kills servers during a burst of readings and checks that every reading is stored exactly once, in order. */
async function runBurst(flags: string[], brokerUrl: string): Promise<void> {
  let program: ServerProgram = startServerProgram(flags);
  await program.waitForAddresses();
  const boards = await Promise.all(
    Array.from({ length: BOARD_COUNT }, (_, n) => startTestBoard(brokerUrl, `nightlight/b${n}`)),
  );
  let acknowledged = 0;
  const started = Date.now();
  const sending = Promise.all(
    boards.map(async (one) => {
      for (let sent = 0; sent < READINGS_PER_BOARD; sent += 20)
        await Promise.all(
          Array.from({ length: 20 }, async () => {
            await one.read(one.seq + 1, { age: 0, at: Date.now() - started + one.seq });
            acknowledged++;
          }),
        );
    }),
  );
  for (let kill = 1; kill <= KILL_COUNT; kill++) {
    const readingsBeforeKill = (BOARD_COUNT * READINGS_PER_BOARD * kill) / (KILL_COUNT + 2);
    await eventually(() => acknowledged >= readingsBeforeKill, { what: `reading ${readingsBeforeKill}`, every: 1 });
    program.child.kill("SIGKILL");
    await program.waitForExit();
    program = startServerProgram(flags);
    await program.waitForAddresses();
  }
  await sending;
  const { http } = await program.waitForAddresses();
  const wanted = Array.from({ length: READINGS_PER_BOARD }, (_, n) => n + 1);
  for (const { id } of boards) {
    await eventually(async () => (await lightsOf(http, id)).length >= READINGS_PER_BOARD, {
      what: `the readings of ${id}`,
    });
    expect((await lightsOf(http, id)).sort((a, b) => a - b)).toEqual(wanted);
    expect((await getJson<GapView>(`${http}/api/devices/${id}`)).missing).toBe(0);
    // the server writes readings from the journal to the history in the background
    await eventually(async () => (await countStoredReadings(http, id)) >= READINGS_PER_BOARD, {
      what: `the history of ${id}`,
    });
    expect(await countStoredReadings(http, id)).toBe(READINGS_PER_BOARD);
  }
}

describe("kill -9 during a burst of readings", () => {
  test("every reading is stored exactly once with the embedded broker", async () => {
    const port = String(await freePort());
    const flags = [
      "--mqtt-port",
      port,
      "--http-port",
      "0",
      "--data",
      await createTemporaryFolder(),
      ...LOG_ALL_MESSAGES,
    ];
    await runBurst(flags, `mqtt://127.0.0.1:${port}`);
  });

  test.skipIf(isMissing(MOSQUITTO, "Mosquitto"))("every reading is stored exactly once with Mosquitto", async () => {
    const mosquitto = await startMosquitto({ persistent: true });
    onTestFinished(() => mosquitto.remove());
    const flags = [
      "--broker",
      mosquitto.url,
      "--http-port",
      "0",
      "--data",
      await createTemporaryFolder(),
      ...LOG_ALL_MESSAGES,
    ];
    await runBurst(flags, mosquitto.url);
  });
});

test("the embedded broker delivers every acknowledged message from queues and retained messages after a kill", async () => {
  const port = String(await freePort());
  const flags = ["--mqtt-port", port, "--http-port", "0", "--data", await createTemporaryFolder()];
  const url = `mqtt://127.0.0.1:${port}`;
  const first = startServerProgram(flags);
  await first.waitForAddresses();
  const sleeper = { clientId: "sleeper", clean: false } as const;
  await (await connectClient(url, sleeper, "news")).endAsync();
  const publisher = await connectClient(url);
  const acknowledged: number[] = [];
  let published = 0;
  const publishNext = (): void => {
    const n = published++;
    publisher.publish(n % 2 ? "news" : "last", String(n), { qos: 1, retain: n % 2 === 0 }, (error) => {
      if (error) return;
      acknowledged.push(n);
      // each acknowledgment causes a new message, so that a thousand messages stay in flight
      publishNext();
    });
  };
  for (let n = 0; n < 1000; n++) publishNext();
  await eventually(() => acknowledged.length >= 700, { what: "700 of them", every: 1 });
  first.child.kill("SIGKILL");
  await first.waitForExit();
  expect(acknowledged.length).toBeLessThan(published);
  const second = startServerProgram(flags);
  await second.waitForAddresses();
  const awake = await connectClient(url, sleeper);
  const news = acknowledged.filter((n) => n % 2);
  await eventually(() => awake.got.length >= news.length, { what: "the queue" });
  const got = awake.got.map(({ text }) => Number(text));
  expect(got.slice(0, news.length)).toEqual(news);
  expect(got).toEqual([...new Set(got)]);
  const late = await connectClient(url, {}, "last");
  await eventually(() => late.got.length > 0, { what: "the retained message" });
  expect(Number(late.got[0].text)).toBeGreaterThanOrEqual(acknowledged.filter((n) => n % 2 === 0).at(-1)!);
});

describe.skipIf(isMissing(MOSQUITTO, "Mosquitto"))("a queue that waited at Mosquitto", () => {
  const ID = "nightlight/porch";

  /**
   * Largest allowed number of commands for 300 queued readings, each of which would switch the lamp. The server answers queued
   * readings only after a pause of 250 ms in the queue; on a busy machine this happens several times.
   */
  const MAX_COMMANDS = 20;

  /**
   * Starts and stops a server while its board keeps running. Returns the board, a function that restarts the server, and
   * a function that returns the board's clock in ms.
   */
  async function startAndStop(): Promise<{
    restart: () => ReturnType<typeof startTestServer>;
    porch: TestBoard;
    boardTime: () => number;
  }> {
    const mosquitto = await startMosquitto({ persistent: true });
    onTestFinished(() => mosquitto.remove());
    const options = { broker: mosquitto.url, data: await createTemporaryFolder(), http: false } as const;
    const first = await startServer(options);
    const porch = await startTestBoard(mosquitto.url, ID);
    const from = performance.now();
    const getBoardTime = (): number => 3_600_000 + Math.round(performance.now() - from);
    await porch.read(900, { age: 0, at: getBoardTime() });
    await eventually(() => porch.commands.length === 1, { what: "the answer" });
    await first.close();
    return { restart: () => startTestServer(options), porch, boardTime: getBoardTime };
  }

  test("the readings in the queue are stored, and only the current reading is answered", async () => {
    const { restart, porch, boardTime } = await startAndStop();
    // each of these readings, from a minute before the server stopped, would switch the lamp
    await Promise.all(
      Array.from({ length: 300 }, (_, n) => porch.read(n % 2 ? 900 : 10, { age: 0, at: 3_540_000 + n })),
    );
    const second = await restart();
    const happened: unknown[] = [];
    second.on("received", (_id, _channel, message) => happened.push(message));
    second.on("sent", (_id, command) => happened.push(command));
    await porch.read(10, { age: 0, at: boardTime() });
    const present = `{"led_on":true,"seq":${porch.seq}}`;
    await eventually(() => porch.commands.at(-1)?.text === present, { what: "the answer" });
    expect(happened.slice(-2)).toMatchObject([{ seq: porch.seq }, { led_on: true, seq: porch.seq }]);
    await eventually(() => second.devices.recent(ID).length === 302, { what: "all readings" });
    expect(porch.commands.length - 1).toBeLessThan(MAX_COMMANDS);
    expect(porch.commands.at(-1)!.text).toBe(present);
    const times = second.devices.recent(ID).map(({ time }) => time);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    // the second to last is the reading from before the stop, because the queued readings were measured earlier
    expect(second.devices.recent(ID).at(-2)!.light).toBe(900);
  });

  test("the queue of a rebooted board or a lesson device does not make the lamp flicker", async () => {
    const { restart, porch } = await startAndStop();
    const lesson = await connectClient(urlOf(porch), {}, "nightlight/lesson/commands");
    await Promise.all(
      Array.from({ length: 300 }, (_, n) => {
        const light = n % 2 ? 900 : 10;
        return [
          porch.read(light, { boot: 8, seq: n + 1, age: 0, at: 1000 + n * 100 }),
          lesson.publishAsync("nightlight/lesson/telemetry", `{"light":${light}}`, { qos: 1 }),
        ];
      }).flat(),
    );
    const second = await restart();
    await eventually(() => porch.commands.at(-1)?.text === '{"led_on":false,"seq":300}', {
      what: "the board's answer",
    });
    await eventually(() => second.devices.recent(ID).length === 301, { what: "all readings" });
    await eventually(() => second.devices.recent("nightlight/lesson").length === 300, {
      what: "all readings of the lesson device",
    });
    await eventually(() => lesson.got.at(-1)?.text === '{"led_on":false}', { what: "the lesson device's answer" });
    expect(porch.commands.length - 1).toBeLessThan(MAX_COMMANDS);
    expect(lesson.got.length).toBeLessThan(MAX_COMMANDS);
  });
});

function urlOf(porch: TestBoard): string {
  return `mqtt://127.0.0.1:${porch.client.options.port}`;
}

test("a clean stop during a burst loses no reading", async () => {
  const data = await createTemporaryFolder();
  const options = { data, mqttPort: await freePort(), http: false } as const;
  let running = await startServer(options);
  const porch = await startTestBoard(running.brokerUrl, "nightlight/porch");
  const sending = Promise.all(Array.from({ length: 500 }, (_, n) => porch.read(n + 1, { age: 0, at: 1000 + n })));
  await eventually(() => running.counters.received > 100, { what: "the burst", every: 1 });
  await running.close();
  running = await startTestServer(options);
  await sending;
  const listRecentLights = (): number[] => running.devices.recent("nightlight/porch").map(({ light }) => light);
  await eventually(() => listRecentLights().length >= 500, { what: "all readings" });
  expect(listRecentLights()).toEqual(Array.from({ length: 500 }, (_, n) => n + 1));
});
