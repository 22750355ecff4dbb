/** Starts the HTTP application without the rest of the server, with accounts in memory. */
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { ContestedClientId, SessionDirectory } from "../../../server/src/broker/api.js";
import { toDeviceView } from "../../../server/src/devices/describe-device.js";
import { Device } from "../../../server/src/devices/devices.js";
import { createApp, listenHttp, type HttpOptions } from "../../../server/src/http/app.js";
import { NO_HISTORY } from "../../../server/src/history/history.js";
import { Events } from "../../../server/src/http/events.js";
import { createGuard } from "../../../server/src/http/guard.js";
import { silentLog, type Log } from "../../../server/src/observability/log.js";
import { DEFAULT_OPTIONS } from "../../../server/src/config/options.js";
import type { Account, Accounts, Role } from "../../../server/src/security/accounts.js";
import { NO_ACCOUNTS } from "../../../server/src/security/accounts.js";
import { DamagedFiles } from "../../../server/src/storage/damage.js";
import { StorageHealth } from "../../../server/src/storage/health.js";

/** Accounts in memory. The password is `<name> password` and the token is `<name>-token`. */
export class TestAccounts implements Accounts {
  readonly #users = new Map<string, { account: Account; password: string }>();
  #required = false;
  /** Number of password checks so far. */
  checks = 0;
  /** Test accounts have no generated passwords. */
  readonly authenticateGenerated: Accounts["authenticateGenerated"] = () => undefined;

  constructor(...users: [name: string, role: Role][]) {
    for (const [name, role] of users) this.set(name, role, `${name} password`);
  }

  /** Whether a login is required. As with the real accounts, this stays true after the first account was added. */
  get isLoginRequired(): boolean {
    return (this.#required ||= this.#users.size > 0);
  }

  /** Adds a user, or changes the user's role or password. */
  set(name: string, role: Role, password: string): void {
    this.#users.set(name, { account: { name, role }, password });
  }

  remove(name: string): void {
    this.#users.delete(name);
  }

  async authenticate(name: string, password: string): Promise<Account | undefined> {
    this.checks++;
    const user = this.#users.get(name);
    return user?.password === password ? user.account : undefined;
  }

  authenticateToken(token: string): Account | undefined {
    return token.endsWith("-token") ? this.findByName(token.slice(0, -"-token".length)) : undefined;
  }

  findByName(name: string): Account | undefined {
    return this.#users.get(name)?.account;
  }
}

/** Creates three accounts: an admin, a reader and a board. */
export function createThreeAccounts(): TestAccounts {
  return new TestAccounts(["ann", "admin"], ["rob", "reader"], ["porch", "device"]);
}

/** A log that records its entries. */
export interface TestLog extends Log {
  readonly lines: { readonly level: string; readonly text: string; readonly fields: object }[];
}

export function createTestLog(): TestLog {
  const lines: TestLog["lines"] = [];
  const at =
    (level: string) =>
    (_event: string, text: string, fields: object = {}): void =>
      void lines.push({ level, text, fields });
  return { ...silentLog, lines, info: at("info"), warn: at("warn"), error: at("error") };
}

/** The embedded broker's sessions, and the client ids that two clients use at the same time. */
interface TestBroker {
  /** The sessions of the embedded broker; undefined for a server with an external broker. */
  readonly sessions?: SessionDirectory;
  readonly contested?: readonly ContestedClientId[];
}

/** Creates the data sources of an API with one device, and records each mode that a request sets. */
function createDataSources(modes: string[], { sessions, contested = [] }: TestBroker) {
  const device = new Device("nightlight/porch");
  return {
    version: "0.0.0",
    devices: {
      size: 1,
      get: (id: string) => (id === device.id ? device : undefined),
      list: () => [toDeviceView(device)],
    },
    recent: { pointsOf: () => [] },
    counters: {},
    log: silentLog,
    history: NO_HISTORY,
    storage: new StorageHealth("/data"),
    damaged: new DamagedFiles(),
    countUnacknowledged: () => 0,
    actions: {},
    updateUrl: {},
    flashing: {},
    updates: undefined,
    rollouts: {},
    zones: { list: () => [], get: () => undefined },
    alerts: { list: () => [], listChannels: () => [], sendTest: async () => [] },
    broker: () => ({ url: "mqtt://127.0.0.1:1", websocket: null, embedded: sessions !== undefined }),
    mqttSessions: () => sessions,
    contestedClientIds: () => contested,
    healthProblem: () => "",
    readinessProblem: () => "",
    setMode: async (_device: unknown, mode: string) => void modes.push(mode),
  };
}

export interface TestApp {
  readonly url: string;
  readonly server: http.Server;
  readonly events: Events;
  /** The modes set for the device, in order. */
  readonly modes: string[];
}

/** Starts the application on a free port and closes it after the test. @param options.host the configured listen address */
export async function startHttpApp(
  options: Partial<HttpOptions> & TestBroker & { readonly host?: string; readonly names?: readonly string[] } = {},
): Promise<TestApp> {
  const { host = "127.0.0.1", names = [], sessions, contested, ...rest } = options;
  const modes: string[] = [];
  const api = createDataSources(modes, { sessions, contested }) as unknown as HttpOptions["api"];
  const events = new Events();
  const app = await createApp({
    guard: createGuard(host, names),
    accounts: NO_ACCOUNTS,
    framed: true,
    maxConnections: 10_000,
    limits: DEFAULT_OPTIONS.limits,
    onRefused: () => {},
    api,
    events,
    plugins: [],
    directory: {} as HttpOptions["directory"],
    log: silentLog,
    ...rest,
  });
  onTestFinished(() => app.close());
  const url = await listenHttp(app, "127.0.0.1", 0);
  return { url, server: app.server, events, modes };
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** The parsed body; empty for other content types. */
  readonly json: Record<string, unknown>;
}

export interface AskOptions extends https.RequestOptions {
  /** Request body. A string is sent unchanged, other values as JSON. */
  readonly body?: unknown;
}

/** Sends a request on a new connection, with arbitrary headers. */
export function ask(url: string, path: string, { body, headers, ...options }: AskOptions = {}): Promise<Answer> {
  const client = url.startsWith("https") ? https : http;
  const type = body === undefined ? {} : { "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    // pass the path separately, because URL parsing would normalize it
    const made = { hostname, port, path, agent: false, rejectUnauthorized: false, ...options };
    const request = client.request({ ...made, headers: { ...type, ...headers } }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => (text += part));
      response.on("error", reject);
      response.on("end", () => {
        const json = text && /json/.test(response.headers["content-type"] ?? "") ? JSON.parse(text) : {};
        resolve({ status: response.statusCode!, headers: response.headers, text, json });
      });
    });
    request.on("error", reject);
    request.end(body === undefined || typeof body === "string" ? body : JSON.stringify(body));
  });
}

/** Logs in and returns the session cookie. */
export async function logIn(url: string, name: string, password = `${name} password`): Promise<string> {
  const { status, headers, text } = await ask(url, "/api/login", { method: "POST", body: { name, password } });
  if (status !== 200) throw new Error(`The login failed with status ${status}: ${text}`);
  return headers["set-cookie"]![0].split(";", 1)[0];
}

/** Returns the port of a listening server. */
export function portOf(server: http.Server): number {
  return (server.address() as AddressInfo).port;
}
