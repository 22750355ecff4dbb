/** Tests that devices keep their last known state after a restart, and that the server does not decide with this state. */
import { expect, onTestFinished, test } from "vitest";
import { startServer, type DeviceView, type NightlightServer, type ServerOptions } from "nightlight-server";
import { eventually } from "../support/eventually.js";
import { connectClient, UNLIMITED_HISTORY, createTemporaryFolder } from "./support/server.js";
import { GARDEN_POLICY } from "./support/garden.js";

async function startOnFreePorts(options: ServerOptions): Promise<NightlightServer> {
  const running = await startServer({ mqttPort: 0, httpPort: 0, ...options });
  onTestFinished(() => running.close());
  return running;
}

const lastKnownFieldsOf = ({ id, light, led_on, last_seen, online }: DeviceView): object => ({
  id,
  light,
  led_on,
  last_seen,
  online,
});

/** Returns the devices in the first event of a new event stream. */
async function readFirstEvent(url: string): Promise<DeviceView[]> {
  const response = await fetch(`${url}/api/events`);
  let text = "";
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const [, data] = /event: devices\ndata: (.*)\n\n/.exec(text) ?? [];
    if (data) return JSON.parse(data) as DeviceView[];
  }
  throw new Error("the events ended");
} // prettier-ignore

test("after a restart, the API and the events show each device's last light, lamp and time until it reports again", async () => {
  const data = await createTemporaryFolder();
  const options = { data, history: UNLIMITED_HISTORY, policy: GARDEN_POLICY };
  const first = await startOnFreePorts(options);
  const board = await connectClient(first.brokerUrl);
  const publishMessage = (id: string, channel: string, message: object, retain = false): Promise<unknown> =>
    board.publishAsync(`nightlight/${id}/${channel}`, JSON.stringify(message), { qos: 1, retain });
  await publishMessage("plain", "telemetry", { light: 12 });
  await publishMessage("numbered", "telemetry", { light: 900, boot: 1, seq: 1 });
  // this device was overridden after its last reading
  await publishMessage("overridden", "telemetry", { light: 901, boot: 1, seq: 1 });
  await publishMessage("overridden", "set", { mode: "on" });
  await publishMessage("overridden", "set", { mode: "auto" });
  await publishMessage("overridden", "set", { mode: "on" });
  // the zone switches the lamp `path`, which has no sensor
  await publishMessage("path", "status", { online: true }, true);
  await publishMessage("gate", "telemetry", { light: 13, boot: 1, seq: 1 });
  await eventually(() => first.devices.get("nightlight/path")?.led_on, { what: "the zone's lamp" });
  const before = first.devices.list().map(lastKnownFieldsOf);
  expect(before.map((device) => (device as DeviceView).led_on)).toEqual([true, false, true, true, true]);
  await board.endAsync();
  await first.close();

  const second = await startOnFreePorts(options);
  // `last_seen` of the lamp `path` is null, because the lamp has sent a status but no reading
  const after = before.map((device) => ({ ...device, last_seen: expect.any(String), online: expect.any(Boolean) }));
  const path = after.findIndex((device) => (device as DeviceView).id === "nightlight/path");
  after[path] = { ...after[path], last_seen: null };
  await eventually(() => second.devices.get("nightlight/path")?.led_on === true, { what: "the history" });
  await eventually(() => second.devices.get("nightlight/overridden")?.led_on === true, { what: "the last switch" });
  expect(second.devices.list().map(lastKnownFieldsOf)).toEqual(after);
  const deviceViews = (await (await fetch(`${second.httpUrl}/api/devices`)).json()) as DeviceView[];
  expect(deviceViews.map(lastKnownFieldsOf)).toEqual(after);
  expect((await readFirstEvent(second.httpUrl!)).map(lastKnownFieldsOf)).toEqual(after);
  for (const [n, { last_seen }] of deviceViews.entries())
    if (n !== path) expect(Math.abs(Date.parse(last_seen!) - Date.parse((before[n] as DeviceView).last_seen!))).toBeLessThan(1000);

  // the restored light decides nothing, neither at the end of an override nor in the zone
  expect(second.zones.get("garden")).toMatchObject({ light: null, sensors: [{ light: 13, stale: true }] });
  const again = await connectClient(second.brokerUrl, {}, "nightlight/+/commands");
  const retained = again.got.length;
  await again.publishAsync("nightlight/overridden/set", '{"mode":"auto"}', { qos: 1 });
  await again.publishAsync("nightlight/plain/status", '{"online":true}', { qos: 1 });
  expect(second.devices.get("nightlight/plain")).toMatchObject({ online: true, light: 12, last_seen: deviceViews[4].last_seen });
  await again.publishAsync("nightlight/plain/telemetry", '{"light":900}', { qos: 1 });
  await eventually(() => again.got.some(({ text, retained }) => !retained && text === '{"led_on":false}'), { what: "the answer" });
  expect(again.got.slice(retained).filter(({ retained }) => !retained)).toHaveLength(1);
  const now = second.devices.get("nightlight/plain")!;
  expect(now).toMatchObject({ light: 900, led_on: false });
  expect(Date.parse(now.last_seen!)).toBeGreaterThan(Date.parse(deviceViews[4].last_seen!));
}); // prettier-ignore

test("the last known state is restored without a history", async () => {
  const data = await createTemporaryFolder();
  const first = await startOnFreePorts({ data, history: false });
  const board = await connectClient(first.brokerUrl);
  await board.publishAsync("porch/telemetry", '{"light":12}', { qos: 1 });
  await board.publishAsync("hall/telemetry", '{"light":800,"boot":1,"seq":1}', { qos: 1 });
  await first.close();
  const second = await startOnFreePorts({ data, history: false });
  expect(second.devices.list()).toMatchObject([
    { id: "hall", light: 800, led_on: false },
    { id: "porch", light: 12, led_on: true },
  ]);
});
