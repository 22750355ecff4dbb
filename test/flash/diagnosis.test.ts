import { describe, expect, test } from "vitest";
import { Diagnosis } from "../../flashing/diagnosis.js";
import { StepError } from "../../flashing/step-error.js";

const SETTINGS = { WIFI_SSID: "attic", MQTT_HOST: "broker.test", MQTT_PORT: 1883 };
const START_LINES = ["devsmgr: deploy 27000 b", "* start: nightlight 0.1.0"];
const WIFI_JOINED_LINES = ["wifi: connecting to 'attic'", "wifi: got ip 1200a8c0"];
const createRefusalLine = (text: string) => `* refused a message on the connection: ${text}`;

/** Diagnoses a board's log. Returns the address of the broker to which the board connected, or the error. */
function diagnose(lines: string[], settings: Record<string, unknown> = SETTINGS): string | StepError {
  const diagnosis = new Diagnosis(settings);
  try {
    for (const line of lines) {
      const broker = diagnosis.processLine(line);
      if (broker) return broker;
    }
    return diagnosis.explainTimeout(60);
  } catch (error) {
    return error as StepError;
  }
}

// The lines about Wi-Fi and sockets come from the runtime's source, not from a recording of a real board.
describe("the diagnosis of a board's log", () => {
  test("returns the broker's address once the board is connected", () => {
    expect(diagnose([...START_LINES, ...WIFI_JOINED_LINES, "> connected to broker.test:1883 after 3100 ms"])).toBe(
      "broker.test:1883",
    );
  });

  test("ignores a connection from before the deploy", () => {
    expect(
      diagnose(["* start: nightlight 0.0.9", "> connected to old:1883 after 9 ms", ...START_LINES]),
    ).toBeInstanceOf(StepError);
  });

  test.each<[string, string[], step: string, message: RegExp]>([
    ["a program that never started", [], "the start", /did not start.*RESET/s],
    [
      "a program that crashed",
      [...START_LINES, "! Unhandled exception", "!   at main"],
      "the start",
      /crashed.*monitor/s,
    ],
    [
      "a missing network",
      [...START_LINES, "wifi: scan done: 2 results", "wifi: cellar [rssi:-60]", "wifi:  [rssi:-70]"],
      "the Wi-Fi",
      /does not see the network "attic"; it sees cellar\..*2\.4 GHz/s,
    ],
    [
      "a wrong Wi-Fi password",
      [
        ...START_LINES,
        "wifi: scan done: 1 results",
        "wifi: attic [rssi:-60]",
        "wifi: connecting to 'attic'",
        "wifi: sta disconnect, reconnect...",
      ],
      "the Wi-Fi",
      /has not joined "attic" after 60 s.*password/s,
    ],
    [
      "an unknown host name",
      [...START_LINES, ...WIFI_JOINED_LINES, createRefusalLine("can't resolve host")],
      "the broker",
      /no computer called broker\.test.*IP address/s,
    ],
    [
      "a refused connection",
      [...START_LINES, ...WIFI_JOINED_LINES, createRefusalLine("can't connect")],
      "the broker",
      /Nothing accepts connections at broker\.test:1883.*firewall/s,
    ],
    [
      "a broker that does not answer",
      [...START_LINES, ...WIFI_JOINED_LINES, createRefusalLine("no answer within 10000 ms")],
      "the broker",
      /does not answer.*port/s,
    ],
    [
      "a wrong user name or password",
      [
        ...START_LINES,
        ...WIFI_JOINED_LINES,
        createRefusalLine("the broker refused the connection: user name or password is wrong"),
      ],
      "the broker",
      /MQTT_USER and MQTT_PWD/,
    ],
    [
      "a board without authorization",
      [
        ...START_LINES,
        ...WIFI_JOINED_LINES,
        createRefusalLine("the broker refused the connection: this client is not authorized (and 3 more before)"),
      ],
      "the broker",
      /does not authorize.*user name/s,
    ],
    [
      "a refused client identifier",
      [
        ...START_LINES,
        ...WIFI_JOINED_LINES,
        createRefusalLine("the broker refused the connection: it does not allow this client identifier"),
      ],
      "the broker",
      /NL_ID/,
    ],
    [
      "an unknown problem",
      [...START_LINES, ...WIFI_JOINED_LINES, createRefusalLine("the moon is full")],
      "the broker",
      /the moon is full/,
    ],
    [
      "a log without a connection",
      [...START_LINES],
      "the broker",
      /logged nothing about a connection.*npm run monitor/s,
    ],
  ])("explains %s", (_, lines, step, message) => {
    const failure = diagnose(lines) as StepError;
    expect(failure).toBeInstanceOf(StepError);
    expect(failure.step).toBe(step);
    expect(failure.message).toMatch(message);
  });

  test("explains an untrusted certificate at once", () => {
    const lines = [
      ...START_LINES,
      ...WIFI_JOINED_LINES,
      "SOCK: mbedtls_ssl_handshake returned -2700",
      "SOCK:   X509 - Certificate verification failed",
    ];
    const failure = diagnose(lines, { ...SETTINGS, MQTT_TLS: true }) as StepError;
    expect(failure.step).toBe("TLS");
    expect(failure.remedy).toContain("MQTT_TLS=false");
  });
});
