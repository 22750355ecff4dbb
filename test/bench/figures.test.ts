import fc from "fast-check";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import mqtt from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { drawBarChart } from "../../bench/bars.js";
import { countMessages } from "../../bench/firmware/reporting.js";
import { generateCloudyDay } from "../../bench/firmware/trace.js";
import { type DecodedCommand, deviceIdOf, decodeCommand, ReadingWriter } from "../../bench/loop/load/packets.js";
import { percentileOf, LatencyRecorder } from "../../bench/loop/load/latency-recorder.js";
import { formatScenarioTable } from "../../bench/loop/table.js";
import type { Measurement } from "../../bench/loop/measure.js";
import type { Peer } from "../../bench/loop/peers/peer.js";
import type { Scenario } from "../../bench/loop/scenarios.js";
import { median, relativeSpreadOf } from "../../bench/statistics.js";
import { updateGeneratedTable } from "../../bench/page.js";
import { TELEMETRY, decode } from "../../contract/index.js";

describe("the benchmark's figures", () => {
  test("include percentiles by the nearest-rank method", () => {
    const hundred = Array.from({ length: 100 }, (_, n) => n + 1);
    expect([1, 50, 99, 100].map((percent) => percentileOf(hundred, percent))).toEqual([1, 50, 99, 100]);
    expect(percentileOf([7], 99)).toBe(7);
    expect(percentileOf([], 50)).toBe(0);
  });

  test("include exact percentiles of any number of times, in any order", () => {
    const times = new LatencyRecorder();
    for (let n = 0; n < 200_000; n++) times.addLatency((n * 7919) % 200_000);
    expect(times.count).toBe(200_000);
    expect(times.summarize()).toEqual({ p50: 99_999, p99: 197_999, max: 199_999 });
  });

  test("show one failed round in the spread, but not in the median", () => {
    expect(median([10, 1000, 12])).toBe(12);
    expect(median([10, 20])).toBe(15);
    expect(median([])).toBeUndefined();
    expect(relativeSpreadOf([90, 100, 110])).toBeCloseTo(0.1);
    expect(relativeSpreadOf([100])).toBe(0);
  });

  test("contain medians and ratios in a table, except for a server with a failed round", () => {
    const createPeer = (name: string): Peer => ({ name, title: `the ${name}` }) as Peer;
    const createMeasurement = (rate: number, problem?: string): Measurement => ({ rate, p50: 1, p99: 2, loadCpu: 1, loadLag: 0, serverCpu: 1e5 / rate, problem }); // prettier-ignore
    const table = formatScenarioTable({
      scenario: { workload: {} } as Scenario,
      results: [
        {
          peer: createPeer("ours"),
          rounds: [createMeasurement(1900), createMeasurement(2100), createMeasurement(2000)],
        },
        {
          peer: createPeer("mqtt"),
          rounds: [createMeasurement(1000), createMeasurement(1000), createMeasurement(1000)],
        },
        {
          peer: createPeer("c"),
          rounds: [createMeasurement(9000), createMeasurement(9000, "1 wrong answers"), createMeasurement(9000)],
        },
      ],
    });
    expect(table).toContain("| the ours | 2,000 | 5 % | 1.00 | 2.00 | 50.00 | – | – | – | 2.00 | 0.50 |");
    expect(table).toContain("| the c | not counted: 1 wrong answers (1 of 3 rounds) |");
    expect(table).not.toContain("9,000");
  });

  test("contain a plot whose bars are as long as their values, with a note for missing values", () => {
    const svg = drawBarChart("A <title>", 0, [
      { label: "group", bars: [{ label: "a", value: 50, highlighted: true }, { label: "b", value: 100, highlighted: false }, { label: "c", value: undefined, highlighted: false }] }, // prettier-ignore
    ]);
    const widths = [...svg.matchAll(/<rect [^>]* width="(\d+)"/g)].map(([, width]) => Number(width));
    expect(widths[0] * 2).toBe(widths[1]);
    expect(widths[2]).toBe(0);
    expect(svg).toContain("no figure");
    expect(svg).toContain("A &#60;title&#62;");
  });

  test("replace the text between a page's markers, and a page without markers is rejected", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "nightlight-bench-test-"));
    try {
      const file = path.join(folder, "page.md");
      await writeFile(file, `before\n\n<!-- begin: npm run this -->\n\nold\n\n<!-- end -->\n\nafter\n`);
      await updateGeneratedTable(file, "npm run this", "new");
      expect(await readFile(file, "utf8")).toBe(
        `before\n\n<!-- begin: npm run this -->\n\nnew\n\n<!-- end -->\n\nafter\n`,
      );
      await expect(updateGeneratedTable(file, "npm run that", "new")).rejects.toThrow("has no markers for the table");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe("the load generator's packets", () => {
  const parsePublish = (bytes: Buffer): mqtt.IPublishPacket => {
    let packet: mqtt.Packet | undefined;
    const parser = mqtt.parser();
    parser.on("packet", (one) => (packet = one));
    parser.parse(bytes);
    return packet as mqtt.IPublishPacket;
  };

  test("are valid for mqtt-packet and the contract, at both QoS levels and in both message forms", () => {
    const device = fc.integer({ min: 0, max: 9_999_999 });
    const light = fc.integer({ min: 100, max: 999 });
    const id = fc.integer({ min: 1, max: 65535 });
    const seq = fc.integer({ min: 1, max: 0x7fffffff });
    const boot = fc.integer({ min: 1, max: 0x7fffffff });
    const qos = fc.constantFrom(0, 1);
    const payloadFormat = fc.constantFrom("lesson", "full");
    fc.assert(
      fc.property(
        qos,
        payloadFormat,
        device,
        light,
        id,
        seq,
        boot,
        (qos, payloadFormat, device, light, id, seq, boot) => {
          const buffer = Buffer.alloc(256);
          const end = new ReadingWriter(qos as 0 | 1, payloadFormat as "lesson" | "full", boot).write(buffer, 5, device, light, id, seq); // prettier-ignore
          const packet = parsePublish(buffer.subarray(5, end));
          expect(packet.topic).toBe(`${deviceIdOf(device)}/telemetry`);
          expect(packet.qos).toBe(qos);
          if (qos) expect(packet.messageId).toBe(id);
          const { value } = decode(TELEMETRY, packet.payload as Buffer);
          expect(value).toEqual(payloadFormat === "full" ? { light, boot, seq } : { light });
        },
      ),
    );
  });

  test("include commands in the notation of every peer", () => {
    const command: DecodedCommand = { device: -1, ledOn: undefined, seq: -1 };
    const decodeCommandPacket = (topic: string, payload: string): DecodedCommand => {
      const packet = mqtt.generate({ cmd: "publish", topic, payload, qos: 1, messageId: 5, dup: false, retain: false });
      decodeCommand(packet, 2, packet.length, 1, command);
      return { ...command };
    };
    const topic = `${deviceIdOf(42)}/commands`;
    expect(decodeCommandPacket(topic, '{"led_on":true}')).toEqual({ device: 42, ledOn: true, seq: -1 });
    expect(decodeCommandPacket(topic, '{"led_on": false}')).toEqual({ device: 42, ledOn: false, seq: -1 });
    expect(decodeCommandPacket(topic, '{"led_on":false,"seq":1207}')).toEqual({ device: 42, ledOn: false, seq: 1207 });
    expect(decodeCommandPacket(topic, '{"led_on":"yes"}').ledOn).toBeUndefined();
    expect(decodeCommandPacket(topic, '{"on":true}').ledOn).toBeUndefined();
    expect(decodeCommandPacket("nightlight/other/commands", '{"led_on":true}').device).toBe(-1);
  });
});

describe("the simulated day of the firmware benchmark", () => {
  test("is the same for the same seed, and different for another seed", () => {
    expect(generateCloudyDay(1)).toEqual(generateCloudyDay(1));
    expect(generateCloudyDay(2)).not.toEqual(generateCloudyDay(1));
    expect(Math.min(...generateCloudyDay(1))).toBeLessThan(50);
    expect(Math.max(...generateCloudyDay(1))).toBeGreaterThan(900);
  });

  test("has as many messages as the contract's reporting rules send", () => {
    const steady = new Array<number>(600).fill(500);
    // ten minutes of steady light: one message at the start, then one every 30 s (heartbeat) or every 2 s (fixed interval)
    expect(countMessages(steady, 1000, {})).toBe(20);
    expect(countMessages(steady, 1000, { report: "interval", interval: 2000 })).toBe(300);
    // five messages: at the start, two heartbeats, the step into the dark right after the second, and another heartbeat
    const step = [...new Array<number>(61).fill(500), ...new Array<number>(60).fill(100)];
    expect(countMessages(step, 1000, {})).toBe(5);
  });
});
