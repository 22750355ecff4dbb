import { EventEmitter } from "node:events";
import { isLoopback } from "../common/hosts.js";
import { DEFAULT_OPTIONS, toSettings, type ServerOptions, type Settings } from "../config/options.js";
import { listRestartSettings } from "../config/settings-diff.js";
import { zoneDirectoryOf, type ZoneDirectory } from "../decisions/zones/directory.js";
import { directoryOf, type DeviceDirectory } from "../devices/directory.js";
import { withDistinctSwitches, type HistoryReader } from "../history/distinct-switches.js";
import { NO_HISTORY, type History } from "../history/history.js";
import { openHistory } from "../history/open.js";
import { Events } from "../http/events.js";
import type { Counters } from "../observability/counters.js";
import type { ServerEvents } from "../outputs/server-events.js";
import { watchCertificates } from "../security/certificates.js";
import { UpdateKeys } from "../security/update-keys.js";
import { DamagedFiles } from "../storage/damage.js";
import { openDataFolder } from "../storage/data-folder.js";
import { createEmbeddedConnection } from "../transport/embedded.js";
import type { BrokerConnection } from "../transport/broker-connection.js";
import { createScope } from "../transport/scope.js";
import { startAlerts } from "./alerts.js";
import { loginStoreOf, openServerAccounts } from "./accounts.js";
import { Lifecycle } from "./lifecycle.js";
import { createLinkHandlers } from "./link-handlers.js";
import { createParts } from "./parts.js";
import { logStart } from "./startup-banner.js";
import { createLocalUpdateUrl, startUpdates } from "./updates.js";

/** The addresses of a running server, and the objects that give access to its data. */
interface RunningServer {
  /** The address for MQTT clients. */
  readonly brokerUrl: string;
  /** The address for MQTT over TLS; undefined with a remote broker or without certificates. */
  readonly secureBrokerUrl: string | undefined;
  /** The address for MQTT over WebSocket; undefined with a remote broker or without HTTP. */
  readonly websocketUrl: string | undefined;
  /** The address of the API and the dashboard; undefined without HTTP. */
  readonly httpUrl: string | undefined;
  readonly devices: DeviceDirectory;
  readonly zones: ZoneDirectory;
  /** The history of readings and lamp switches. */
  readonly history: HistoryReader;
  readonly counters: Readonly<Counters>;
  /** Forgets a device: its state, history and retained messages. Does nothing if the device is not known. */
  forget(id: string): Promise<void>;
  /**
   * Returns the setting `UPDATE_URL` for a simulated board on this machine, and creates the key of the board if it has
   * none. Resolves to undefined when HTTP is off.
   */
  updateUrlOf(id: string): Promise<string | undefined>;
  /**
   * Applies options without dropping a connection. Returns the names of options that need a restart.
   * @throws UsageError if an option is invalid; then nothing changes
   */
  reload(options: ServerOptions): readonly string[];
}

/** A running server, which emits events and can be closed. */
export interface NightlightServer extends EventEmitter<ServerEvents>, RunningServer {
  /** Publishes that the server is offline and stops everything within 2 s, even while clients are connected. */
  close(): Promise<void>;
}

/** Registers a cleanup step. The steps run in reverse order when the server closes. */
type AddCleanupStep = (step: () => unknown) => void;

/**
 * Starts a server.
 * @throws UsageError if an option is invalid; StartError if a port, the broker or the data folder is not available
 */
export async function startServer(options: ServerOptions = {}): Promise<NightlightServer> {
  const settings = toSettings(options);
  const steps: (() => unknown)[] = [];
  let ending: Promise<void> | undefined;
  async function end(): Promise<void> {
    for (const step of steps.reverse()) await step();
    settings.log.flush();
  }
  const close = (): Promise<void> => (ending ??= end());
  try {
    return Object.assign(await startParts(settings, (step) => steps.push(step)), { close });
  } catch (error) {
    await close();
    throw error;
  }
}

