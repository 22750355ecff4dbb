/** Runs the MQTT codec and the client in DeviceScript's virtual machine, over the board's socket. */
import fc from "fast-check";
import mqtt from "mqtt-packet";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { SimulatedBoard } from "../../sim/index.js";
import { eventually, expectDuration } from "../support/eventually.js";
import { matchText, readStream, writeText } from "../firmware/device/mqttread.js";
import { compileClientProgram } from "./support/client-program.js";
import { ScriptedBroker } from "./support/scripted-broker.js";

/** Encodes the message number `n` on the topic that the test program counts. */
const encodeCount = (n: number): Buffer =>
  mqtt.generate({ cmd: "publish", topic: "vm/count", payload: `${n}`, qos: 0, dup: false, retain: false });

/** Draws values with a fixed seed, so that every run has the same inputs and reuses the compiled program. */
const drawSamples = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number) =>
  fc.sample(arbitrary, { seed: 20261122, numRuns });

const text = fc
  .array(fc.constantFrom("a", "b", "/", "+", "#", "$", "é", "€", "😀", "telemetry"), { minLength: 1, maxLength: 8 })
  .map((parts) => parts.join(""));
const qos = fc.constantFrom<0 | 1 | 2>(0, 1, 2);
const packet = fc.oneof(
  fc.tuple(text, fc.uint8Array({ maxLength: 140 }), qos, fc.boolean()).map(([topic, payload, qos, retain]) =>
    mqtt.generate({
      cmd: "publish",
      topic: topic.replace(/[+#]/g, "-"),
      payload: Buffer.from(payload),
      qos,
      retain,
      dup: false,
      messageId: qos ? 4711 : undefined,
    }),
  ),
  fc.constantFrom(
    mqtt.generate({ cmd: "connack", returnCode: 0, sessionPresent: true }),
    mqtt.generate({ cmd: "suback", messageId: 65_535, granted: [128] }),
    mqtt.generate({ cmd: "pubrel", messageId: 256 }),
    mqtt.generate({ cmd: "pingresp" }),
  ),
);
const stream = fc.array(packet, { minLength: 1, maxLength: 4 }).map((parts) => Buffer.concat(parts));
const mutatedStream = fc.tuple(stream, fc.nat(), fc.nat(255)).map(([bytes, at, value]) => {
  bytes[at % bytes.length] = value;
  return bytes;
});
const streams = [...drawSamples(stream, 40), ...drawSamples(mutatedStream, 80)];
const texts = drawSamples(text, 30);
const filters = drawSamples(fc.tuple(text, text), 80).flat();

describe("the codec in the virtual machine", () => {
  const said = new Map<string, string>();
  let board: SimulatedBoard | undefined;

  beforeAll(async () => {
    const declareBuffers = (name: string, items: (Buffer | string)[]) =>
      `export const ${name}: Buffer[] = [${items.map((item) => `hex\`${Buffer.from(item).toString("hex")}\``).join(", ")}]\n`;
    const inputs =
      declareBuffers("streams", streams) + declareBuffers("texts", texts) + declareBuffers("filters", filters);
    board = new SimulatedBoard({
      id: "codec",
      bytecode: await compileClientProgram("mqttcodec", inputs),
      settings: {},
    });
    let line = "";
    let done = false;
    board.on("log", (level, part) => {
      // Skip log lines of the virtual machine itself.
      if (level === "runtime") return;
      if (part.endsWith("\\")) return (line += part.slice(0, -1));
      line += part;
      const match = /^((?:stream|text|match) [\d.]+) (.*)$/.exec(line);
      if (match) said.set(match[1], match[2]);
      done ||= line === "done";
      line = "";
    });
    await board.start();
    await eventually(() => done || board?.crashes, { within: 50_000, what: "the program to come to its end" });
    expect(board.crashes).toBe(0);
  });
  afterAll(() => board?.stop());

  it(`reads ${streams.length} streams as in Node, in chunks of 1, 7 and 1,000 bytes`, () => {
    for (const [i, bytes] of streams.entries())
      for (const size of [1, 7, 1000])
        expect([i, size, said.get(`stream ${i}.${size}`)]).toEqual([i, size, readStream(bytes, size)]);
  });

  it(`writes ${texts.length} packets of each kind as in Node`, () => {
    for (const [i, t] of texts.entries()) expect([t, said.get(`text ${i}`)]).toEqual([t, writeText(t, i + 1)]);
  });

  it(`matches ${filters.length / 2} filters as in Node`, () => {
    for (let i = 0; i < filters.length; i += 2) {
      const [filter, topic] = filters.slice(i, i + 2);
      expect([filter, topic, said.get(`match ${i}`)]).toEqual([filter, topic, matchText(filter, topic)]);
    }
  });
});

describe("the client in the virtual machine", () => {
  let broker: ScriptedBroker;
  let board: SimulatedBoard;
  let log: string[];

  const waitForLog = (what: RegExp, times = 1) =>
    eventually(() => log.filter((line) => what.test(line)).length >= times, { within: 10_000, what: String(what) });
  const requestCounts = async () => {
    log = log.filter((line) => !line.startsWith("count "));
    broker.publish("vm/tell", "", 1);
    await waitForLog(/^count /);
    return log.find((line) => line.startsWith("count ")) as string;
  };

  beforeAll(async () => {
    await compileClientProgram("mqttclient");
  });

  async function startBoard(given: { KEEPALIVE?: number } = {}): Promise<void> {
    log = [];
    broker = await ScriptedBroker.start();
    const settings = { HOST: "127.0.0.1", PORT: broker.port, ...given };
    board = new SimulatedBoard({ id: "vm", bytecode: await compileClientProgram("mqttclient"), settings });
    board.on("log", (_level, line) => log.push(line));
    await board.start();
    await eventually(() => broker.packetsOfType("subscribe").length === 7, {
      within: 10_000,
      what: "the subscriptions",
    });
  }

  afterEach(async () => {
    expect(board.crashes).toBe(0);
    await board.stop();
    await broker.close();
  });

  it("handles 200 messages of one burst in order, at every QoS, and 1,000 of QoS 0", async () => {
    await startBoard();
    for (const qos of [0, 1, 2] as const) {
      for (let n = 0; n < 200; n++) broker.publish("vm/count", `${n}`, qos);
      expect(await requestCounts()).toMatch(/^count 200 wrong 0 received \d+ dropped 0 /);
    }
    for (let n = 0; n < 1000; n++) broker.publish("vm/count", `${n}`, 0);
    expect(await requestCounts()).toMatch(/^count 1000 wrong 0 .* dropped 0 skipped 0 connects 1 /);
  });

  it("handles 1,000 messages in one segment with 1,000 packets that it must answer", async () => {
    await startBoard();
    // The socket takes 50 writes at a time, and ends the connection when 8 KB wait to be read.
    const pubrels = Array.from({ length: 1000 }, (_, n) => mqtt.generate({ cmd: "pubrel", messageId: n + 1 }));
    const messages = Array.from({ length: 1000 }, (_, n) => encodeCount(n));
    broker.peers[0].sendBytes(Buffer.concat([...pubrels, ...messages]));
    expect(await requestCounts()).toMatch(/^count 1000 wrong 0 .* dropped 0 skipped 0 connects 1 /);
    await eventually(() => broker.packetsOfType("pubcomp").length === 1000, { what: "the answers" });
  });

  it("handles 50 messages in one segment, and 50 that arrive one byte at a time", async () => {
    await startBoard();
    const bytes = Buffer.concat(Array.from({ length: 50 }, (_, n) => encodeCount(n)));
    const [peer] = broker.peers;
    peer.sendBytes(bytes);
    expect(await requestCounts()).toMatch(/^count 50 wrong 0 /);
    for (const byte of bytes) {
      peer.sendBytes(Buffer.from([byte]));
      // Wait for the event loop, so that the byte is sent in its own segment.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await requestCounts()).toMatch(/^count 50 wrong 0 .* connects 1 /);
  });

  it("survives a handler that throws, a message of 20,000 bytes, and a slow handler in a flood", async () => {
    await startBoard({ KEEPALIVE: 2 });
    broker.publish("vm/throw", "", 1);
    broker.publish("vm/count", "x".repeat(20_000), 2);
    broker.publish("vm/sleep", "2500", 1);
    // 100,000 bytes exceed the board's memory. The board must close the connection instead of crashing.
    for (let n = 0; n < 500; n++) {
      broker.publish("vm/count", "0".repeat(200), 0);
      if (n % 50 === 0) await eventually(() => broker.peers[0].socket.writableLength === 0, { what: "the socket" });
    }
    broker.publish("vm/echo/1", "after", 1);
    const hasEcho = () =>
      broker.packetsOfType("publish").some((p) => p.topic === "vm/back" && p.payload.toString() === "after");
    await eventually(hasEcho, { within: 15_000, what: "the echo" });
    expect(log.join("\n")).toMatch(/problem: the handler of vm\/throw threw: as told/);
    expect(log.join("\n")).toMatch(/problem: skipped a message of 200\d\d bytes on vm\/count/);
    expect(await requestCounts()).toMatch(/skipped 1 /);
  });

  it("notices a half-open connection within 1.5 × keep-alive, reconnects within 2 s of the network's return, and resends", async () => {
    await startBoard({ KEEPALIVE: 4 });
    broker.script = (packet) => packet.cmd === "publish";
    broker.publish("vm/echo/1", "hello", 1);
    await eventually(() => broker.packetsOfType("publish").length === 1, { what: "the echo" });
    broker.script = () => false;
    board.network.cut({ how: "silent" });
    const cut = performance.now();
    await waitForLog(/^disconnected: no PINGRESP/);
    expectDuration(cut, 6000, "noticing the loss");
    board.network.heal();
    const healed = performance.now();
    await waitForLog(/^connected true/);
    expectDuration(healed, 2500, "the reconnect");
    await eventually(() => broker.packetsOfType("pubrel").length === 1, { what: "the echo, to its end" });
    const echoes = broker.packetsOfType("publish").filter((p) => p.topic === "vm/back");
    expect(echoes.map((p) => [p.dup, p.messageId])).toEqual([
      [false, echoes[0].messageId],
      [true, echoes[0].messageId],
    ]);
  });

  it("stops with DISCONNECT, so that the broker does not send the will", async () => {
    await startBoard();
    broker.publish("vm/stop", "", 1);
    await waitForLog(/^stopped/);
    expect(broker.packetsOfType("disconnect")).toHaveLength(1);
    expect(broker.peers[0].will).toBeUndefined();
  });
});
