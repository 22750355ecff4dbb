import { EventEmitter } from "node:events";
import { startBroker, type Broker } from "./broker/broker.js";
import { createCore, type Core, type DeviceDirectory, type ServerEvents } from "./core.js";
import type { Counters } from "./counters.js";
import { openData, type DataFolder } from "./data.js";
import { createApp, listenHttp } from "./http/app.js";
import { Events } from "./http/events.js";
import { createGuard } from "./http/guard.js";
import { serveWebSocket, WEBSOCKET_PATH } from "./http/websocket.js";
import { embeddedLink } from "./link/embedded.js";
import type { LinkHandlers, MqttLink } from "./link/link.js";
import { presenceTopic } from "./link/presence.js";
import { remoteLink } from "./link/remote.js";
import { publicBrokerWarning, scopeOf, type Scope } from "./link/scope.js";
import type { BrokerAddress } from "./link/url.js";
import type { Log } from "./log.js";
import { isLoopback, settle, type ServerOptions, type Settings } from "./options.js";
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
  readonly counters: Readonly<Counters>;
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
    presence: presenceTopic(prefix),
    publish: (topic, payload, keep) => link.publish(topic, payload, keep),
    changed: (device) => events.device(device),
  });
  const handlers = linkHandlers(core, log);
  const broker = settings.broker ? undefined : await startBroker(data, handlers);
  const link: MqttLink = broker
    ? embeddedLink({ broker, prefix, host, port: settings.mqttPort }, handlers)
    : await sessionAt(settings.broker!, scope!, settings, data, handlers);
  atEnd(() => link.close());
  atEnd(() => core.close());
  core.begin();
  await link.start();
  core.announce();

  const { httpUrl, websocketUrl } = settings.http
    ? await serveHttp(settings, core, events, link, broker, atEnd)
    : { httpUrl: undefined, websocketUrl: undefined };
  greet(settings, link.url, websocketUrl, httpUrl);
  return Object.assign(emitter, {
    brokerUrl: link.url,
    websocketUrl,
    httpUrl,
    devices: core.directory,
    counters: core.counters,
  });
}

function linkHandlers(core: Core, log: Log): LinkHandlers {
  return {
    message: core.ingest,
    rejected: (reason, from, problem) => core.rejects.add(reason, from, problem),
    failed: (problem) => log.error("link", problem),
    down: (reason) => log.warn("link", `${reason} Trying again every second.`),
    up() {
      log.info("link", "Connected to the broker again.");
      core.linkedAgain();
    },
    caughtUp: () => core.caughtUp(),
  };
}

/** The link to somebody else's broker, in the persistent session that this server has there. */
async function sessionAt(
  broker: BrokerAddress,
  { filters }: Scope,
  { prefix, log }: Settings,
  data: DataFolder,
  handlers: LinkHandlers,
): Promise<MqttLink> {
  const warning = publicBrokerWarning(broker.host, prefix, broker.username !== undefined);
  if (warning) log.warn("link", warning);
  // the random part keeps two servers from evicting each other [MQTT-3.1.4-2]
  const clientId = `${prefix.replaceAll("/", "-")}-server-${data.serverId}`;
  const before = await data.filters(clientId);
  // remembered before they are asked for, so that none is left behind whatever happens in between
  await data.setFilters(clientId, [...new Set([...before, ...filters])]);
  const unwanted = before.filter((filter) => !filters.includes(filter));
  const link = remoteLink({ broker, prefix, clientId, filters, unwanted }, handlers);
  return {
    ...link,
    get connected() {
      return link.connected;
    },
    async start() {
      await link.start();
      await data.setFilters(clientId, filters);
    },
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

/** Says where to point a client at. */
function greet(settings: Settings, mqtt: string, websocket: string | undefined, http: string | undefined): void {
  const { log, host, anonymous, broker, prefix } = settings;
  log.info("server", `Nightlight ${VERSION} ${broker ? "has joined" : "carries"} the broker at ${mqtt}`, {
    version: VERSION,
    broker: mqtt,
    embedded: broker === undefined,
  });
  if (websocket) log.info("server", `MQTT over WebSocket at ${websocket}`, { websocket });
  if (http) log.info("server", `Dashboard and API at ${http}`, { http });
  log.info("server", broker ? `Answering the devices below ${prefix}/` : "Answering every device that reports here", {
    prefix,
  });
  if (anonymous && !isLoopback(host))
    log.warn("server", `Anybody who reaches ${host} may read and switch these lights: --anonymous was given.`);
}
