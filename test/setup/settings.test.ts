/** Tests the checks of a board's settings, and the ids that setup proposes. */
import { describe, expect, test } from "vitest";
import { idProblem } from "../../contract/index.js";
import { isLoopback, isPrivate, isPublic, listOwnAddresses } from "../../scripts/setup/hosts.js";
import { proposeId } from "../../scripts/setup/id.js";
import {
  parseBrokerAddress,
  passwordProblem,
  ssidProblem,
  urlOf,
  userNameProblem,
  wifiPasswordProblem,
  type BoardSettings,
} from "../../scripts/setup/settings.js";
import { createServerHint, findWarnings, createWeakPasswordWarning } from "../../scripts/setup/warnings.js";

describe("a broker's address", () => {
  test.each([
    ["192.168.1.20", { host: "192.168.1.20", port: 1883, tls: false }],
    ["broker:1884", { host: "broker", port: 1884, tls: false }],
    [" mqtts://broker.example.org ", { host: "broker.example.org", port: 8883, tls: true }],
    ["MQTT://broker.example.org/", { host: "broker.example.org", port: 1883, tls: false }],
    ["mqtt://[fd00::1]:1885", { host: "fd00::1", port: 1885, tls: false }],
    ["mqtt://me:p%40ss@h", { host: "h", port: 1883, tls: false, user: "me", password: "p@ss" }],
    ["mqtt://me:50%@h", { host: "h", port: 1883, tls: false, user: "me", password: "50%" }],
  ])("is parsed and written back: %j", (text, address) => {
    expect(parseBrokerAddress(text)).toEqual(address);
    const { host, port, tls } = address;
    expect(parseBrokerAddress(urlOf(address))).toEqual({ host, port, tls });
  });

  test.each([
    "",
    "ws://h",
    "http://h",
    "mqtt://",
    "mqtt://a b",
    "mqtt://h:0",
    "mqtt://h:70000",
    "mqtt://h/path",
    "a#b",
    "mqtt://h?x",
  ])("is refused with an example: %j", (text) => {
    expect(() => parseBrokerAddress(text)).toThrow(/mqtt:\/\/192\.168\.1\.20/);
  });

  test("is refused with a port outside 1 to 65535", () => {
    for (const port of [0, 65536, 99999])
      expect(() => parseBrokerAddress(`mqtts://h:${port}`)).toThrow(`has the port ${port}; ports are 1 to 65535`);
    expect(() => parseBrokerAddress("[::1]")).not.toThrow();
  });

  test("is refused without showing its password", () => {
    for (const text of ["mqtt://me:s3cret@h:0", "mqtt://me:s3/cret@h", "me:s3cret@h/x"]) {
      expect(() => parseBrokerAddress(text)).toThrow();
      expect(() => parseBrokerAddress(text)).not.toThrow(/s3/);
    }
  });
});

test("values that a board cannot store are refused without showing passwords", () => {
  expect(ssidProblem("")).toContain("is missing");
  expect(ssidProblem("x".repeat(31))).toBe("");
  expect(ssidProblem("x".repeat(32))).toContain("at most 31");
  expect(ssidProblem("é".repeat(16))).toContain("32 bytes");
  expect(wifiPasswordProblem("")).toBe("");
  expect(wifiPasswordProblem("seven77")).toMatch(/8 to 63/);
  expect(wifiPasswordProblem("x".repeat(64))).toMatch(/8 to 63/);
  expect(wifiPasswordProblem("a1".repeat(32))).toContain("64 digits");
  expect(userNameProblem("x".repeat(198))).toBe("");
  expect(userNameProblem("x".repeat(199))).toContain("at most 200");
  expect(passwordProblem("tab\there")).toContain("control character");
  for (const problem of [
    wifiPasswordProblem("seven77"),
    passwordProblem("s3cret\n"),
    passwordProblem("s3".repeat(150)),
  ])
    expect(problem).not.toMatch(/seven77|s3/);
});

