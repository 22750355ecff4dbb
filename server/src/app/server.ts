import { EventEmitter } from "node:events";
import { letIn } from "./accounts.js";
import type { Core } from "./core-parts.js";
import { createCore } from "./core.js";
import type { Counters } from "../observability/counters.js";
import { openData } from "../storage/data-folder.js";
import type { Device } from "../devices/devices.js";
import type { DeviceDirectory } from "../devices/directory.js";
import { greet } from "./startup-banner.js";
import { NO_HISTORY, type History } from "../history/history.js";
import { openHistory } from "../history/open.js";
import { HomeAssistant } from "../outputs/homeassistant/homeassistant.js";
import { Events } from "../http/events.js";
import { embeddedLink } from "../transport/embedded.js";
import type { LinkHandlers, MqttLink } from "../transport/link.js";
import { presenceTopic } from "../transport/presence.js";
import { scopeOf } from "../transport/scope.js";
import type { Log } from "../observability/log.js";
import { DecisionTimes } from "../observability/decision-times.js";
import { isLoopback } from "../common/hosts.js";
import { DEFAULTS, settle, type ServerOptions, type Settings } from "../config/options.js";
import { watchCertificates } from "../security/certificates.js";
import { passwordCheck } from "../security/password-check.js";
import type { ServerEvents } from "../outputs/server-events.js";
import { DamagedFiles } from "../storage/damage.js";
import { needRestart } from "../config/settings-diff.js";
import { VERSION } from "../common/version.js";
import { zoneDirectoryOf, type ZoneDirectory } from "../decisions/zones/directory.js";

/** Where a running server is, and what it knows. */
interface Running {
  /** Where MQTT clients connect. */
  readonly brokerUrl: string;
  /** The same with TLS; undefined with somebody else's broker, and without certificates. */
  readonly secureBrokerUrl: string | undefined;
  /** MQTT over WebSocket; undefined with somebody else's broker, and without HTTP. */
  readonly websocketUrl: string | undefined;
  /** The API and the dashboard; undefined without HTTP. */
  readonly httpUrl: string | undefined;
  readonly devices: DeviceDirectory;
  readonly zones: ZoneDirectory;
  /** Every reading and every switch. */
  readonly history: Pick<History, "query" | "rows">;
  readonly counters: Readonly<Counters>;
  /** Forgets a device altogether, if it is known: its state, history and retained messages. */
  forget(id: string): Promise<void>;
  /**
   * Goes on with these options; no connection is dropped. Gives the names of those that take effect only after a restart.
   * @throws UsageError when an option is wrong; then everything stays as it was.
   */
  reload(options: ServerOptions): readonly string[];
}

/** A server that runs. */
export interface NightlightServer extends EventEmitter<ServerEvents>, Running {
  /** Says that the server is gone, and ends everything within 2 s, whoever is connected. */
  close(): Promise<void>;
}

/** Registers what is to be undone at the end; what was registered last is undone first. */
type AtEnd = (step: () => unknown) => void;

/**
 * Starts a server.
 * @throws UsageError when an option is wrong; StartError when a port, the broker or the data folder cannot be had.
 */
export async function startServer(options: ServerOptions = {}): Promise<NightlightServer> {
  const settings = settle(options);
  const steps: (() => unknown)[] = [];
  let ending: Promise<void> | undefined;
  async function end(): Promise<void> {
    for (const step of steps.reverse()) await step();
    settings.log.flush();
  }
  const close = (): Promise<void> => (ending ??= end());
  try {
    return Object.assign(await run(settings, (step) => steps.push(step)), { close });
  } catch (error) {
    await close();
    throw error;
  }
}

