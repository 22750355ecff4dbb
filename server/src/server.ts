import { EventEmitter } from "node:events";
import { startBroker, type Broker } from "./broker/broker.js";
import { createCore, type Core } from "./core.js";
import type { ServerEvents } from "./server-events.js";
import type { DeviceDirectory } from "./directory.js";
import { greet } from "./greeting.js";
import { NO_HISTORY } from "./history/history.js";
import type { Counters } from "./counters.js";
import { openData } from "./data.js";
import { createApp, listenHttp } from "./http/app.js";
import { Events } from "./http/events.js";
import { HomeAssistant } from "./homeassistant/homeassistant.js";
import { createGuard } from "./http/guard.js";
import { serveWebSocket, WEBSOCKET_PATH } from "./http/websocket.js";
import { embeddedLink } from "./link/embedded.js";
import type { LinkHandlers, MqttLink } from "./link/link.js";
import { presenceTopic } from "./link/presence.js";
import { joinBroker } from "./link/join.js";
import { scopeOf } from "./link/scope.js";
import type { Log } from "./log.js";
import { DEFAULTS, settle, type ServerOptions, type Settings } from "./options.js";
import { zoneDirectoryOf, type ZoneDirectory } from "./zones/directory.js";
import { needRestart } from "./settings-diff.js";
import { VERSION } from "./version.js";

/** Where a running server is, and what it knows. */
interface Running {
  /** Where MQTT clients connect. */
  readonly brokerUrl: string;
  /** MQTT over WebSocket; undefined with somebody else's broker, and without HTTP. */
  readonly websocketUrl: string | undefined;
  /** The API and the dashboard; undefined without HTTP. */
  readonly httpUrl: string | undefined;
  readonly devices: DeviceDirectory;
  readonly zones: ZoneDirectory;
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
  const data = await openData(settings.data);
  atEnd(() => data.close());

  const scope = settings.broker && scopeOf(prefix, settings.ids);
  const core = await createCore({
    log,
    emitter,
    data,
    owns: scope?.owns ?? (() => true),
    prefix,
    presence: presenceTopic(prefix),
    history: NO_HISTORY,
    policy: settings.policy,
    publish: (topic, payload, keep) => link.publish(topic, payload, keep),
    changed: (device) => events.device(device),
    described: ({ id, label = id, status }) =>
      homeAssistant.announce({ id, label, board: status?.board, firmware: status?.firmware, lesson: !status }),
    decided: () => {},
  });
  const homeAssistant = new HomeAssistant({
    discoveryPrefix: (settings.homeAssistant || DEFAULTS.homeAssistant).discoveryPrefix,
    prefix,
    version: VERSION,
    memory: data.discovery,
    log,
    publish: (topic, payload, keep) => link.publish(topic, payload, keep),
  });
  emitter.on("forgotten", (id) => homeAssistant.forget(id));
  const handlers = linkHandlers(core, homeAssistant, log);
  const broker = settings.broker ? undefined : await startBroker(data, handlers);
  const link: MqttLink = broker
    ? embeddedLink({ broker, prefix, host, port: settings.mqttPort }, handlers)
    : await joinBroker(
        {
          broker: settings.broker!,
          scope: scope!,
          topics: settings.homeAssistant ? [homeAssistant.birthTopic] : [],
          prefix,
          data,
          log,
        },
        handlers,
      );
  atEnd(() => link.close());
  atEnd(() => core.close());
  atEnd(() => homeAssistant.close());
  core.begin();
  await link.start();
  core.announce();
  if (settings.homeAssistant) homeAssistant.on();
  else homeAssistant.off();

  const { httpUrl, websocketUrl } = settings.http
    ? await serveHttp(settings, core, events, link, broker, atEnd)
    : { httpUrl: undefined, websocketUrl: undefined };
  greet(settings, { mqtt: link.url, mqtts: undefined, websocket: websocketUrl, http: httpUrl }, true);
  return Object.assign(emitter, {
    brokerUrl: link.url,
    websocketUrl,
    httpUrl,
    devices: core.directory,
    zones: zoneDirectoryOf(core.zones, core.setZoneMode),
    counters: core.counters,
    async forget(id: string) {
      const device = core.devices.get(id);
      if (device) await core.forget(device);
    },
    reload(options: ServerOptions) {
      const next = settle(options);
      core.apply(next.policy);
      if (next.homeAssistant) homeAssistant.on();
      else homeAssistant.off();
      return needRestart(settings, next);
    },
  });
}

function linkHandlers(core: Core, homeAssistant: HomeAssistant, log: Log): LinkHandlers {
  return {
    message: (topic, payload, retained) =>
      homeAssistant.message(topic, payload) ? undefined : core.ingest(topic, payload, retained),
    rejected: (reason, from, problem) => core.rejects.add(reason, from, problem),
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

interface HttpAddresses {
  readonly httpUrl: string | undefined;
  readonly websocketUrl: string | undefined;
}

async function serveHttp(
  { host, httpPort, plugins, log }: Settings,
  core: Core,
  events: Events,
  link: MqttLink,
  broker: Broker | undefined,
  atEnd: AtEnd,
): Promise<HttpAddresses> {
  const guard = createGuard(host);
  let websocketUrl: string | undefined;
  const app = await createApp({
    guard,
    events,
    plugins,
    log,
    directory: core.directory,
    api: {
      ...core,
      version: VERSION,
      broker: () => ({ url: link.url, websocket: websocketUrl ?? null, embedded: broker !== undefined }),
      problem: () => (link.connected ? "" : `The link to the broker ${link.url} is down.`),
    },
  });
  atEnd(() => app.close());
  if (broker) atEnd(serveWebSocket(app.server, broker, guard));
  const httpUrl = await listenHttp(app, host, httpPort);
  if (broker) websocketUrl = httpUrl.replace("http:", "ws:") + WEBSOCKET_PATH;
  return { httpUrl, websocketUrl };
}
