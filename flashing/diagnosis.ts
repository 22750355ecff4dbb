/** Reads a board's log to find out whether the board reached its broker, and why not. */
import type { Settings } from "./settings.js";
import { StepError, type ProblemDetails, type RemedyKind } from "./step-error.js";

/** Log line of the firmware with the address of its broker. */
const CONNECTED_LINE = /connected to (\S+) after \d+ ms/;
/** Log line of the runtime when a program starts. */
const START_LINE = /^\* start: /;
/** Log line of the runtime when a new program arrives. Earlier lines come from the old program. */
const DEPLOY_LINE = /deploy \d+ b$/;
const EXCEPTION_LINE = /^! (Unhandled exception|Exception: |.*PANIC)/;
/** Log line of the firmware for a failed connection attempt, see src/rejection-log.ts. */
const PROBLEM_LINE = /refused a message on the connection: (.*?)(?: \(and \d+ more before\))?$/;
/** Log line of the ESP32 runtime when Wi-Fi is connected. Source of the Wi-Fi lines: runtime/devicescript/network/wifi.c */
const GOT_IP_LINE = /^wifi: got ip/;
const WIFI_LOST_LINE = /^wifi: sta disconnect/;
const WIFI_CONNECTING_LINE = /^wifi: connecting to /;
const WIFI_SCAN_LINE = /^wifi: scan done: (\d+) results/;
const WIFI_NETWORK_LINE = /^wifi: (.*) \[rssi:-?\d+\]$/;
/** Number of refusals in a row after which waiting longer does not help. */
const MAX_WIFI_REFUSALS = 5;
/** Log line of the ESP32 runtime about a socket. Source: devicescript-esp32/main/sock.c */
const SOCKET_LINE = /^SOCK: (.*)$/;
const CERTIFICATE_ERROR = /X509|certificate/i;

const SETTINGS_ADVICE = "Correct .env.local (npm run setup helps), then run npm run deploy.";

/** Reads a board's log from the start of a deploy, and records what can explain a failed connection to the broker. */
export class Diagnosis {
  #deployed = false;
  #started = false;
  #wifi: "searching" | "refused" | "joined" | undefined;
  #networks: string[] = [];
  /** How often the network refused the board since the program started or the board was last on the network. */
  #refusals = 0;
  #scanned = false;
  #problem: string | undefined;
  #fault: string | undefined;

  constructor(private readonly settings: Settings) {}

