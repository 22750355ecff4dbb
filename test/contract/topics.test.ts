import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  idProblem,
  MAX_ID_LENGTH,
  parseTopic,
  serverStatusTopic,
  topicOf,
  type Channel,
} from "../../contract/index.js";

const CHANNELS: Channel[] = ["telemetry", "commands", "replies", "status", "config", "set"];
const printableText = fc.string({
  minLength: 1,
  maxLength: MAX_ID_LENGTH,
  unit: fc.integer({ min: 32, max: 126 }).map((c) => String.fromCharCode(c)),
});
const deviceId = printableText.filter((text) => !/[#+]/.test(text) && !text.startsWith("$"));

describe("a topic", () => {
  it("is parsed into the id and channel it was built from, also if the id has slashes", () => {
    fc.assert(
      fc.property(deviceId, fc.constantFrom(...CHANNELS), (name, channel) => {
        expect(parseTopic(topicOf(name, channel))).toEqual({ id: name, channel });
      }),
    );
  });

  it("of another kind is not parsed", () => {
    for (const topic of [
      "",
      "telemetry",
      "/telemetry",
      "a/telemetry/",
      "a/Telemetry",
      "$SYS/broker/telemetry",
      "a+/telemetry",
      "é/telemetry",
      `${"x".repeat(MAX_ID_LENGTH + 1)}/telemetry`,
    ])
      // prettier-ignore
      expect([topic, parseTopic(topic)]).toEqual([topic, undefined]);
    fc.assert(
      fc.property(fc.string(), (topic) => {
        const parsed = parseTopic(topic);
        if (parsed) expect(topicOf(parsed.id, parsed.channel)).toBe(topic);
      }),
    );
  });

  it("is checked for a valid id, and the result names the problem", () => {
    expect(idProblem("nightlight/porch")).toBe("");
    expect(idProblem("a/#")).toBe("an id cannot contain # or +");
    expect(idProblem("$SYS/x")).toBe("an id cannot begin with $");
  });

  it("of the server's status is derived from the device id", () => {
    expect(serverStatusTopic("nightlight/porch")).toBe("nightlight/status");
    expect(serverStatusTopic("home/garden/porch")).toBe("home/garden/status");
    expect(serverStatusTopic("4f2c9d")).toBe("nightlight/status");
  });
});