test("a host is classified as loopback, private or public", () => {
  for (const host of ["localhost", "127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "a.localhost"]) expect(isLoopback(host), host).toBe(true); // prettier-ignore
  for (const host of ["192.168.1.20", "10.0.0.1", "172.31.0.1", "fd00::1", "fe80::1", "pi", "pi.local", "x.fritz.box"]) expect(isPrivate(host), host).toBe(true); // prettier-ignore
  for (const host of ["8.8.8.8", "172.32.0.1", "2001:db8::1", "test.mosquitto.org"]) expect(isPublic(host), host).toBe(true); // prettier-ignore
});

test("the addresses of this computer begin with private ones, and end with those of virtual networks", () => {
  const createAddressEntry = (address: string, family: "IPv4" | "IPv6" = "IPv4", internal = false) =>
    ({ address, family, internal, netmask: "", mac: "", cidr: null, scopeid: 0 }) as never;
  expect(
    listOwnAddresses({
      lo: [createAddressEntry("127.0.0.1", "IPv4", true)],
      docker0: [createAddressEntry("172.17.0.1")],
      eth0: [createAddressEntry("fe80::1", "IPv6"), createAddressEntry("169.254.3.3")],
      wlan0: [createAddressEntry("192.168.1.7")],
      ppp0: [createAddressEntry("203.0.113.9")],
    }),
  ).toEqual(["192.168.1.7", "203.0.113.9", "172.17.0.1"]);
});

test("a proposed id is valid and unique; at a public broker its prefix is random", () => {
  const house = new Set(Array.from({ length: 1000 }, () => proposeId("192.168.1.20")));
  const world = new Set(Array.from({ length: 1000 }, () => proposeId("test.mosquitto.org")));
  // a thousand ids, drawn at random from 887 million, practically never contain five duplicates
  expect(house.size).toBeGreaterThan(995);
  expect(world.size).toBe(1000);
  for (const id of [...house, ...world]) expect(idProblem(id)).toBe("");
  for (const id of house) expect(id).toMatch(/^nightlight\/[2-9a-z]{6}$/);
  for (const id of world) expect(id).toMatch(/^nightlight-[2-9a-z]{10}\/board$/);
});

describe("warnings", () => {
  const fine: BoardSettings = {
    ssid: "home",
    wifiPassword: "long enough",
    broker: { host: "192.168.1.20", port: 1883, tls: false },
    user: "porch",
    password: "s3cret",
    id: "nightlight/porch",
  };
  const findWarningsFor = (change: Partial<BoardSettings>, broker = {}) =>
    findWarnings({ ...fine, ...change, broker: { ...fine.broker, ...broker } }).join("\n");

  test("about a weak password do not show the password", () => {
    const message = createWeakPasswordWarning({ ...fine, password: "porch12345" });
    expect(message).toMatch(
      /^The board's password at the broker is easy to guess: .* the user name.*user password porch --gen/,
    );
    expect(message).not.toContain("porch12345");
    for (const password of ["", "xK4-pq9Lm"]) expect(createWeakPasswordWarning({ ...fine, password })).toBe("");
  });

  test("are empty for good settings", () => {
    expect(findWarningsFor({})).toBe("");
    expect(findWarningsFor({}, { host: "broker.example.org", port: 8883, tls: true })).toBe("");
  });

  test.each<[string, Partial<BoardSettings>, object, RegExp]>([
    ["a broker on this computer", {}, { host: "127.0.0.1" }, /cannot reach the broker at 127\.0\.0\.1/],
    ["a broker called localhost", {}, { host: "localhost" }, /cannot reach/],
    ["a name that needs mDNS", {}, { host: "pi.local" }, /no mDNS/],
    ["TLS and an address", {}, { host: "192.168.1.20", tls: true, port: 8883 }, /give the broker's name/],
    ["TLS and a private name", {}, { host: "pi.lan", tls: true, port: 8883 }, /only public authorities/],
    ["a public broker without TLS", {}, { host: "broker.example.org" }, /and its password/],
    ["a TLS port without TLS", {}, { port: 8883 }, /usually the port with TLS/],
    ["TLS on the port without TLS", {}, { host: "broker.example.org", tls: true }, /usually the port without TLS/],
    ["the default prefix at a public broker", { user: "" }, { host: "test.mosquitto.org" }, /your own prefix/],
    ["no id at a public broker", { user: "", id: "" }, { host: "test.mosquitto.org" }, /your own prefix/],
    ["an open network", { wifiPassword: "" }, {}, /no password/],
    ["a space at the end of the name", { ssid: "home " }, {}, /begins or ends with a space/],
    ["a space before the password", { password: " s3cret" }, {}, /begins or ends with a space/],
  ])("mention %s", (_what, change, broker, sentence) => {
    expect(findWarningsFor(change, broker)).toMatch(sentence);
    expect(findWarningsFor(change, broker)).not.toContain("s3cret");
  });

  test("come with the server flags for a board with its own prefix", () => {
    const broker = { host: "test.mosquitto.org", port: 1883, tls: false };
    expect(createServerHint({ ...fine, broker, id: "nightlight-x/board" })).toMatch(
      /--broker mqtt:\/\/test\.mosquitto\.org:1883 --topic-prefix nightlight-x$/,
    );
    expect(createServerHint(fine)).toBe("");
    expect(createServerHint({ ...fine, broker })).toBe("");
  });
});
