import { describe, expect, test } from "vitest";
import { DecisionTimes } from "../../server/src/observability/decision-times.js";
import { eventually } from "../support/eventually.js";
import { ask, sendJson } from "./support/api.js";
import { startTestBoard } from "./support/board.js";
import { parseExposition, type MetricFamily } from "./support/exposition.js";
import { UNLIMITED_HISTORY, connectClient, startTestServer } from "./support/server.js";
import { startBoard, startUpdateServer } from "./updates/support.js";

async function scrapeMetrics(url: string): Promise<ReadonlyMap<string, MetricFamily>> {
  const answer = await ask(url, "/metrics");
  expect(answer.status).toBe(200);
  expect(answer.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
  return parseExposition(answer.body as string);
}

/** Returns the value of a sample, given as `name` or `name{label="value"}`; undefined when there is none. */
function valueOf(families: ReadonlyMap<string, MetricFamily>, sample: string): number | undefined {
  for (const { samples } of families.values()) if (samples.has(sample)) return samples.get(sample);
  return undefined;
}

test("a scrape is valid Prometheus text format with conventional metric names", async () => {
  const { httpUrl } = await startTestServer();
  const families = await scrapeMetrics(httpUrl!);
  const ours = [...families.values()].filter(({ name }) => name.startsWith("nightlight_"));
  expect(ours.map(({ name }) => name).sort()).toEqual([
    "nightlight_alert_messages_total",
    "nightlight_alerts",
    "nightlight_broker_clients",
    "nightlight_broker_queued_messages",
    "nightlight_build_info",
    "nightlight_commands_sent_total",
    "nightlight_damaged_files_total",
    "nightlight_decision_seconds",
    "nightlight_devices",
    "nightlight_devices_outdated",
    "nightlight_duplicates_total",
    "nightlight_event_streams",
    "nightlight_history_rows_lost_total",
    "nightlight_history_rows_waiting",
    "nightlight_history_rows_written_total",
    "nightlight_link_up",
    "nightlight_log_lines_lost_total",
    "nightlight_messages_received_total",
    "nightlight_messages_rejected_total",
    "nightlight_readings_dropped",
    "nightlight_readings_missing",
    "nightlight_readings_refused_total",
    "nightlight_readings_unacknowledged",
    "nightlight_rollout",
    "nightlight_rollout_devices",
    "nightlight_storage_failures_total",
    "nightlight_storage_up",
    "nightlight_updates_total",
  ]);
  for (const { name, type, help } of ours) {
    expect(help, name).toMatch(/^[A-Z].*\.$/);
    expect(name.endsWith("_total"), name).toBe(type === "counter");
  }
  for (const name of ["process_cpu_seconds_total", "process_resident_memory_bytes", "nodejs_eventloop_lag_seconds"])
    expect([...families.keys()]).toContain(name);
});

test("counters increase with messages, commands and rejections", async () => {
  const running = await startTestServer({ history: UNLIMITED_HISTORY });
  const url = running.httpUrl!;
  const sensor = await startTestBoard(running.brokerUrl, "a/b");
  const from = await scrapeMetrics(url);
  for (let light = 1; light <= 10; light++) await sensor.read(light);
  sensor.seq--;
  await sensor.read(10);
  const stranger = await connectClient(running.brokerUrl);
  await stranger.publishAsync("c/telemetry", "nonsense", { qos: 1 });
  await stranger.publishAsync("c/telemetry", '{"light":5000}', { qos: 1 });
  await eventually(() => running.counters.rejected["wrong-fields"], { what: "the rejection" });
  await sensor.client.publishAsync("a/b/status", '{"online":false}', { qos: 1, retain: true });
  await eventually(() => running.devices.get("a/b")?.online === false, { what: "the board to be offline" });
  await stranger.publishAsync("d/telemetry", '{"light":1}', { qos: 1 });
  await eventually(() => running.devices.get("d"), { what: "the other device" });

  const to = await scrapeMetrics(url);
  const increaseOf = (sample: string): number => valueOf(to, sample)! - valueOf(from, sample)!;
  expect(increaseOf("nightlight_messages_received_total")).toBe(13);
  expect(increaseOf("nightlight_commands_sent_total")).toBe(11);
  expect(increaseOf("nightlight_duplicates_total")).toBe(1);
  expect(increaseOf('nightlight_messages_rejected_total{reason="not-json"}')).toBe(1);
  expect(increaseOf('nightlight_messages_rejected_total{reason="wrong-fields"}')).toBe(1);
  expect(increaseOf('nightlight_messages_rejected_total{reason="empty"}')).toBe(0);
  expect(increaseOf("nightlight_decision_seconds_count")).toBeGreaterThanOrEqual(11);
  expect(increaseOf("nightlight_decision_seconds_sum")).toBeGreaterThan(0);
  expect(valueOf(to, 'nightlight_devices{state="online"}')).toBe(1);
  expect(valueOf(to, 'nightlight_devices{state="offline"}')).toBe(1);
  expect(valueOf(to, "nightlight_link_up")).toBe(1);
  expect(valueOf(to, "nightlight_broker_clients")).toBe(2);
  const { version } = (await ask(url, "/api/status")).body as { version: string };
  expect(valueOf(to, `nightlight_build_info{version="${version}"}`)).toBe(1);
  await eventually(async () => valueOf(await scrapeMetrics(url), "nightlight_history_rows_written_total")! >= 11, {
    what: "the readings to be written",
  });
});

test("updates are counted by outcome, and a stopped rollout and boards with an old program are visible", async () => {
  const { server } = await startUpdateServer({ restart: 200 }, { offered: "2-broken" });
  await startBoard(server, "nightlight/a", { refusal: "no UPDATE_URL" });
  await startBoard(server, "nightlight/b");
  await startBoard(server, "nightlight/c");
  await sendJson("POST", server.httpUrl!, "/api/updates/rollout", "{}");
  let families = await scrapeMetrics(server.httpUrl!);
  await eventually(
    async () => {
      families = await scrapeMetrics(server.httpUrl!);
      return valueOf(families, 'nightlight_rollout{state="stopped"}') === 1;
    },
    { what: "the rollout to stop" },
  );
  expect(valueOf(families, 'nightlight_rollout{state="running"}')).toBe(0);
  for (const [outcome, count] of Object.entries({ pending: 1, updating: 0, done: 0, failed: 1, skipped: 1 }))
    expect(valueOf(families, `nightlight_rollout_devices{outcome="${outcome}"}`), outcome).toBe(count);
  for (const [outcome, count] of Object.entries({ done: 0, failed: 1, refused: 1 }))
    expect(valueOf(families, `nightlight_updates_total{outcome="${outcome}"}`), outcome).toBe(count);
  expect(valueOf(families, "nightlight_devices_outdated")).toBe(3);
});

test("a board that returns after its update has failed counts as failed and as done", async () => {
  const { server } = await startUpdateServer({ restart: 200 });
  let isBroken = true;
  const id = "nightlight/a";
  const board = await startBoard(server, id, { crashes: (version) => isBroken && version === "2" });
  await sendJson("POST", server.httpUrl!, `/api/devices/${id}/update`, "{}");
  await eventually(() => server.devices.get(id)?.update?.state === "failed", { what: "the failure" });
  isBroken = false;
  await board.start();
  await eventually(() => server.devices.get(id)?.update?.state === "done", { what: "the return" });
  const families = await scrapeMetrics(server.httpUrl!);
  for (const [outcome, count] of Object.entries({ done: 1, failed: 1, refused: 0 }))
    expect(valueOf(families, `nightlight_updates_total{outcome="${outcome}"}`), outcome).toBe(count);
  expect(families.get("nightlight_updates_total")?.help).toContain(
    "An update whose outcome changes later counts twice.",
  );
});

test("two servers in one process have separate counters and share the process metrics", async () => {
  const [one, other] = [await startTestServer(), await startTestServer()];
  const device = await connectClient(one.brokerUrl);
  await device.publishAsync("x/telemetry", '{"light":1}', { qos: 1 });
  const [first, second] = [await scrapeMetrics(one.httpUrl!), await scrapeMetrics(other.httpUrl!)];
  expect(valueOf(first, "nightlight_messages_received_total")).toBe(1);
  expect(valueOf(second, "nightlight_messages_received_total")).toBe(0);
  expect(valueOf(second, "process_start_time_seconds")).toBe(valueOf(first, "process_start_time_seconds"));
});

test("without a connection the link gauge is 0, and an external broker has no broker gauges", async () => {
  const broker = await startTestServer();
  const { httpUrl } = await startTestServer({ broker: broker.brokerUrl });
  expect(valueOf(await scrapeMetrics(httpUrl!), "nightlight_link_up")).toBe(1);
  await broker.close();
  await eventually(async () => valueOf(await scrapeMetrics(httpUrl!), "nightlight_link_up") === 0, {
    what: "the gauge",
  });
  const families = await scrapeMetrics(httpUrl!);
  expect(valueOf(families, "nightlight_broker_clients")).toBeUndefined();
  expect(valueOf(families, "nightlight_broker_queued_messages")).toBeUndefined();
});

describe("the histogram of decisions", () => {
  const samplesOf = (times: DecisionTimes): Map<string, number> =>
    new Map(times.toSamples("t").map(({ metricName, labels, value }) => [metricName! + (labels!.le ?? ""), value]));

  test("the histogram counts each time in the first bucket whose bound it does not exceed", () => {
    const times = new DecisionTimes();
    for (const ms of [0, 0.01, 0.0101, 1, 1000, 1001, 1e9]) times.add(ms);
    const samples = samplesOf(times);
    expect(samples.get("t_bucket0.00001")).toBe(2);
    expect(samples.get("t_bucket0.000025")).toBe(3);
    expect(samples.get("t_bucket0.0005")).toBe(3);
    expect(samples.get("t_bucket0.001")).toBe(4);
    expect(samples.get("t_bucket1")).toBe(5);
    expect(samples.get("t_bucket+Inf")).toBe(7);
    expect(samples.get("t_count")).toBe(7);
    expect(samples.get("t_sum")).toBeCloseTo(1_000_002.0020201, 6);
  });
});