async function startParts(
  settings: Settings,
  addCleanupStep: AddCleanupStep,
): Promise<EventEmitter<ServerEvents> & RunningServer> {
  const { log, host, prefix } = settings;
  const emitter = new EventEmitter<ServerEvents>();
  const eventStream = new Events();
  const damaged = new DamagedFiles((problem) => log.error("storage", problem));
  const folder = await openDataFolder(settings.data, damaged, (problem) => log.warn("security", problem));
  addCleanupStep(() => folder.close());
  folder.health.addListener({
    failed: (problem) => log.error("storage", problem),
    recovered: () =>
      log.info("storage", "The data folder can be written again. What waited is stored and acknowledged."),
  });
  const { accounts, check, people } = await openServerAccounts(settings, addCleanupStep);
  const certificates = settings.tls && (await watchCertificates(settings.tls, log));
  if (certificates) addCleanupStep(() => certificates.close());
  // Opening the history and loading modules take about the same time, so do both in parallel.
  const [history, modules] = await Promise.all([openServerHistory(settings, damaged), loadModules(settings)]);
  addCleanupStep(async () => {
    await history.close();
    if (history.stats.lost > 0) folder.markIncomplete();
  });

  const scope = settings.broker && createScope(prefix, settings.ids);
  const { policy, state: url } = settings;
  const common = { log, history, policy, prefix, folder };
  const cluster =
    url === undefined
      ? undefined
      : await modules.cluster!.joinCluster({ ...common, url, broker: settings.broker!, scope: scope! });
  if (cluster) addCleanupStep(() => cluster.close());
  const { discoveryPrefix } = settings.homeAssistant || DEFAULT_OPTIONS.homeAssistant;
  const owns = scope?.includesDevice ?? (() => true);
  const updateKeys = new UpdateKeys(settings.data);
  const parts = createParts({
    ...common,
    updateKeys,
    updateOptions: settings.updates,
    hasHttp: settings.http,
    discoveryPrefix,
    broker: settings.broker,
    isInScope: owns,
    cluster,
    eventStream,
    emitter,
  });
  const lifecycle = new Lifecycle(parts, log);
  await lifecycle.restore(folder, history, !cluster);

  const { homeAssistant, commands } = parts;
  const zones = zoneDirectoryOf(parts.zones, (zone, mode, duration) => commands.setZoneMode(zone, mode, duration));
  const handlers = createLinkHandlers(parts, lifecycle, cluster, log);
  const broker =
    modules.broker &&
    (await modules.broker.startBroker(folder, handlers, { accounts, check, limits: settings.limits, discoveryPrefix }));
  const own =
    broker &&
    createEmbeddedConnection(
      {
        ...{ broker, prefix, host, port: settings.mqttPort, tls: certificates, mqttsPort: settings.mqttsPort },
        plainHost: settings.tls?.only && !isLoopback(host) ? "127.0.0.1" : host,
      },
      handlers,
    );
  const topics = settings.homeAssistant ? [homeAssistant.birthTopic] : [];
  const remote = { broker: settings.broker!, scope: scope!, topics, prefix, data: folder, log };
  const link: BrokerConnection =
    own ??
    cluster?.connect(parts, topics, handlers) ??
    (await modules.join!.createPersistentConnection(remote, handlers));
  parts.publisher.setConnection(link);
  addCleanupStep(() => link.close());
  addCleanupStep(() => lifecycle.close(folder));
  addCleanupStep(() => homeAssistant.close());
  const updateEndpoint = await startUpdates({ settings, parts, keys: updateKeys, emitter, addCleanupStep });
  lifecycle.resume();
  await link.start();
  lifecycle.startPublishing(history, !cluster);
  await cluster?.start();
  const alerts = startAlerts({ settings, parts, folder, history, link, cluster, eventStream, emitter });
  addCleanupStep(() => alerts.close());
  if (settings.homeAssistant) homeAssistant.enable();
  else homeAssistant.disable();

  const devices = directoryOf(parts.devices, parts.recent, (device, mode, duration) =>
    commands.setMode(device, mode, duration),
  );
  const { health } = folder;
  const served = {
    health,
    settings,
    parts,
    devices,
    zones,
    alerts,
    history,
    link,
    cluster,
    broker,
    accounts,
    check,
    people,
    loginStore: loginStoreOf(folder),
    updateKeys,
    updateEndpoint,
    certificates,
  };
  const addresses = await modules.http?.serveHttp({ ...served, damaged, eventStream, addCleanupStep });
  const { http, websocket } = addresses ?? {};
  logStart(settings, { mqtt: link.url, mqtts: own?.secureUrl, websocket, http }, accounts.isLoginRequired);
  if (settings.http) people?.firstAdministrator.start();
  return Object.assign(emitter, {
    brokerUrl: link.url,
    secureBrokerUrl: own?.secureUrl,
    websocketUrl: websocket,
    httpUrl: http,
    devices,
    zones,
    history: withDistinctSwitches(history),
    counters: parts.counters,
    async forget(id: string) {
      const device = parts.devices.get(id);
      if (device) await commands.forget(device);
    },
    async updateUrlOf(id: string) {
      return http === undefined ? undefined : createLocalUpdateUrl(id, updateKeys, host, http);
    },
    reload(options: ServerOptions) {
      const next = toSettings(options);
      lifecycle.apply(next.policy);
      cluster?.apply(next.policy);
      eventStream.publish("zones", zones.list());
      emitter.emit("zones");
      alerts.apply(next.alerts);
      if (next.history) history.retain(next.history);
      if (next.homeAssistant) homeAssistant.enable();
      else homeAssistant.disable();
      return listRestartSettings(settings, next);
    },
  });
}

async function openServerHistory({ history, data, log }: Settings, damaged: DamagedFiles): Promise<History> {
  if (!history) return NO_HISTORY;
  const onProblem = (problem: string): void => log.error("history", problem);
  return openHistory(history.url, data, { retention: history, onProblem, onDamage: damaged.report });
}

/** Imports modules that only some configurations need, because importing them slows down the start. */
async function loadModules({ broker, state, http }: Settings) {
  return {
    broker: broker ? undefined : await import("../broker/broker.js"),
    join: broker && (await import("../transport/persistent-session.js")),
    cluster: state === undefined ? undefined : await import("../cluster/cluster.js"),
    http: http ? await import("../http/serve.js") : undefined,
  };
}