  /**
   * Processes the next log line.
   * @returns the broker's address once the board is connected; undefined before that
   * @throws StepError when waiting longer would not help
   */
  processLine(line: string): string | undefined {
    if (DEPLOY_LINE.test(line)) {
      this.#deployed = true;
      this.#fault = undefined;
    }
    if (START_LINE.test(line)) {
      this.#started = this.#deployed;
      this.#refusals = 0;
      this.#problem = undefined;
    }
    this.#readWifi(line);
    if (EXCEPTION_LINE.test(line)) this.#fault = line.slice(2);
    if (!this.#started) return undefined;
    if (this.#refusals >= MAX_WIFI_REFUSALS) throw this.#wifiError(`after ${MAX_WIFI_REFUSALS} attempts`);
    const connected = CONNECTED_LINE.exec(line)?.[1];
    if (connected) return connected;
    this.#problem = PROBLEM_LINE.exec(line)?.[1] ?? this.#problem;
    if (/the broker refused the connection: (user|this client|it does not allow)/.test(line)) throw this.#brokerError();
    const tls = SOCKET_LINE.exec(line)?.[1];
    if (this.settings.MQTT_TLS && tls && CERTIFICATE_ERROR.test(tls)) throw this.#tlsError(tls.trim());
    return undefined;
  }

  /** Explains after a timeout why the board is not connected, as far as its log shows. */
  explainTimeout(seconds: number): StepError {
    const after = `after ${seconds} s`;
    if (!this.#started)
      return new StepError("the start", `The program did not start ${after}.`, "Press RESET, then npm run monitor shows what the board says; npm run flash starts over.", { kind: "reset", details: { code: "not-started" } }); // prettier-ignore
    if (this.#fault)
      return new StepError("the start", `The program crashed: ${this.#fault}`, "npm run monitor shows where. If you did not change src/, please report the crash with that log.", { kind: "report", details: { code: "crashed", reason: this.#fault } }); // prettier-ignore
    if (this.#wifi !== undefined && this.#wifi !== "joined") return this.#wifiError(after);
    return this.#brokerError(after);
  }

  #readWifi(line: string): void {
    if (WIFI_SCAN_LINE.test(line)) {
      this.#networks = [];
      this.#scanned = true;
    }
    const network = WIFI_NETWORK_LINE.exec(line)?.[1];
    if (network) this.#networks.push(network);
    if (WIFI_LOST_LINE.test(line)) this.#refusals++;
    if (GOT_IP_LINE.test(line)) this.#refusals = 0;
    if (GOT_IP_LINE.test(line)) this.#wifi = "joined";
    else if (WIFI_LOST_LINE.test(line)) this.#wifi = "refused";
    else if (WIFI_CONNECTING_LINE.test(line) || WIFI_SCAN_LINE.test(line)) this.#wifi = this.#wifi === "joined" ? "joined" : (this.#wifi ?? "searching"); // prettier-ignore
  }

  #wifiError(after: string): StepError {
    const network = String(this.settings.WIFI_SSID);
    const name = `"${network}"`;
    if (this.#scanned && !this.#networks.includes(network)) {
      const seen = [...new Set(this.#networks)].filter(Boolean);
      return new StepError(
        "the Wi-Fi",
        `The board does not see the network ${name}${seen.length > 0 ? `; it sees ${seen.join(", ")}` : ""}.`,
        `Boards see only 2.4 GHz networks, and no hidden ones. Move the board closer, or: ${SETTINGS_ADVICE}`,
        { kind: "wifi-network", details: { code: "wifi-unseen", network } },
      );
    }
    return new StepError("the Wi-Fi", `The board has not joined ${name} ${after}.`, `Most likely the password is wrong (or the router allows only WPA3, or no new devices). ${SETTINGS_ADVICE}`, { kind: "wifi-password", details: { code: "wifi-refused", network } }); // prettier-ignore
  }

  #brokerError(after = ""): StepError {
    const { MQTT_HOST: host, MQTT_TLS: tls } = this.settings;
    const port = this.settings.MQTT_PORT ?? (tls ? 8883 : 1883);
    const where = `${String(host)}:${String(port)}`;
    const lastProblem = this.#problem ?? "";
    const createError = (
      problem: string,
      remedy: string,
      details: ProblemDetails = { code: "broker-unreachable", broker: where, reason: lastProblem },
      kind: RemedyKind = "broker",
    ) => new StepError("the broker", problem, remedy, { kind, details });
    const rejection: ProblemDetails = { code: "broker-rejects", broker: where };
    if (/user name or password/.test(lastProblem)) return createError(`${where} rejects the user name or the password.`, `Check MQTT_USER and MQTT_PWD. ${SETTINGS_ADVICE}`, rejection, "account"); // prettier-ignore
    if (/not authori[sz]ed/.test(lastProblem)) return createError(`${where} does not authorize this board.`, `The broker requires a user name and a password, or the user belongs to another board's id. ${SETTINGS_ADVICE}`, rejection, "account"); // prettier-ignore
    if (/client identifier/.test(lastProblem)) return createError(`${where} does not allow this board's client identifier.`, `Give the board another id: NL_ID. ${SETTINGS_ADVICE}`, rejection, "account"); // prettier-ignore
    if (/resolve|ENOTFOUND|EAI_AGAIN/.test(lastProblem)) return createError(`There is no computer called ${String(host)} in the board's network.`, `Give its IP address as MQTT_HOST. ${SETTINGS_ADVICE}`, { code: "broker-unknown", host: String(host) }); // prettier-ignore
    if (CERTIFICATE_ERROR.test(lastProblem) || /ssl|tls/i.test(lastProblem)) return this.#tlsError(lastProblem);
    if (/can't connect|ECONNREFUSED|EHOSTUNREACH|ETIMEDOUT/.test(lastProblem))
      return createError(`Nothing accepts connections at ${where} (${lastProblem}).`, `Start the broker so that other computers reach it (npm run server -- --host 0.0.0.0), open its port in the firewall, and connect the board to the same network. ${SETTINGS_ADVICE}`); // prettier-ignore
    if (/no answer/.test(lastProblem)) return createError(`${where} does not answer (${lastProblem}).`, `Check that it is an MQTT broker, that the port is right (1883, with TLS 8883), and that no firewall drops connections. ${SETTINGS_ADVICE}`); // prettier-ignore
    if (lastProblem) return createError(`The board has no connection to ${where}: ${lastProblem}.`, SETTINGS_ADVICE);
    return createError(
      `The board logged nothing about a connection to ${where} ${after}.`,
      "npm run monitor shows its log.",
      { code: "not-connected", broker: where },
    );
  }

  #tlsError(lastProblem: string): StepError {
    return new StepError(
      "TLS",
      `The board does not trust the broker's certificate, or the TLS handshake failed (${lastProblem}).`,
      `A board trusts only certificates of public authorities for the name in MQTT_HOST: no self-signed certificate, and no IP address. Without such a certificate, set MQTT_TLS=false and the broker's port without TLS. ${SETTINGS_ADVICE}`, // prettier-ignore
      { kind: "certificate", details: { code: "certificate", reason: lastProblem } },
    );
  }
}
