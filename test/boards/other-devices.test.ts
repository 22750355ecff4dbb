/** Tests that devices without Nightlight firmware, such as a Raspberry Pi, work with the server's embedded broker. */
import { startServer, type NightlightServer } from "nightlight-server";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../../scripts/lib/repository.js";
import { eventually } from "../support/eventually.js";
import { isMissing } from "../support/programs.js";
import { PYTHON_WITH_PAHO } from "../support/python.js";

let data: string;
let server: NightlightServer;
beforeAll(async () => {
  data = await mkdtemp(path.join(tmpdir(), "nightlight-"));
  server = await startServer({ data, mqttPort: 0, httpPort: 0, log: "silent" });
});
afterAll(async () => {
  await server?.close();
  await rm(data, { recursive: true, force: true });
});

const getBrokerPort = () => Number(new URL(server.brokerUrl).port);

describe.skipIf(isMissing(PYTHON_WITH_PAHO, "Python with paho-mqtt"))("the Python device of docs/examples", () => {
  const ID = "nightlight/pi";
  let device: ChildProcess;
  const lamp: string[] = [];
  let errors = "";

  beforeAll(() => {
    const program = path.join(ROOT, "docs/examples/nightlight_device.py");
    const args = ["--host", "127.0.0.1", "--port", String(getBrokerPort()), "--id", ID, "--every", "60"];
    device = spawn(PYTHON_WITH_PAHO as string, [program, ...args], { stdio: "pipe" });
    createInterface({ input: device.stdout! }).on("line", (line) => lamp.push(line));
    device.stderr?.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  });
  afterAll(async () => {
    if (!device || device.exitCode !== null) return;
    const ended = once(device, "exit");
    device.kill("SIGKILL");
    await ended;
  });

  it("reports to the server, and its lamp follows the typed light", async () => {
    await eventually(() => server.devices.get(ID)?.light === 512, { within: 15_000, what: "its first reading" });
    for (const [light, expected] of [
      [120, "lamp on"],
      [299, "lamp on"],
      [300, "lamp off"],
      [12, "lamp on"],
      [1023, "lamp off"],
    ] as const) {
      const before = lamp.length;
      device.stdin?.write(`${light}\n`);
      await eventually(() => lamp.length > before && lamp.at(-1) === expected, { within: 5000, what: `${expected} at light ${light}` }); // prettier-ignore
      expect(server.devices.get(ID)?.light).toBe(light);
    }
  });

  it("asks again after input that is not a number", async () => {
    device.stdin?.write("bright\n");
    await eventually(() => errors.includes("Type a number from 0 to 1023"), { what: "the question" });
    const before = lamp.length;
    device.stdin?.write("5\n");
    await eventually(() => lamp.length > before, { what: "an answer" });
    expect(lamp.at(-1)).toBe("lamp on");
  });
});

describe("a Wio Terminal with the lesson's program, simulated with the bytes of its library PubSubClient 2.8", () => {
  // PubSubClient's connect(id) sends a CONNECT for MQTT 3.1.1 with a clean session, keep-alive 15 s, no will and no user name
  const ID = "0b6c2f6e-5d5c-4a3f-9f0b-6f3c2f7b1e55";
  let socket: net.Socket;
  let received = Buffer.alloc(0);

  beforeAll(async () => {
    socket = net.connect(getBrokerPort(), "127.0.0.1");
    socket.on("data", (chunk) => (received = Buffer.concat([received, chunk])));
    await once(socket, "connect");
  });
  afterAll(() => socket?.destroy());

  /** Waits until the broker has sent `length` more bytes, and returns them. */
  async function readBytes(length: number, what: string): Promise<Buffer> {
    await eventually(() => received.length >= length, { within: 5000, what });
    const bytes = received.subarray(0, length);
    received = received.subarray(length);
    return bytes;
  }

  /** Encodes an MQTT string shorter than 256 bytes [MQTT-1.5.3]. */
  const encodeString = (value: string) => [0, value.length, ...Buffer.from(value)];
  const encodePacket = (first: number, body: number[]) => Buffer.from([first, body.length, ...body]);

  it("receives a CONNACK", async () => {
    const name = ID + "nightlight_client";
    socket.write(encodePacket(0x10, [...encodeString("MQTT"), 4, 0x02, 0, 15, ...encodeString(name)]));
    expect([...(await readBytes(4, "CONNACK"))]).toEqual([0x20, 2, 0, 0]);
  });

  it("may subscribe to its commands, with the packet id 2 that PubSubClient begins with", async () => {
    socket.write(encodePacket(0x82, [0, 2, ...encodeString(`${ID}/commands`), 0]));
    expect([...(await readBytes(5, "SUBACK"))]).toEqual([0x90, 3, 0, 2, 0]);
  });

  it("gets a command at QoS 0 for every reading, in a packet that fits its 256 bytes", async () => {
    for (const light of [120, 700, 299, 300]) {
      socket.write(encodePacket(0x30, [...encodeString(`${ID}/telemetry`), ...Buffer.from(JSON.stringify({ light }))]));
      const [first, length] = await readBytes(2, `a command for light ${light}`);
      // 0x30 is a PUBLISH with QoS 0, without DUP and RETAIN [MQTT-3.3.1-9]; a length below 128 takes one byte
      expect(first).toBe(0x30);
      expect(length).toBeLessThan(128);
      const body = await readBytes(length, "the rest of the command");
      const topic = [...body.subarray(0, 2 + ID.length + "/commands".length)];
      expect(topic).toEqual(encodeString(`${ID}/commands`));
      expect(JSON.parse(body.subarray(topic.length).toString())).toEqual({ led_on: light < 300 });
      expect(server.devices.get(ID)?.light).toBe(light);
    }
  });

  it("gets an answer to its ping, and no other packets", async () => {
    socket.write(Buffer.from([0xc0, 0]));
    expect([...(await readBytes(2, "PINGRESP"))]).toEqual([0xd0, 0]);
    expect(received.length).toBe(0);
    expect(socket.destroyed).toBe(false);
  });
});
