/** Fake server for dashboard tests: serves the built dashboard below /home/ and an API with scripted data. */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { VIEW_WITHOUT_FILE } from "../../../server/src/http/settings/routes.js";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { ROOT } from "../../../scripts/lib/repository.js";
import type { DeviceView, Mode } from "../../../server/src/devices/devices.js";
import type { Bucket, HistoryAnswer, HistorySwitch } from "../../../server/src/history/history.js";
import type { ZoneView } from "../../../server/src/decisions/zones/view.js";
import type { ContestedClientId, Session } from "../../../server/dashboard/api.js";

export const DASHBOARD_FOLDER = path.join(ROOT, "server", "dist", "dashboard");

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** Strictest Content-Security-Policy for a page with a script, a style sheet and requests to its server. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; " +
  "base-uri 'none'; form-action 'self'";

/** A recorded request that changes state, for comparison in tests. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

/** Creates an online device with defaults, changed by `change`. */
export function createDeviceView(id: string, change: Partial<DeviceView> = {}): DeviceView {
  return {
    id,
    online: true,
    light: 500,
    led_on: false,
    blinking: false,
    decided_by: "server",
    last_seen: new Date().toISOString(),
    since: null,
    missing: 0,
    dropped: 0,
    mode: "auto",
    until: null,
    reason: "light 500 ≥ 300",
    label: id,
    zone: null,
    threshold: 300,
    hysteresis: 0,
    heartbeat: 30_000,
    config_applied: null,
    ...change,
  };
}

/** Creates a bright zone with defaults, changed by `change`. */
export function createZoneView(name: string, change: Partial<ZoneView> = {}): ZoneView {
  return {
    name,
    label: name,
    combine: "median",
    at_least: 1,
    sensors: [],
    lamps: [],
    threshold: 300,
    hysteresis: 20,
    hours: null,
    light: 500,
    led_on: false,
    mode: "auto",
    until: null,
    reason: "median 500 ≥ 300",
    ...change,
  };
}

