import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonProblem, MAX_DEPTH, MAX_PAYLOAD_SIZE } from "../../contract/index.js";

const problemOf = (text: string) => jsonProblem(Buffer.from(text));

/** Test oracle: the result of `JSON.parse`; undefined if it throws or returns no object. */
function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const depthOf = (value: unknown): number =>
  typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

describe("the JSON validator", () => {
  it("accepts every JSON object within the limits for size and depth", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(3), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        fc.pre(Buffer.byteLength(text) <= MAX_PAYLOAD_SIZE && depthOf(value) <= MAX_DEPTH && !/\\u[dD]/.test(text));
        expect(problemOf(text)).toBe("");
      }),
      { numRuns: 1000 },
    );
  });

  it("accepts exactly the texts that JSON.parse accepts, after random mutations", () => {
    const pieces = ['"', "\\", "{", "}", "[", "]", ",", ":", "0", "1", "-", "+", ".", "e", "E", "x", "true", "nul", " ", "\n", "\t", "\u0001", "é", "\\u00e9", "\\ud800", "'"]; // prettier-ignore
    const base = fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 });
    fc.assert(
      fc.property(base, fc.nat(), fc.constantFrom(...pieces, ""), fc.nat(3), (value, where, piece, cut) => {
        const text = JSON.stringify(value);
        const at = where % (text.length + 1);
        const mutated = text.slice(0, at) + piece + text.slice(at + cut);
        fc.pre(Buffer.byteLength(mutated) <= MAX_PAYLOAD_SIZE && !/\\u[dD]/.test(mutated));
        const oracle = parseObject(mutated);
        fc.pre(oracle === undefined || depthOf(oracle) <= MAX_DEPTH);
        expect([mutated, problemOf(mutated) === ""]).toEqual([mutated, oracle !== undefined]);
      }),
      { numRuns: 5000 },
    );
  });

  it("never throws on random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2 * MAX_PAYLOAD_SIZE }), (bytes) => {
        expect(typeof jsonProblem(Buffer.from(bytes))).toBe("string");
      }),
    );
  });

  it.each([
    ["", "the payload is empty"],
    ["5", "the payload is not a JSON object"],
    ["[1]", "the payload is not a JSON object"],
    ['{"led_on":01}', "not JSON at byte 11"],
    ['{"led_on":tru}', "not JSON at byte 10"],
    ['{"led_on":true', "the JSON text ends too early"],
    ['{"led_on":true}}', "not JSON at byte 15"],
    ['{"a":'.repeat(40), `nested deeper than ${MAX_DEPTH} at byte ${MAX_DEPTH * 5}`],
    [
      `{"a":"${"x".repeat(MAX_PAYLOAD_SIZE)}"}`,
      `the payload has ${MAX_PAYLOAD_SIZE + 8} bytes, at most ${MAX_PAYLOAD_SIZE} are read`,
    ],
  ])("says of %j what is wrong and where", (text, problem) => {
    expect(problemOf(text)).toBe(problem);
  });
});
