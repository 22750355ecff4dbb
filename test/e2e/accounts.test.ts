/** Tests a simulated board with the firmware on a server that requires accounts. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startServer, type NightlightServer } from "nightlight-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { brokerSettingsOf, loadFirmware, Simulator, type SimulatedBoard } from "../../sim/index.js";
import { addUsers, loginOf, passwordOf } from "../server/support/guarded.js";
import { connectClient } from "../server/support/server.js";
import { eventually } from "../support/eventually.js";

const ID = "nightlight/porch";

let data: string;
let server: NightlightServer;
let simulator: Simulator;
let board: SimulatedBoard;

/** Returns the broker's URL with a user name and password, as in a board's settings. */
function createLoginUrl(name: string, password: string): string {
  return Object.assign(new URL(server.brokerUrl), { username: name, password: encodeURIComponent(password) }).href;
}

beforeAll(async () => {
  data = await mkdtemp(path.join(tmpdir(), "nightlight-accounts-"));
  await addUsers(data, { boss: "admin", porch: { device: ID }, shed: { device: "nightlight/shed" } });
  server = await startServer({ data, mqttPort: 0, httpPort: 0 });
  simulator = new Simulator(loadFirmware());
  board = simulator.add({ id: ID, settings: brokerSettingsOf(createLoginUrl("porch", passwordOf("porch"))) });
  await board.start();
});

afterAll(async () => {
  await simulator?.close();
  await server?.close();
  await rm(data, { recursive: true, force: true });
});

test("a board's device account permits everything that the board does", async () => {
  const getDevice = () => server.devices.get(ID);
  await eventually(() => getDevice()?.online, { what: "the board to be online", within: 15_000 });
  for (const [light, led_on] of [
    [100, true],
    [900, false],
  ] as const) {
    board.setLight(light);
    await eventually(() => getDevice()?.led_on === led_on && board.lamp === led_on, {
      what: `the lamp at ${light}`,
      within: 10_000,
    });
  }
  const boss = await connectClient(server.brokerUrl, loginOf("boss"), `${ID}/#`);
  await boss.publishAsync(`${ID}/set`, '{"mode":"on"}', { qos: 1 });
  await eventually(() => board.lamp, { what: "the override", within: 10_000 });
  await boss.publishAsync(`${ID}/commands`, '{"action":"report","seq":2147483000}', { qos: 1 });
  await eventually(() => boss.got.some(({ topic, text }) => topic === `${ID}/replies` && text.includes("2147483000")), {
    what: "the reply",
    within: 10_000,
  });
  await board.stop();
  await eventually(
    () => boss.got.some(({ topic, text }) => topic === `${ID}/status` && text.includes('"online":false')),
    {
      what: "the board's will",
      within: 40_000,
    },
  );
  expect(server.counters.rejected).toEqual({});
});

test("the broker rejects a board with a wrong password and a board that publishes as another one", async () => {
  const stranger = simulator.add({
    id: "nightlight/attic",
    settings: brokerSettingsOf(createLoginUrl("porch", "guess")),
  });
  await stranger.start();
  await eventually(() => (server.counters.rejected["bad-login"] ?? 0) > 0, { what: "the rejection", within: 15_000 });
  await stranger.stop();
  const impostor = simulator.add({
    id: "nightlight/cellar",
    settings: brokerSettingsOf(createLoginUrl("shed", passwordOf("shed"))),
  });
  await impostor.start();
  await eventually(() => (server.counters.rejected["not-allowed"] ?? 0) > 0, { what: "the rejection", within: 15_000 });
  expect(server.devices.get("nightlight/attic")).toBeUndefined();
  expect(server.devices.get("nightlight/cellar")).toBeUndefined();
});

test("WebSocket connections require the same accounts, and CONNACK gives the reason of a rejection", async () => {
  await expect(connectClient(server.websocketUrl!)).rejects.toMatchObject({ code: 5 });
  await expect(connectClient(server.websocketUrl!, { username: "porch", password: "guess" })).rejects.toMatchObject({
    code: 4,
  });
  const eyes = await connectClient(server.websocketUrl!, loginOf("boss"), "nightlight/status");
  await eventually(() => eyes.got.length > 0, { what: "the server's status" });
});
