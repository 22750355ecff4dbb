/** Tells from a board's log how far it is on its way to the broker, and what keeps it from there. */
import type { Settings } from "../../sim/settings.js";
import { StepError } from "./failure.js";

const CONNECTED = /connected to (\S+) after \d+ ms/;
const START = /^\* start: /;
/** What the runtime's manager says when a program arrives: what the program said before is of the past. */
const DEPLOY = /deploy \d+ b$/;
const FAULT = /^! (Unhandled exception|Exception: |.*PANIC)/;
/** Log line of the firmware for a failed connection attempt, see src/rejection-log.ts. */
const PROBLEM = /refused a message on the connection: (.*?)(?: \(and \d+ more before\))?$/;
/** The words of the runtime for ESP32: runtime/devicescript/network/wifi.c, devicescript-esp32/main/sock.c. */
const GOT_IP = /^wifi: got ip/;
const LOST = /^wifi: sta disconnect/;
const CONNECTING = /^wifi: connecting to /;
const SCAN = /^wifi: scan done: (\d+) results/;
const NETWORK = /^wifi: (.*) \[rssi:-?\d+\]$/;
const SOCKET = /^SOCK: (.*)$/;
const CERTIFICATE = /X509|certificate/i;

const SETTINGS = "Correct .env.local (npm run setup does), then npm run deploy.";

export class Diagnosis {
  #deployed = false;
  #started = false;
  #wifi: "searching" | "refused" | "joined" | undefined;
  #networks: string[] = [];
  #scanned = false;
  #problem: string | undefined;
  #fault: string | undefined;

  constructor(private readonly settings: Settings) {}

  /**
   * Takes the next line.
   * @returns the broker's address once the board is connected to it; undefined while it is not
   * @throws StepError when waiting would not help
   */
  line(line: string): string | undefined {
    if (DEPLOY.test(line)) {
      this.#deployed = true;
      this.#fault = undefined;
    }
    if (START.test(line)) {
      this.#started = this.#deployed;
      this.#problem = undefined;
    }
    this.#network(line);
    if (FAULT.test(line)) this.#fault = line.slice(2);
    if (!this.#started) return undefined;
    const connected = CONNECTED.exec(line)?.[1];
    if (connected) return connected;
    this.#problem = PROBLEM.exec(line)?.[1] ?? this.#problem;
    if (/the broker refused the connection: (user|this client|it does not allow)/.test(line)) throw this.#broker();
    const tls = SOCKET.exec(line)?.[1];
    if (this.settings.MQTT_TLS && tls && CERTIFICATE.test(tls)) throw this.#certificate(tls.trim());
    return undefined;
  }

  /** Why the board is not connected, as far as it said. */
  late(seconds: number): StepError {
    const after = `after ${seconds} s`;
    if (!this.#started)
      return new StepError("the start", `The program did not start ${after}.`, "Press RESET, then npm run monitor shows what the board says; npm run flash begins anew."); // prettier-ignore
    if (this.#fault)
      return new StepError("the start", `The program ended by a fault: ${this.#fault}`, "npm run monitor shows where. If you did not change src/, please report it with that log."); // prettier-ignore
    if (this.#wifi !== undefined && this.#wifi !== "joined") return this.#air(after);
    return this.#broker(after);
  }

  #network(line: string): void {
    if (SCAN.test(line)) {
      this.#networks = [];
      this.#scanned = true;
    }
    const network = NETWORK.exec(line)?.[1];
    if (network) this.#networks.push(network);
    if (GOT_IP.test(line)) this.#wifi = "joined";
    else if (LOST.test(line)) this.#wifi = "refused";
    else if (CONNECTING.test(line) || SCAN.test(line)) this.#wifi = this.#wifi === "joined" ? "joined" : (this.#wifi ?? "searching"); // prettier-ignore
  }

  #air(after: string): StepError {
    const name = `"${String(this.settings.WIFI_SSID)}"`;
    if (this.#scanned && !this.#networks.includes(String(this.settings.WIFI_SSID))) {
      const seen = [...new Set(this.#networks)].filter(Boolean);
      return new StepError(
        "the Wi-Fi",
        `The board does not see the network ${name}${seen.length > 0 ? `; it sees ${seen.join(", ")}` : ""}.`,
        `It sees 2.4 GHz alone, and no network that hides its name. Move it closer, or: ${SETTINGS}`,
      );
    }
    return new StepError("the Wi-Fi", `The board has not joined ${name} ${after}.`, `The password is wrong, most likely (or the router allows WPA3 alone, or no new devices). ${SETTINGS}`); // prettier-ignore
  }

  #broker(after = ""): StepError {
    const { MQTT_HOST: host, MQTT_TLS: tls } = this.settings;
    const port = this.settings.MQTT_PORT ?? (tls ? 8883 : 1883);
    const where = `${String(host)}:${String(port)}`;
    const said = this.#problem ?? "";
    const fail = (problem: string, remedy: string) => new StepError("the broker", problem, remedy);
    if (/user name or password/.test(said)) return fail(`${where} says that user name or password is wrong.`, `Check MQTT_USER and MQTT_PWD. ${SETTINGS}`); // prettier-ignore
    if (/not authori[sz]ed/.test(said)) return fail(`${where} does not authorize this board.`, `The broker wants a user name and a password, or knows this one for another board's id. ${SETTINGS}`); // prettier-ignore
    if (/client identifier/.test(said)) return fail(`${where} does not allow this board's client identifier.`, `Give the board another id: NL_ID. ${SETTINGS}`); // prettier-ignore
    if (/resolve|ENOTFOUND|EAI_AGAIN/.test(said)) return fail(`There is no computer called ${String(host)} in the board's network.`, `Give its IP address as MQTT_HOST. ${SETTINGS}`); // prettier-ignore
    if (CERTIFICATE.test(said) || /ssl|tls/i.test(said)) return this.#certificate(said);
    if (/can't connect|ECONNREFUSED|EHOSTUNREACH|ETIMEDOUT/.test(said))
      return fail(`Nothing accepts connections at ${where} (${said}).`, `Start the broker so that others reach it (npm run server -- --host 0.0.0.0), let it through the firewall, and put the board into the same network. ${SETTINGS}`); // prettier-ignore
    if (/no answer/.test(said)) return fail(`${where} does not answer (${said}).`, `Is it an MQTT broker, and with the right port (1883, with TLS 8883)? Does a firewall drop connections? ${SETTINGS}`); // prettier-ignore
    if (said) return fail(`The board has no connection to ${where}: ${said}.`, SETTINGS);
    return fail(`The board said nothing of a connection to ${where} ${after}.`, "npm run monitor shows what it says.");
  }

  #certificate(said: string): StepError {
    return new StepError(
      "TLS",
      `The board does not trust the broker's certificate, or could not agree on TLS (${said}).`,
      `A board trusts public certificate authorities alone, by the name in MQTT_HOST: no certificate of your own, and no IP address. Without such a certificate set MQTT_TLS=false and the broker's other port. ${SETTINGS}`, // prettier-ignore
    );
  }
}
