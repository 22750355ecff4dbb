/** Tests discovery, state and commands with a simulated Home Assistant at a real Mosquitto. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decode, DECISION, encode, OVERRIDE, SERVER_STATUS, STATUS } from "../../contract/index.js";
import { HomeAssistant, type DiscoveryMemory } from "../../server/src/outputs/homeassistant/homeassistant.js";
import { silentLog } from "../../server/src/observability/log.js";
import { eventually } from "../support/eventually.js";
import { startMosquitto, type Mosquitto } from "../support/mosquitto.js";
import { isMissing, MOSQUITTO } from "../support/programs.js";
import { findDiscoveryProblems, type Discovery } from "./support/homeassistant.js";
import { connectClient, type TestClient } from "./support/server.js";

const ID = "nightlight/kitchen";
const CONFIG_TOPIC = "homeassistant/device/nightlight_nightlight__kitchen/config";
const NO_MEMORY: DiscoveryMemory = { topics: [], async remember() {}, async forget() {} };

describe.skipIf(isMissing(MOSQUITTO, "Mosquitto"))("at a real Mosquitto, Home Assistant", () => {
  let mosquitto: Mosquitto;
  beforeAll(async () => {
    mosquitto = await startMosquitto();
  });
  afterAll(() => mosquitto.remove());

  /** Connects the server's Home Assistant integration to Mosquitto and announces one board to Home Assistant. */
  async function startIntegration(): Promise<{ link: TestClient; ha: HomeAssistant }> {
    const link = await connectClient(mosquitto.url, {}, `${ID}/set`, "homeassistant/status");
    const sent: Promise<unknown>[] = [];
    const ha = new HomeAssistant({
      discoveryPrefix: "homeassistant",
      prefix: "nightlight",
      version: "0.1.0",
      memory: NO_MEMORY,
      log: silentLog,
      publisher: {
        publish: (topic, payload, mode) =>
          void sent.push(link.publishAsync(topic, payload, { qos: 1, retain: mode !== "not-retained" })),
      },
    });
    link.on("message", (topic, payload) => ha.handleMessage(topic, payload));
    ha.enable();
    ha.announce({ id: ID, label: "Kitchen", lesson: false });
    await Promise.all(sent);
    return { link, ha };
  }

  it("Home Assistant finds a board that was announced earlier, sees its lamp's state, and switches it", async () => {
    const { link, ha } = await startIntegration();
    await link.publishAsync(`${ID}/status`, encode(STATUS, { online: true }), { qos: 1, retain: true });
    await link.publishAsync("nightlight/status", encode(SERVER_STATUS, { online: true }), { qos: 1, retain: true });
    await link.publishAsync(`${ID}/decision`, encode(DECISION, { mode: "auto", led_on: true }), {
      qos: 1,
      retain: true,
    });

    const home = await connectClient(mosquitto.url, {}, "homeassistant/#");
    const { text, retained } = await eventually(() => home.got[0], { what: "the board's discovery" });
    expect(retained).toBe(true);
    expect(findDiscoveryProblems("homeassistant", CONFIG_TOPIC, text)).toEqual([]);
    const { lamp } = (JSON.parse(text) as Discovery).components;
    const { state_topic, command_topic, payload_off } = lamp as unknown as Record<string, string>;

    const wanted = [...lamp.availability!.map(({ topic }) => topic), state_topic];
    await home.subscribeAsync(wanted, { qos: 1 });
    const messages = await eventually(() => home.got.length === 4 && home.got.slice(1), { what: "its states" });
    expect(new Set(messages.map(({ topic }) => topic))).toEqual(new Set(wanted));
    expect(messages.every(({ retained }) => retained)).toBe(true);

    await home.publishAsync(command_topic, payload_off, { qos: 1 });
    const command = await eventually(() => link.got[0], { what: "the command" });
    expect(command.topic).toBe(`${ID}/set`);
    expect(decode(OVERRIDE, Buffer.from(command.text))).toEqual({ value: { mode: "off" } });
    ha.close();
  });

  it("Home Assistant receives the discovery again after its birth message, but nothing about forgotten devices", async () => {
    const { ha } = await startIntegration();
    const home = await connectClient(mosquitto.url, {}, "homeassistant/device/#");
    await eventually(() => home.got.length > 0, { what: "the board's discovery" });
    const before = home.got.length;
    await home.publishAsync("homeassistant/status", "online");
    const again = await eventually(() => home.got[before], { what: "the board's discovery again" });
    expect(again).toMatchObject({ topic: CONFIG_TOPIC, retained: false });
    expect(again.text).toBe(home.got[0].text);

    ha.forget(ID);
    await eventually(() => home.got.at(-1)!.text === "", { what: "the board's removal" });
    const later = await connectClient(mosquitto.url, {}, "homeassistant/device/#");
    await later.subscribeAsync("marker");
    await later.publishAsync("marker", "everything retained came before this");
    await eventually(() => later.got.some(({ topic }) => topic === "marker"), { what: "the marker" });
    expect(later.got.map(({ topic }) => topic)).toEqual(["marker"]);
    ha.close();
  });
});
