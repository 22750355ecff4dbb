import fc from "fast-check";
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SimulatedBoard } from "../../sim/index.js";
import { compile } from "../support/firmware.js";
import { eventually } from "../support/eventually.js";
import { evaluatePayload, evaluateStep, evaluateTopic } from "./device/evaluate.js";

/** Fixed seed, so that every run has the same inputs and reuses the compiled program. */
const SEED = 20261122;
const drawSamples = <T>(arbitrary: fc.Arbitrary<T>, count: number) =>
  fc.sample(arbitrary, { seed: SEED, numRuns: count });

const value = fc.oneof(
  fc.boolean(),
  fc.integer({ min: -5, max: 1100 }),
  fc.constantFrom(1e9, -0.5, 299.5, 1e-7, 2147483647, 2147483648),
  fc.constantFrom("auto", "on", "server", "device", "report", "change", "interval", "keep", "", "é", 'a"b\\c'),
  fc.constant(null),
  fc.constantFrom([], [1, [2]], {}, { a: { b: 1 } }),
);
const name = fc.constantFrom("light", "led_on", "seq", "boot", "age", "at", "action", "online", "decided_by", "board", "threshold", "hysteresis", "report", "interval", "sample", "offline", "alone_after", "x"); // prettier-ignore
const message = fc.dictionary(name, value, { minKeys: 1, maxKeys: 4 });
const text = message.map((fields) => JSON.stringify(fields));
const mutatedText = fc.tuple(text, fc.nat(), fc.constantFrom('"', "}", "{", "]", "[", ",", ":", "0", "-", ".", "e", "\\", " ", "\u0001", ""), fc.nat(2)).map(([t, where, piece, cut]) => t.slice(0, where % t.length) + piece + t.slice((where % t.length) + cut)); // prettier-ignore

const payloads = [
  ...["", "{}", "[]", "5", "null", '"x"', '{"led_on":01}', '{"led_on":true} ', '{"light":0x10}', '{"light":1.}', '{"light":1e2}', '{"light":1E+2}', '{"light":-0}', '{"light":299.9}', '{"a":'.repeat(200), "[".repeat(1000), `{"a":"${"x".repeat(1024)}"}`, '{"light":1,"light":2}', '{"__proto__":1,"light":3}', '{"\\u006cight":7}'].map((t) => Buffer.from(t)), // prettier-ignore
  ...drawSamples(text, 120).map((t) => Buffer.from(t)),
  ...drawSamples(mutatedText, 120).map((t) => Buffer.from(t)),
  ...drawSamples(fc.uint8Array({ minLength: 1, maxLength: 24 }), 40).map((bytes) => Buffer.from(bytes)),
];
const topics = [
  ...[
    "a/telemetry",
    "a/b/c/commands",
    "/telemetry",
    "telemetry",
    "a/b",
    "$x/status",
    "a+/set",
    "a/config",
    "a/replies/",
  ],
  ...drawSamples(fc.array(fc.constantFrom("a", "nightlight", "/", "telemetry", "status", "+", "#", "$", " ", "é", "set"), { minLength: 1, maxLength: 6 }), 60).map((parts) => parts.join("")), // prettier-ignore
];
const valuesNear = (n: number) => fc.oneof(fc.constantFrom(0, n - 1, n, n + 1), fc.nat(1023));
const steps = drawSamples(
  fc.tuple(
    valuesNear(300),
    valuesNear(20),
    fc.nat(3000),
    fc.nat(3000),
    fc.nat(2),
    valuesNear(300),
    valuesNear(300),
    fc.nat(6000),
  ),
  250,
);

/** Source text of the DeviceScript module `inputs.ts`, which contains all test inputs. */
const inputs = `
export const payloads: Buffer[] = [${payloads.map((bytes) => `hex\`${bytes.toString("hex")}\``).join(", ")}]
export const topics: Buffer[] = [${topics.map((topic) => `hex\`${Buffer.from(topic).toString("hex")}\``).join(", ")}]
export const steps: number[] = [${steps.flat().join(", ")}]
`;

/** Returns the source files of the device program and the contract, by path. */
function createDeviceProgram(): Record<string, string> {
  const root = new URL("../../", import.meta.url);
  const readSource = (path: string) => readFileSync(new URL(path, root), "utf8");
  const contract = readdirSync(new URL("contract", root)).map((file) => [
    `contract/${file}`,
    readSource(`contract/${file}`),
  ]);
  return {
    ...(Object.fromEntries(contract) as Record<string, string>),
    "src/main.ts": 'import "../test/firmware/device/vectors.js"\n',
    "test/firmware/device/inputs.ts": inputs,
    "test/firmware/device/vectors.ts": readSource("test/firmware/device/vectors.ts"),
    "test/firmware/device/evaluate.ts": readSource("test/firmware/device/evaluate.ts"),
  };
}

describe("the contract in the virtual machine", () => {
  const said = new Map<string, string>();
  let board: SimulatedBoard | undefined;

  beforeAll(async () => {
    board = new SimulatedBoard({ id: "vectors", bytecode: await compile(createDeviceProgram()), settings: {} });
    let done = false;
    board.on("log", (_level, line) => {
      const match = /^(payload|topic|step) ([\d.]+) (.*)$/.exec(line);
      if (match) said.set(`${match[1]} ${match[2]}`, match[3]);
      done ||= line === "done";
    });
    await board.start();
    await eventually(() => done || board?.crashes, { within: 50_000, what: "the program to come to its end" });
    expect(board.crashes).toBe(0);
  });
  afterAll(() => board?.stop());

  it(`reads ${payloads.length} payloads as Node does`, () => {
    for (const [i, payload] of payloads.entries()) {
      const here = evaluatePayload(payload);
      const there = here.map((_, k) => said.get(`payload ${i}.${k}`));
      expect([payload.toString(), there]).toEqual([payload.toString(), here]);
    }
  });

  it(`parses ${topics.length} topics as Node does`, () => {
    for (const [i, topic] of topics.entries())
      expect([topic, said.get(`topic ${i}`)]).toEqual([topic, evaluateTopic(topic)]);
  });

  it(`decides ${steps.length} times as Node does`, () => {
    const flat = steps.flat();
    for (const [i, step] of steps.entries())
      expect([step, said.get(`step ${i}`)]).toEqual([step, evaluateStep(flat, i * 8)]);
  });
});
