import { join } from "node:path";
import type { Alerts } from "../alerts/alerts.js";
import type { Broker } from "../broker/api.js";
import type { Cluster } from "../cluster/cluster-parts.js";
import type { History } from "../history/history.js";
import { connectionProblem, type BrokerConnection } from "../transport/broker-connection.js";
import type { Devices } from "../devices/devices.js";
import type { DeviceDirectory } from "../devices/directory.js";
import type { RecentReadings } from "../history/recent.js";
import type { Counters } from "../observability/counters.js";
import type { DecisionTimes } from "../observability/decision-times.js";
import type { RejectionLog } from "../observability/rejection-log.js";
import type { Actions } from "../outputs/actions.js";
import type { DeviceCommands } from "../outputs/device-commands.js";
import type { Lamps } from "../outputs/lamps.js";
import type { Gauges } from "./metrics/metrics.js";
import { isLoopback } from "../common/hosts.js";
import type { Accounts } from "../security/accounts.js";
import type { LoginStore } from "../security/login-record.js";
import type { PasswordCheck } from "../security/password-check.js";
import type { UpdateKeys } from "../security/update-keys.js";
import type { Certificates } from "../security/certificates.js";
import type { DamagedFiles } from "../storage/damage.js";
import type { StorageHealth } from "../storage/health.js";
import { VERSION } from "../common/version.js";
import type { ZoneDirectory } from "../decisions/zones/directory.js";
import { createApp, listenHttp } from "./app.js";
import type { Events } from "./events.js";
import { createGuard } from "./guard.js";
import { Ingress, type IngressSettings } from "./ingress.js";
import type { HttpLimits } from "./limits.js";
import type { People } from "./people.js";
import { createNewBoardView } from "./new-board.js";
import type { SettingsSource } from "./settings/source.js";
import type { Plugin } from "./plugin.js";
import type { Log } from "../observability/log.js";
import type { Rollouts } from "../updates/rollout.js";
import type { Updates } from "../updates/updates.js";
import { UPDATES_PATH } from "../updates/update-path.js";
import type { UpdateEndpoint } from "../updates/endpoint.js";
import { RuntimeStore } from "./flashing/runtime-store.js";
import { boardUrlOf } from "./updates/update-url.js";
import { serveUpgrades, type UpgradeRoute } from "./upgrades.js";
import { createMqttEndpoint, WEBSOCKET_PATH } from "./websocket.js";

/** The settings of HTTP; `ServerOptions` describes them. */
export interface HttpSettings {
  readonly http: boolean;
  readonly httpPort: number;
  readonly httpNames: readonly string[];
  /** Home Assistant's ingress; undefined switches it off. */
  readonly ingress: IngressSettings | undefined;
  readonly host: string;
  readonly prefix: string;
  /** The data folder. */
  readonly data: string;
  /** Configuration of the history; false when the history is switched off. */
  readonly history: object | false;
  readonly limits: HttpLimits & { readonly connections: number };
  readonly tls: { readonly only?: boolean } | undefined;
  /** The command that started this server; undefined if unknown. */
  readonly startCommand: string | undefined;
  readonly plugins: readonly Plugin[];
  readonly log: Log;
  /** The configuration file; undefined for a server without one. */
  readonly configuration: SettingsSource | undefined;
}

/** The parts of the server that the API shows and changes. */
export interface ServedParts {
  readonly devices: Devices;
  readonly recent: RecentReadings;
  readonly actions: Actions;
  readonly commands: DeviceCommands;
  readonly lamps: Pick<Lamps, "isCatchingUp">;
  readonly journal: { readonly waitingCount: number };
  readonly counters: Counters;
  readonly decisionTimes: DecisionTimes;
  readonly rejects: RejectionLog;
  readonly updates: Updates;
  readonly rollouts: Rollouts;
}

/** The parts of the server that HTTP serves. */
export interface HttpServices {
  /** Whether the data folder can be written. */
  readonly health: StorageHealth;
  readonly settings: HttpSettings;
  readonly parts: ServedParts;
  readonly devices: DeviceDirectory;
  readonly zones: ZoneDirectory;
  readonly alerts: Alerts;
  readonly history: History;
  readonly link: BrokerConnection;
  /** The cluster of servers; undefined when this is the only server. */
  readonly cluster: Cluster | undefined;
  /** The embedded broker; undefined with an external one. */
  readonly broker: Broker | undefined;
  readonly accounts: Accounts;
  /** Checks passwords; the broker uses the same instance. */
  readonly check: PasswordCheck;
  /** The users that administrators can manage; undefined when the server runs with `--anonymous`. */
  readonly people: People | undefined;
  /** The WebSocket endpoint for program updates of boards. */
  readonly updateEndpoint: UpdateEndpoint;
  readonly updateKeys: UpdateKeys;
  /** Stores login sessions. */
  readonly loginStore: LoginStore;
  readonly certificates: Certificates | undefined;
  readonly damaged: DamagedFiles;
  readonly eventStream: Events;
  /** Registers a function that runs when the server stops. */
  addCleanupStep(step: () => unknown): void;
}

