import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as contract from "../../contract/index.js";
import {
  decode,
  decodeCommand,
  encode,
  LAMP_COMMAND,
  TELEMETRY,
  type Field,
  type Fields,
} from "../../contract/index.js";

const MESSAGES = Object.entries(contract as Record<string, unknown>).filter((entry): entry is [string, Fields] =>
  isFields(entry[1]),
);

function isFields(value: unknown): value is Fields {
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).every((field: Partial<Field> | undefined) => typeof field?.type === "string");
}

/** Generates valid values of a field. */
function validValuesOf(field: Field): fc.Arbitrary<unknown> {
  if (field.type === "boolean") return fc.boolean();
  if (field.values) return fc.constantFrom(...field.values);
  if (field.type === "string") return fc.string({ maxLength: field.maxLength ?? 20 });
  const range = { min: field.minimum ?? -1e9, max: field.maximum ?? 1e9 };
  return field.type === "integer" ? fc.integer(range) : fc.double({ ...range, noNaN: true });
}

/** Generates invalid values of a field. */
function invalidValuesOf(field: Field): fc.Arbitrary<unknown> {
  const wrong: unknown[] = [null, [], {}, field.type === "boolean" ? 1 : true];
  if (field.type !== "string") wrong.push("1", "");
  else wrong.push(0);
  if (field.values) wrong.push("", "no such value");
  if (field.maxLength !== undefined) wrong.push("x".repeat(field.maxLength + 1));
  if (field.maximum !== undefined) wrong.push(field.maximum + 1, 1e9 * (field.maximum + 1));
  if (field.minimum !== undefined) wrong.push(field.minimum - 1);
  if (field.type === "integer") wrong.push(1.5);
  return fc.constantFrom(...wrong);
}

const validMessagesOf = (fields: Fields) =>
  fc.record(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, validValuesOf(field)])), {
    requiredKeys: Object.keys(fields).filter((name) => fields[name].required),
  });

const encodePayload = (value: unknown) => Buffer.from(JSON.stringify(value));

describe.each(MESSAGES)("%s", (_name, fields) => {
  it("decodes to the message that was encoded, without unknown fields", () => {
    fc.assert(
      fc.property(validMessagesOf(fields), (message) => {
        expect(decode(fields, encodePayload({ ...message, foreign: [1, { a: null }] }))).toEqual({ value: message });
        expect(JSON.parse(encode(fields, message as never))).toEqual(message);
      }),
    );
  });

  it("is rejected with the name of a field that is invalid or missing", () => {
    const names = Object.keys(fields);
    fc.assert(
      fc.property(
        validMessagesOf(fields),
        fc.constantFrom(...names).chain((name) => fc.tuple(fc.constant(name), invalidValuesOf(fields[name]))),
        (message, [name, value]) => {
          expect(decode(fields, encodePayload({ ...message, [name]: value })).problem).toContain(`"${name}"`);
          expect(() => encode(fields, { ...message, [name]: value } as never)).toThrow(RangeError);
        },
      ),
    );
    for (const name of names.filter((name) => fields[name].required)) {
      expect(decode(fields, encodePayload({})).problem).toMatch(/is missing$/);
      expect(names).toContain(name);
    }
  });

  it("is always shorter than 1 KB", () => {
    fc.assert(
      fc.property(validMessagesOf(fields), (message) => {
        expect(encode(fields, message as never).length).toBeLessThan(1024);
      }),
    );
  });
});

describe("the lesson's messages", () => {
  it("need only a light level or a lamp state", () => {
    expect(decode(TELEMETRY, Buffer.from('{"light": 400}'))).toEqual({ value: { light: 400 } });
    expect(decode(LAMP_COMMAND, Buffer.from('{"led_on": true}'))).toEqual({ value: { led_on: true } });
  });

  it("cannot change an object's prototype", () => {
    const decoded = decode(TELEMETRY, Buffer.from('{"light":1,"__proto__":{"seq":7},"constructor":1}'));
    expect(decoded).toEqual({ value: { light: 1 } });
    expect(decoded.value?.seq).toBeUndefined();
  });
});

describe("a command", () => {
  it("is decoded as a lamp state or an action", () => {
    expect(decodeCommand(encodePayload({ led_on: false }))).toEqual({ lamp: { led_on: false } });
    expect(decodeCommand(encodePayload({ action: "report", seq: 4 }))).toEqual({
      action: { action: "report", seq: 4 },
    });
  });

  it.each([
    [{}, '"led_on" is missing'],
    [{ led_on: 1 }, '"led_on" must be a boolean'],
    [{ action: "explode", seq: 1 }, '"action" must be one of report, reboot, identify, update'],
    [{ action: "report" }, '"seq" is missing'],
  ])("%j is refused with the reason of what was meant", (value, problem) => {
    expect(decodeCommand(encodePayload(value))).toEqual({ problem });
  });
});