export class FakeApi {
  readonly devices = new Map<string, DeviceView>();
  readonly zones = new Map<string, ZoneView>();
  readonly requests: RecordedRequest[] = [];
  session: Session = { name: null, role: null, required: false };
  /** Whether requests without a session get status 401. */
  locked = false;
  /** The readings in the history of every device; undefined if the server has no history. */
  readings: Bucket[] | undefined = [];
  switches: HistorySwitch[] = [];
  contested: ContestedClientId[] = [];
  /** Why the server cannot store data; null if it can. */
  storageProblem: string | null = null;
  /** If set, responses to status requests wait for this promise. They contain the status at the time of the request. */
  statusReady: Promise<void> | undefined;
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));
  readonly #streams = new Set<ServerResponse>();

  /** URL of the dashboard. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/home/`;
  }

  static async start(): Promise<FakeApi> {
    const api = new FakeApi();
    await new Promise<void>((resolve) => api.#server.listen(0, "127.0.0.1", resolve));
    return api;
  }

  /** Closes all event streams. */
  closeStreams(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  async close(): Promise<void> {
    this.closeStreams();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Sends an event to every page. */
  publish(name: string, data: unknown): void {
    for (const stream of this.#streams) stream.write(formatEvent(name, data));
  }

  /** Adds or changes a device and publishes an event. */
  changeDevice(id: string, change: Partial<DeviceView> = {}): void {
    const device = {
      ...(this.devices.get(id) ?? createDeviceView(id)),
      last_seen: new Date().toISOString(),
      ...change,
    };
    this.devices.set(id, device);
    this.publish("device", device);
  }

  /** Adds or changes a zone and publishes an event. */
  changeZone(name: string, change: Partial<ZoneView> = {}): void {
    const known = this.zones.get(name);
    this.zones.set(name, { ...(known ?? createZoneView(name)), ...change });
    if (known) this.publish("zone", this.zones.get(name));
    else this.publish("zones", [...this.zones.values()]);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, "http://localhost");
    const sendJson = (status: number, body: unknown) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    };
    if (!pathname.startsWith("/home/")) return sendJson(404, { error: "not here" });
    const [first, second, ...rest] = pathname.slice("/home/".length).split("/");
    if (first !== "api") return this.#file(first || "index.html", response);
    if (second === "session") return sendJson(200, this.session);
    if (this.locked) return sendJson(401, { error: "Log in first." });
    const { method = "GET" } = request;
    if (method !== "GET") {
      const body = await readBody(request);
      this.requests.push({ method, path: pathname.slice("/home/".length), body: body && JSON.parse(body) });
    }
    const names = rest.map(decodeURIComponent);
    const answer = this.#api(method, [second, ...names], searchParams);
    if (second === "status") await this.statusReady;
    if (answer !== "events") return sendJson(answer[0], answer[1]);
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(formatEvent("devices", [...this.devices.values()]));
    if (this.zones.size > 0) response.write(formatEvent("zones", [...this.zones.values()]));
    this.#streams.add(response);
    response.on("close", () => this.#streams.delete(response));
  }

  #api(method: string, names: string[], query: URLSearchParams): [status: number, body?: unknown] | "events" {
    const [what, name, detail] = names;
    const last = this.requests.at(-1)?.body as { mode: Mode; for?: number; action?: string };
    if (what === "events") return "events";
    if (what === "updates") return [200, { versions: [], rollout: null }];
    if (what === "status") {
      const broker = { url: "mqtt://127.0.0.1:1883", embedded: true };
      const storage = { problem: this.storageProblem };
      return [200, { version: "0.0.0", broker, simulator: false, contested_client_ids: this.contested, storage }];
    }
    if (what === "settings") return [200, VIEW_WITHOUT_FILE];
    if (what === "recent") return [200, { points: this.#recent() }];
    if (what === "history") return this.#history(Number(query.get("from")), Number(query.get("to")));
    if (what === "logout") {
      this.session = { name: null, role: null, required: true };
      return [204];
    }
    const until = last?.for === undefined ? null : new Date(Date.now() + last.for).toISOString();
    if (what === "zones" && detail === "mode") {
      this.changeZone(name, { mode: last.mode, until });
      return [200, this.zones.get(name)];
    }
    if (!this.devices.has(name)) return [404, { error: `No device "${name}" is known.` }];
    if (detail === "actions") return [200, { outcome: "done", seq: 1, ok: true, light: 212, uptime: 7_260_000 }];
    if (method === "DELETE") {
      this.devices.delete(name);
      this.publish("forgotten", { id: name });
      return [204];
    }
    const led_on = last.mode === "auto" ? this.devices.get(name)!.led_on : last.mode === "on";
    this.changeDevice(name, { mode: last.mode, until, led_on });
    return [200, this.devices.get(name)];
  }

  #recent(): unknown[] {
    return (this.readings ?? []).map(({ time, last }) => ({ time, light: last, led_on: last < 300 }));
  }

  #history(from: number, to: number): [number, unknown] {
    if (!this.readings) return [404, { error: "This server keeps no history." }];
    const isInRange = ({ time }: { time: number }) => time >= from && time < to;
    const answer: HistoryAnswer = {
      points: this.readings.filter(isInRange),
      led_on: this.switches.findLast(({ time }) => time < from)?.led_on ?? null,
      switches: this.switches.filter(isInRange),
      step: 0,
    };
    return [200, answer];
  }

  async #file(name: string, response: ServerResponse): Promise<void> {
    const file = name === "login" ? "login.html" : name;
    const content = await readFile(path.join(DASHBOARD_FOLDER, path.basename(file))).catch(() => undefined);
    response.writeHead(content ? 200 : 404, {
      "content-type": CONTENT_TYPES[path.extname(file)] ?? "text/plain",
      "content-security-policy": CONTENT_SECURITY_POLICY,
    });
    response.end(content);
  }
}

function formatEvent(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