/** The URLs of HTTP and of MQTT over WebSocket; undefined for a listener that is switched off. */
export interface HttpAddresses {
  readonly http: string | undefined;
  readonly websocket: string | undefined;
}

/**
 * Starts the HTTP server with API, dashboard and MQTT over WebSocket, unless the settings switch HTTP off.
 * @throws StartError when the port is in use or not permitted
 */
export async function serveHttp(served: HttpServices): Promise<HttpAddresses> {
  const { health, settings, parts, zones, history, link, broker, eventStream, certificates: tls } = served;
  const { devices, recent, actions, commands, counters, decisionTimes } = parts;
  const { host, log } = settings;
  if (!settings.http) return { http: undefined, websocket: undefined };
  const ingress = new Ingress(settings.ingress);
  const guard = createGuard(host, settings.httpNames, ingress);
  let websocket: string | undefined;
  const app = await createApp({
    guard,
    ingress,
    accounts: served.accounts,
    check: served.check,
    people: served.people,
    loginStore: served.loginStore,
    framed: isLoopback(host),
    tls,
    maxConnections: settings.limits.connections,
    limits: settings.limits,
    onRefused: (client, problem) => parts.rejects.add("over-limit", client, problem),
    events: eventStream,
    cluster: served.cluster,
    prefix: settings.prefix,
    plugins: settings.plugins,
    log,
    directory: served.devices,
    api: {
      ...{ devices, recent, actions, counters, decisionTimes },
      setMode: (device, mode, duration) => commands.setMode(device, mode, duration),
      forget: (device) => commands.forget(device),
      zones,
      alerts: served.alerts,
      history,
      rejections: parts.rejects.recent,
      historyOn: settings.history !== false,
      version: VERSION,
      damaged: served.damaged,
      log,
      gauges: () => gaugesOf(served),
      broker: () => ({ url: link.url, websocket: websocket ?? null, embedded: broker !== undefined }),
      newBoard: () => createNewBoardView(served),
      updates: served.cluster ? undefined : parts.updates,
      rollouts: parts.rollouts,
      flashing: {
        runtimes: new RuntimeStore(join(settings.data, "runtimes")),
        program: (board) => parts.updates.images.latestProgramFor(board),
        log,
      },
      updateUrl: { keys: served.updateKeys, ownUrl: () => boardUrlOf(host, app.server.address(), tls !== undefined) },
      mqttSessions: () => broker?.sessions,
      contestedClientIds: () => broker?.contestedClientIds ?? [],
      healthProblem: () => connectionProblem(link),
      settings: settings.configuration,
      storage: health,
      countUnacknowledged: () => parts.journal.waitingCount,
      readinessProblem: () =>
        connectionProblem(link) ||
        health.problem ||
        served.cluster?.problem() ||
        (parts.lamps.isCatchingUp ? "The server is still processing readings that waited at the broker." : ""),
    },
  });
  const publishStorage = (): void => eventStream.publish("storage", { problem: health.problem || null });
  health.addListener({ failed: publishStorage, recovered: publishStorage });
  settings.configuration?.onChange((event) => eventStream.publish("settings", event));
  served.addCleanupStep(() => app.close());
  const mqtt = broker && createMqttEndpoint(broker, guard);
  if (mqtt) served.addCleanupStep(() => mqtt.close());
  serveUpgrades(app.server, [
    ...(mqtt ? [mqtt.route] : []),
    ...(served.cluster ? [] : [updateRouteOf(served.updateEndpoint)]),
  ]);
  // The HTTP server waits for its connections, so end those of boards first.
  served.addCleanupStep(() => served.updateEndpoint.close());
  const http = await listenHttp(app, host, settings.httpPort);
  if (broker) websocket = http.replace(/^http/, "ws") + WEBSOCKET_PATH;
  return { http, websocket };
}

/** The key of the board authenticates the client, and no page knows a key, so this endpoint needs no guard. */
function updateRouteOf(endpoint: UpdateEndpoint): UpgradeRoute {
  return {
    path: `${UPDATES_PATH}<id>`,
    matches: (path) => path.startsWith(UPDATES_PATH),
    handle: (...request) => endpoint.handleUpgrade(...request),
  };
}

function gaugesOf({ parts: { devices, updates, rollouts }, link, broker, eventStream }: HttpServices): Gauges {
  let devicesOnline = 0;
  let readingsMissing = 0;
  let readingsDropped = 0;
  let devicesOutdated = 0;
  for (const { online, gaps, status, update } of devices) {
    if (online) devicesOnline++;
    if (update?.latest && update.latest !== status?.firmware) devicesOutdated++;
    readingsMissing += gaps?.missing ?? 0;
    readingsDropped += status?.dropped ?? 0;
  }
  return {
    devicesOnline,
    readingsMissing,
    readingsDropped,
    devicesOffline: devices.size - devicesOnline,
    devicesOutdated,
    updates: updates.counts,
    rollout: rollouts.view,
    linkUp: link.connected,
    eventStreams: eventStream.size,
    brokerClients: broker?.stats.clients,
    brokerQueued: broker?.stats.queued,
  };
}
