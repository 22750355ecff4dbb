import mqttPacket, { type Packet } from "mqtt-packet";
import { once } from "node:events";
import net from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { brokerSettingsOf } from "../../sim/index.js";
import { eventually } from "../support/eventually.js";
import { startRig, type Rig } from "../support/rig.js";

/**
 * Speed of the board's clock as a multiple of real time. A heartbeat is due every six seconds of real time. The broker
 * may answer up to 0.75 s late before the board pings.
 */
const CLOCK_SPEED = 5;
const HEARTBEAT_COUNT = 4;

describe("a board in steady light", () => {
  let rig: Rig;
  const proxies: net.Server[] = [];
  beforeAll(async () => {
    rig = await startRig({ broker: "embedded", ids: [] });
  });
  afterAll(async () => {
    await rig?.close();
    for (const proxy of proxies) proxy.close();
  });

  /** Starts a board behind a proxy. Returns the packets that the board sends. */
  async function packetsOf(id: string, settings: object): Promise<Packet[]> {
    const packets: Packet[] = [];
    const proxy = net.createServer((board) => {
      const broker = net.connect(Number(new URL(rig.url).port), "127.0.0.1");
      const parser = mqttPacket.parser();
      parser.on("packet", (packet) => packets.push(packet));
      board.on("data", (bytes) => parser.parse(bytes));
      board.pipe(broker).pipe(board);
      board.on("error", () => broker.destroy());
      broker.on("error", () => board.destroy());
    });
    proxies.push(proxy.listen(0, "127.0.0.1"));
    await once(proxy, "listening");
    const { port } = proxy.address() as net.AddressInfo;
    const board = rig.simulator.add({ id, speed: CLOCK_SPEED, settings: { ...brokerSettingsOf(`mqtt://127.0.0.1:${port}`), ...settings } }); // prettier-ignore
    await board.start();
    const listSentReadings = () => packets.filter(({ cmd, ...rest }) => cmd === "publish" && "topic" in rest && rest.topic === `${id}/telemetry`); // prettier-ignore
    await eventually(() => listSentReadings().length > HEARTBEAT_COUNT, { within: 90_000, what: "the heartbeats" });
    return packets;
  }

  it.concurrent("sends heartbeats that replace all pings", async () => {
    const packets = await packetsOf("nightlight/steady", {});
    expect(packets[0]).toMatchObject({ cmd: "connect", keepalive: 45 });
    expect(packets.filter(({ cmd }) => cmd === "pingreq")).toEqual([]);
  });

  it.concurrent("pings between heartbeats if NL_KEEPALIVE asks for a quick detection of lost connections", async () => {
    const packets = await packetsOf("nightlight/quick", { NL_KEEPALIVE: 15 });
    expect(packets[0]).toMatchObject({ cmd: "connect", keepalive: 15 });
    expect(packets.filter(({ cmd }) => cmd === "pingreq").length).toBeGreaterThanOrEqual(HEARTBEAT_COUNT);
  });
});
