import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { brokerSettingsOf, encodeSettings, parseSettings, readSettings } from "../../sim/settings.js";

describe("settings are parsed like DeviceScript parses them", () => {
  it.each([
    ["MQTT_HOST=127.0.0.1", { MQTT_HOST: "127.0.0.1" }],
    ["MQTT_PORT=1883", { MQTT_PORT: 1883 }],
    ["MQTT_TLS=true", { MQTT_TLS: true }],
    // a password of digits becomes a number unless it is quoted
    ["MQTT_PWD=0123\nA=123", { MQTT_PWD: "0123", A: 123 }],
    ['MQTT_PWD="123"', { MQTT_PWD: "123" }],
    ["A=null", { A: "null" }],
    // the parser drops every line with #, even if # does not begin a comment
    ["# comment\nMQTT_PWD=pass#word\nA=1 # one\nB=2", { B: 2 }],
    // spaces around = belong to the key and the value
    ["K = v", { "K ": " v" }],
    ["A=b=c", { A: "b=c" }],
    ["A=1\r\nA=2\r\n", { A: 2 }],
    ["A=", { A: undefined }],
    ["=1\nnothing\n\n", {}],
  ])("%j", (text, settings) => {
    expect(parseSettings(text)).toStrictEqual(settings);
  });

  it("come from .env.local before .env.defaults, and both files may be missing", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "nightlight-settings-"));
    try {
      expect(readSettings(folder)).toEqual({});
      writeFileSync(path.join(folder, ".env.defaults"), "A=1\nB=2\n");
      expect(readSettings(folder)).toEqual({ A: 1, B: 2 });
      writeFileSync(path.join(folder, ".env.local"), "B=3\n");
      expect(readSettings(folder)).toEqual({ A: 1, B: 3 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("settings for a broker", () => {
  it.each([
    ["mqtt://127.0.0.1:1884", { MQTT_HOST: "127.0.0.1", MQTT_PORT: 1884, MQTT_TLS: false }],
    ["mqtt://broker.example.org", { MQTT_HOST: "broker.example.org", MQTT_PORT: 1883, MQTT_TLS: false }],
    ["mqtts://broker.example.org", { MQTT_HOST: "broker.example.org", MQTT_PORT: 8883, MQTT_TLS: true }],
    ["mqtt://[::1]", { MQTT_HOST: "::1", MQTT_PORT: 1883, MQTT_TLS: false }],
    ["mqtt://me:p%40ss@h", { MQTT_HOST: "h", MQTT_PORT: 1883, MQTT_TLS: false, MQTT_USER: "me", MQTT_PWD: "p@ss" }],
  ])("come from %s", (broker, settings) => {
    expect(brokerSettingsOf(broker)).toEqual(settings);
  });

  it.each(["ws://127.0.0.1", "127.0.0.1:1883", "", "mqtt://"])("do not come from %j", (broker) => {
    expect(() => brokerSettingsOf(broker)).toThrow("mqtt://127.0.0.1:1883");
  });
});

describe("settings for the transfer to a board", () => {
  it("are encoded as JSON in UTF-8, and undefined deletes a setting", () => {
    const encoded = encodeSettings({ A: "ü", B: 1, C: undefined });
    expect(encoded.A && Buffer.from(encoded.A).toString()).toBe('"ü"');
    expect(encoded.B && Buffer.from(encoded.B).toString()).toBe("1");
    expect(encoded.C).toBeUndefined();
  });
});
