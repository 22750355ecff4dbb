import { describe, expect, test } from "vitest";
import { Diagnosis } from "../../scripts/flash/diagnosis.js";
import { StepError } from "../../scripts/flash/failure.js";

const SETTINGS = { WIFI_SSID: "attic", MQTT_HOST: "broker.test", MQTT_PORT: 1883 };
const START = ["devsmgr: deploy 27000 b", "* start: nightlight 0.1.0"];
const JOINED = ["wifi: connecting to 'attic'", "wifi: got ip 1200a8c0"];
const problem = (text: string) => `* refused a message on the connection: ${text}`;

/** What a log comes to: the broker, or the failure at once, or the one when time is up. */
function outcome(lines: string[], settings: Record<string, unknown> = SETTINGS): string | StepError {
  const diagnosis = new Diagnosis(settings);
  try {
    for (const line of lines) {
      const broker = diagnosis.line(line);
      if (broker) return broker;
    }
    return diagnosis.late(60);
  } catch (error) {
    return error as StepError;
  }
}

// The lines about Wi-Fi and sockets are those of the runtime's source; no board was at hand to record them.
describe("the log of a board says how far it is", () => {
  test("connected", () => {
    expect(outcome([...START, ...JOINED, "> connected to broker.test:1883 after 3100 ms"])).toBe("broker.test:1883");
  });

  test("connected before the deploy is not connected", () => {
    expect(outcome(["* start: nightlight 0.0.9", "> connected to old:1883 after 9 ms", ...START])).toBeInstanceOf(
      StepError,
    );
  });

  test.each<[string, string[], step: string, said: RegExp]>([
    ["the program never started", [], "the start", /did not start.*RESET/s],
    [
      "the program fails",
      [...START, "! Unhandled exception", "!   at main"],
      "the start",
      /ended by a fault.*monitor/s,
    ],
    [
      "the network is not there",
      [...START, "wifi: scan done: 2 results", "wifi: cellar [rssi:-60]", "wifi:  [rssi:-70]"],
      "the Wi-Fi",
      /does not see the network "attic"; it sees cellar\..*2\.4 GHz/s,
    ],
    [
      "the password is wrong",
      [
        ...START,
        "wifi: scan done: 1 results",
        "wifi: attic [rssi:-60]",
        "wifi: connecting to 'attic'",
        "wifi: sta disconnect, reconnect...",
      ],
      "the Wi-Fi",
      /has not joined "attic" after 60 s.*password/s,
    ],
    [
      "the broker has no such name",
      [...START, ...JOINED, problem("can't resolve host")],
      "the broker",
      /no computer called broker\.test.*IP address/s,
    ],
    [
      "the broker does not listen",
      [...START, ...JOINED, problem("can't connect")],
      "the broker",
      /Nothing accepts connections at broker\.test:1883.*firewall/s,
    ],
    [
      "the broker says nothing",
      [...START, ...JOINED, problem("no answer within 10000 ms")],
      "the broker",
      /does not answer.*port/s,
    ],
    [
      "user or password",
      [...START, ...JOINED, problem("the broker refused the connection: user name or password is wrong")],
      "the broker",
      /MQTT_USER and MQTT_PWD/,
    ],
    [
      "not authorized",
      [
        ...START,
        ...JOINED,
        problem("the broker refused the connection: this client is not authorized (and 3 more before)"),
      ],
      "the broker",
      /does not authorize.*user name/s,
    ],
    [
      "client identifier",
      [...START, ...JOINED, problem("the broker refused the connection: it does not allow this client identifier")],
      "the broker",
      /NL_ID/,
    ],
    ["something new", [...START, ...JOINED, problem("the moon is full")], "the broker", /the moon is full/],
    ["nothing at all", [...START], "the broker", /said nothing of a connection.*npm run monitor/s],
  ])("%s", (_, lines, step, said) => {
    const failure = outcome(lines) as StepError;
    expect(failure).toBeInstanceOf(StepError);
    expect(failure.step).toBe(step);
    expect(failure.message).toMatch(said);
  });

  test("a certificate that no board trusts ends the wait", () => {
    const lines = [
      ...START,
      ...JOINED,
      "SOCK: mbedtls_ssl_handshake returned -2700",
      "SOCK:   X509 - Certificate verification failed",
    ];
    const failure = outcome(lines, { ...SETTINGS, MQTT_TLS: true }) as StepError;
    expect(failure.step).toBe("TLS");
    expect(failure.remedy).toContain("MQTT_TLS=false");
  });
});
