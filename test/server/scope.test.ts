import { describe, expect, test } from "vitest";
import { isPrivateHost, createPublicBrokerWarning, createScope } from "../../server/src/transport/scope.js";
import { parseBrokerUrl } from "../../server/src/transport/url.js";
import { describeConnectError } from "../../server/src/transport/error-messages.js";
import { toSettings } from "../../server/src/config/options.js";

describe("on a remote broker", () => {
  test("the server subscribes to the devices below its prefix, the listed devices and its zones only", () => {
    expect(createScope("home", ["1f3b", "a/b"]).filters).toEqual([
      ...["home/+", "1f3b", "a/b"].flatMap((root) =>
        ["telemetry", "status", "replies", "set"].map((channel) => `${root}/${channel}`),
      ),
      "home/zones/+/set",
    ]);
  });

  test("the server does not subscribe twice to a listed device below its prefix", () => {
    expect(createScope("home", ["home/porch"]).filters).toEqual(createScope("home", []).filters);
    expect(createScope("home", ["home/porch/left"]).filters).toContain("home/porch/left/telemetry");
  });

  test("the server does not serve devices outside its prefix and list", () => {
    const { includesDevice: owns } = createScope("home", ["1f3b"]);
    expect(["home/porch", "1f3b"].map(owns)).toEqual([true, true]);
    expect(["homes/porch", "home", "home/a/b", "other", "1f3b/x"].filter(owns)).toEqual([]);
  });
});

describe("the warning about public brokers", () => {
  test.each(["test.mosquitto.org", "broker.hivemq.com", "broker.emqx.io", "TEST.mosquitto.org"])(
    "the warning about public brokers appears for %s with the default prefix, even with a user name, and not with another prefix",
    (host) => {
      expect(createPublicBrokerWarning(host, "nightlight", false)).toContain("--topic-prefix");
      expect(createPublicBrokerWarning(host, "nightlight", true)).toContain("--topic-prefix");
      expect(createPublicBrokerWarning(host, "my-house", false)).toBe("");
    },
  );

  test("the warning about public brokers appears for any internet host that is used without a user name", () => {
    expect(createPublicBrokerWarning("mqtt.example.com", "nightlight", false)).not.toBe("");
    expect(createPublicBrokerWarning("mqtt.example.com", "nightlight", true)).toBe("");
    expect(createPublicBrokerWarning("192.168.1.5", "nightlight", false)).toBe("");
  });

  test("the warning about public brokers distinguishes private addresses and names from public ones", () => {
    const own = [
      "localhost",
      "127.0.0.1",
      "10.1.2.3",
      "172.31.0.1",
      "192.168.0.9",
      "::1",
      "fd00::1",
      "fe80::1",
      "pi.local",
      "mosquitto",
    ];
    expect(own.filter((host) => !isPrivateHost(host))).toEqual([]);
    const others = ["8.8.8.8", "172.32.0.1", "2001:db8::1", "example.com", "local.example.com"];
    expect(others.filter(isPrivateHost)).toEqual([]);
  });
});

describe("the broker's URL", () => {
  test.each([
    ["mqtt://broker", { url: "mqtt://broker:1883", host: "broker", port: 1883, secure: false }],
    ["mqtts://broker", { url: "mqtts://broker:8883", secure: true }],
    ["ws://broker:8000", { url: "ws://broker:8000/mqtt", port: 8000 }],
    ["wss://broker/path?x=1", { websocketUrl: "wss://broker:443/path?x=1", port: 443, secure: true }],
    ["wss://broker/path?token=secret", { url: "wss://broker:443/path?token=********" }],
    ["mqtt://[::1]:1884", { url: "mqtt://[::1]:1884", host: "::1" }],
    ["mqtt://me:p%40ss@broker", { url: "mqtt://broker:1883", username: "me", password: "p@ss" }],
    ["mqtt://100%25:%zz@broker", { username: "100%", password: "%zz" }],
  ])("%s is parsed and never shown with its password", (text, address) => {
    expect(parseBrokerUrl(text)).toMatchObject(address);
  });

  test("flags override the credentials in the URL", () => {
    expect(parseBrokerUrl("mqtt://a:b@broker", "c", "d")).toMatchObject({ username: "c", password: "d" });
  });

  test.each([
    ["localhost:1883", /no scheme/],
    ["tcp://localhost", /tcp:\/\/ is not supported/],
    ["mqtt://", /names no host|not a URL/],
    ["mqtt://host:99999", /not a URL/],
  ])("%s is refused with an error that gives an example", (text, sentence) => {
    expect(() => parseBrokerUrl(text)).toThrow(sentence);
    expect(() => parseBrokerUrl(text)).toThrow(/for example mqtt:\/\/localhost:1883\.$/);
  });

  test("the error for a URL without a scheme does not show the password", () => {
    expect(() => parseBrokerUrl("me:secret@host")).toThrow(/^((?!secret).)*$/);
  });
});

describe("the error message of a failed connection says what to do", () => {
  const broker = parseBrokerUrl("mqtts://broker");
  const createErrorWithCode = (code: string | number): Error => Object.assign(new Error("x"), { code });
  test.each<[unknown, RegExp]>([
    [createErrorWithCode(1), /MQTT 3\.1\.1/],
    [createErrorWithCode(2), /client id/],
    [createErrorWithCode(3), /later/],
    [createErrorWithCode(4), /--username and --password/],
    [createErrorWithCode(5), /--username and --password/],
    [createErrorWithCode(99), /code 99/],
    [createErrorWithCode("ECONNREFUSED"), /nothing listens on port 8883/],
    [createErrorWithCode("ENOTFOUND"), /no address is known for broker/],
    [createErrorWithCode("ETIMEDOUT"), /firewall/],
    [createErrorWithCode("CERT_HAS_EXPIRED"), /expired/],
    [createErrorWithCode("DEPTH_ZERO_SELF_SIGNED_CERT"), /NODE_EXTRA_CA_CERTS/],
    [createErrorWithCode("ERR_TLS_CERT_ALTNAME_INVALID"), /another name/],
    [createErrorWithCode("EPROTO"), /use mqtt:\/\/broker:8883/],
    [new Error("connack timeout"), /does not answer as an MQTT broker/],
    [new Error("Invalid header flag bits"), /does not answer as an MQTT broker \(Invalid/],
    [createErrorWithCode("EODD"), /cannot be reached \(x\)/],
    [new TypeError("Cannot read properties of undefined"), /bug in this server .*report it/],
    ["not even an error", /not even an error/],
  ])("the error %s becomes a sentence", (error, words) => {
    const sentence = describeConnectError(broker, error);
    expect(sentence).toMatch(words);
    expect(sentence).toMatch(/^The broker mqtts:\/\/broker:8883 [^\n]*\.$/);
  });
});

describe("wrong options are refused before anything starts", () => {
  test.each([
    [{ topicPrefix: "a/#" }, /--topic-prefix/],
    [{ topicPrefix: "a/" }, /--topic-prefix/],
    [{ ids: ["ok", "ä"] }, /--id "ä"/],
    [{ mqttPort: 65536 }, /--mqtt-port/],
    [{ httpPort: -1 }, /--http-port/],
  ])("the options %j are refused", (options, words) => {
    expect(() => toSettings(options)).toThrow(words);
  });

  test("listening on loopback needs no accounts", () => {
    for (const host of ["localhost", "127.0.0.1", "127.1.2.3", "::1"]) expect(toSettings({ host }).host).toBe(host);
  });
});
