/** Tests a running server whose wall clock jumps, as when NTP sets the clock of a machine without a clock battery. */
import { expect, test } from "vitest";
import type { DeviceView } from "nightlight-server";
import type { ZoneView } from "../../server/src/decisions/zones/view.js";
import type { HistoryAnswer } from "../../server/src/history/history.js";
import { eventually } from "../support/eventually.js";
import { writeConfigFile } from "./support/config.js";
import { startServerProgram, type ServerProgram } from "./support/program.js";
import { connectClient, createTemporaryFolder } from "./support/server.js";
import { wallClock } from "./support/wall-clock.js";

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;

const CONFIGURATION = `
zones:
  hall:
    sensors: [nightlight/sensor]
    lamps: [nightlight/lamp]
    stale_after: 5 s
`;

interface RunningServer {
  readonly program: ServerProgram;
  publish(topic: string, message: object): Promise<unknown>;
  getJson<T>(path: string): Promise<T>;
  device(id: string): Promise<DeviceView>;
}

async function startWithClock(env: Record<string, string>, data?: string): Promise<RunningServer> {
  const flags = ["--config", await writeConfigFile(CONFIGURATION), "--data", data ?? (await createTemporaryFolder())];
  const program = startServerProgram([...flags, "--mqtt-port", "0", "--http-port", "0"], env);
  const { mqtt, http } = await program.waitForAddresses();
  const publisher = await connectClient(mqtt);
  const getJson = async <T>(path: string): Promise<T> => (await fetch(http + path)).json() as Promise<T>;
  return {
    program,
    publish: (topic, message) => publisher.publishAsync(topic, JSON.stringify(message), { qos: 1 }),
    getJson,
    device: (id) => getJson(`/api/devices/nightlight/${id}`),
  };
}

/** Tolerance for times, in ms: the server rounds times to 1 ms and compares its clocks once a second. */
const TIME_TOLERANCE = 1500;
const isNear = (time: string | number | null, expected: number): boolean =>
  Math.abs(new Date(time!).getTime() - expected) < TIME_TOLERANCE;

test("after the clock is set back by an hour, sensors still go stale, overrides end on time, and plots continue", async () => {
  const clock = await wallClock();
  const { program, publish, getJson, device } = await startWithClock(clock.env);
  const readHallSensor = async () => (await getJson<ZoneView>("/api/zones/hall")).sensors[0];
  for (let n = 0; n < 5; n++) await publish("nightlight/plotted/telemetry", { light: n });
  await publish("nightlight/lamp/telemetry", { light: 900 });
  await publish("nightlight/sensor/telemetry", { light: 100 });
  await publish("nightlight/plotted/set", { mode: "on", for: 10_000 });
  const until = Date.now() + 10_000;
  expect(await readHallSensor()).toMatchObject({ light: 100, stale: false });

  await clock.set(-HOUR);
  // the API converts the monotonic end time of the override to the wall clock, which was set back by an hour
  await eventually(async () => isNear((await device("plotted")).until, until - HOUR), {
    what: "the end of the override",
  });
  await eventually(() => program.output.out.includes("clock was set back by 60 minutes"), {
    what: "a line in the log",
  });
  await eventually(async () => (await readHallSensor()).stale, { what: "the sensor to be stale" });
  await eventually(async () => (await device("plotted")).mode === "auto", {
    within: 15_000,
    what: "the override to end",
  });
  expect(Date.now() - until).toBeLessThan(3000);

  await publish("nightlight/plotted/telemetry", { light: 7 });
  const { points } = await getJson<{ points: { light: number; time: number }[] }>(
    "/api/recent?device=nightlight/plotted",
  );
  expect(points.map(({ light }) => light)).toEqual([0, 1, 2, 3, 4, 7]);
  expect(isNear(points.at(-1)!.time, Date.now() - HOUR)).toBe(true);
});

test("no reading is lost and no override ends early when a clock that showed 1966 or 2090 is corrected", async () => {
  const begun = Date.now();
  const clock = await wallClock(-begun - 4 * YEAR);
  const { program, publish, getJson, device } = await startWithClock(clock.env);
  const { http } = await program.waitForAddresses();
  let sent = 0;
  async function sendReading(): Promise<void> {
    for (let n = 0; n < 5; n++) {
      await publish("nightlight/porch/telemetry", { light: 10 * sent });
      await publish("nightlight/board/telemetry", { light: sent, boot: 3, seq: ++sent, at: 100 * sent, age: 0 });
    }
  }
  await sendReading();
  await publish("nightlight/porch/set", { mode: "on", for: HOUR });
  const until = Date.now() + HOUR;

  for (const wrong of [undefined, 64 * YEAR]) {
    if (wrong !== undefined) {
      await clock.set(wrong);
      await eventually(async () => isNear((await device("porch")).until, until + wrong), {
        what: "the clock to be wrong",
      });
      await sendReading();
    }
    await clock.set(0);
    await eventually(async () => isNear((await device("porch")).until, until), { what: "the end of the override" });
    expect((await device("porch")).mode).toBe("on");
    const range = `from=${new Date(begun - TIME_TOLERANCE).toISOString()}&to=${new Date(Date.now() + 5 * TIME_TOLERANCE).toISOString()}`;
    for (const id of ["porch", "board"]) {
      const path = `/api/history?device=nightlight/${id}&${range}`;
      await eventually(async () => (await getJson<HistoryAnswer>(path)).points?.length === sent, { what: id });
    }
  }
  expect(await (await fetch(`${http}/metrics`)).text()).toContain("\nnightlight_history_rows_lost_total 0\n");
});