async function run(settings: Settings, atEnd: AtEnd): Promise<EventEmitter<ServerEvents> & Running> {
  const { log, host, prefix } = settings;
  const emitter = new EventEmitter<ServerEvents>();
  const events = new Events();
  const decisionTimes = new DecisionTimes();
  const damaged = new DamagedFiles((problem) => log.error("storage", problem));
  const folder = await openData(settings.data, damaged, (problem) => log.warn("security", problem));
  atEnd(() => folder.close());
  folder.health.listen({
    failed: (problem) => log.error("storage", problem),
    recovered: () =>
      log.info("storage", "The data folder can be written again. What waited is stored and acknowledged."),
  });
  const accounts = await letIn(settings, atEnd);
  const check = passwordCheck(accounts);
  const certificates = settings.tls && (await watchCertificates(settings.tls, log));
  if (certificates) atEnd(() => certificates.close());
  // the history has a thread, which starts while the rest is loaded
  const [history, parts] = await Promise.all([historyOf(settings, damaged), load(settings)]);
  atEnd(async () => {
    await history.close();
    if (history.stats.lost > 0) folder.incomplete();
  });

  const scope = settings.broker && scopeOf(prefix, settings.ids);
  const describe = ({ id, label = id, status }: Device): void =>
    homeAssistant.announce({ id, label, board: status?.board, firmware: status?.firmware, lesson: !status });
  const cluster =
    settings.state === undefined
      ? undefined
      : await parts.cluster!.joinCluster({
          url: settings.state,
          broker: settings.broker!,
          scope: scope!,
          prefix,
          policy: settings.policy,
          folder,
          log,
          history,
          taken: describe,
          released: (id) => homeAssistant.leave(id),
          lost: (): Promise<void> => homeAssistant.storeAgain(),
        });
  if (cluster) atEnd(() => cluster.close());
  const data = cluster?.data ?? folder;
  const core = await createCore({
    log,
    emitter,
    data,
    share: cluster?.share,
    owns: scope?.owns ?? (() => true),
    prefix,
    presence: presenceTopic(prefix),
    history,
    policy: settings.policy,
    publish: (topic, payload, mode) => link.publish(topic, payload, mode),
    changed: (device) => events.device(device),
    described: describe,
    decided: (ms) => decisionTimes.decided(ms),
  });
  const zones = zoneDirectoryOf(core.zones, core.setZoneMode);
  const homeAssistant: HomeAssistant = new HomeAssistant({
    discoveryPrefix: (settings.homeAssistant || DEFAULTS.homeAssistant).discoveryPrefix,
    prefix,
    version: VERSION,
    memory: data.discovery,
    log,
    publish: (topic, payload, mode) => link.publish(topic, payload, mode),
  });
  emitter.on("forgotten", (id) => homeAssistant.forget(id));
  const handlers = linkHandlers(core, cluster?.message ?? core.ingest, homeAssistant, log);
  const broker =
    parts.broker && (await parts.broker.startBroker(data, handlers, { accounts, check, limits: settings.limits }));
  const own =
    broker &&
    embeddedLink(
      {
        ...{ broker, prefix, host, port: settings.mqttPort, tls: certificates, mqttsPort: settings.mqttsPort },
        plainHost: settings.tls?.only && !isLoopback(host) ? "127.0.0.1" : host,
      },
      handlers,
    );
  const topics = settings.homeAssistant ? [homeAssistant.birthTopic] : [];
  const link: MqttLink =
    own ??
    cluster?.link(core, topics, handlers) ??
    (await parts.join!.joinBroker({ broker: settings.broker!, scope: scope!, topics, prefix, data, log }, handlers));
  atEnd(() => link.close());
  atEnd(() => core.close());
  atEnd(() => homeAssistant.close());
  core.begin();
  await link.start();
  core.announce();
  await cluster?.start();
  if (settings.homeAssistant) homeAssistant.on();
  else homeAssistant.off();

  const { health } = folder;
  const served = { health, settings, core, zones, history, link, cluster, broker, accounts, check, certificates };
  const addresses = await parts.http?.serveHttp({ ...served, decisionTimes, damaged, events, emitter, atEnd });
  const { http, websocket } = addresses ?? {};
  greet(settings, { mqtt: link.url, mqtts: own?.secureUrl, websocket, http }, accounts.required);
  return Object.assign(emitter, {
    brokerUrl: link.url,
    secureBrokerUrl: own?.secureUrl,
    websocketUrl: websocket,
    httpUrl: http,
    devices: core.directory,
    zones,
    history,
    counters: core.counters,
    async forget(id: string) {
      const device = core.devices.get(id);
      if (device) await core.forget(device);
    },
    reload(options: ServerOptions) {
      const next = settle(options);
      core.apply(next.policy);
      cluster?.apply(next.policy);
      emitter.emit("zones");
      if (next.history) history.retain(next.history);
      if (next.homeAssistant) homeAssistant.on();
      else homeAssistant.off();
      return needRestart(settings, next);
    },
  });
}

async function historyOf({ history, data, log }: Settings, damaged: DamagedFiles): Promise<History> {
  if (!history) return NO_HISTORY;
  const onProblem = (problem: string): void => log.error("history", problem);
  return openHistory(history.url, data, { retention: history, onProblem, onDamage: damaged.tell });
}

/** The parts that not every server has, and that take a while to load. */
async function load({ broker, state, http }: Settings) {
  return {
    broker: broker ? undefined : await import("../broker/broker.js"),
    join: broker && (await import("../transport/join.js")),
    cluster: state === undefined ? undefined : await import("../cluster/cluster.js"),
    http: http ? await import("../http/serve.js") : undefined,
  };
}

function linkHandlers(core: Core, take: LinkHandlers["message"], homeAssistant: HomeAssistant, log: Log): LinkHandlers {
  return {
    message: (topic, payload, retained) =>
      homeAssistant.message(topic, payload) ? undefined : take(topic, payload, retained),
    rejected: (reason, from, problem) => core.rejects.add(reason, from, problem),
    warned: (problem) => log.warn("link", problem),
    failed: (problem) => log.error("link", problem),
    down: (reason) => log.warn("link", `${reason} Trying again every second.`),
    up() {
      log.info("link", "Connected to the broker again.");
      core.linkedAgain();
      homeAssistant.resend();
    },
    caughtUp: () => core.caughtUp(),
  };
}
