import type { EventEmitter } from "node:events";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { Aedes, type Client } from "aedes";
import type { DataFolder } from "../storage/data-folder.js";
import { codeOf, textOf } from "../common/errors.js";
import { DEFAULT_BROKER_LIMITS } from "./limits.js";
import { NO_ACCOUNTS } from "../security/accounts.js";
import { Access, connectionOf, Refusal } from "./access.js";
import { Admission } from "./admission.js";
import type { Broker, BrokerHandlers, BrokerOptions } from "./api.js";
import { Connection } from "./connection.js";
import { Delivery } from "./delivery.js";
import { Emitter } from "./emitter.js";
import { Gate } from "./gate.js";
import { largestPacket } from "./inbound.js";
import { Violation } from "../mqtt/packet-checks.js";
import { REASON } from "../mqtt/packets.js";
import { Persistence, RECEIVE_MAXIMUM } from "./persistence.js";
import { Publishing } from "./publishing.js";
import { RetainedMessages } from "../storage/retained.js";
import { titleOf } from "../storage/session-id.js";
import type { Session } from "../storage/session.js";
import { SessionStore } from "../storage/session-store.js";
import { Sessions } from "./sessions.js";
import { Takeovers } from "./takeovers.js";
import { Wills } from "../storage/wills.js";
import { clock } from "../time/monotonic-clock.js";
import { WriteQueue } from "./write-queue.js";

export type { Broker, BrokerHandlers, BrokerMessage, BrokerOptions } from "./api.js";

/** How long the last messages may take to reach clients when the broker closes, in ms. */
const FAREWELL = 300;

/** How often the broker checks that connected clients still have their accounts, in ms. */
const CHECK_EVERY = 2000;

/** How often it looks for sessions that have expired, in ms. */
const SWEEP_EVERY = 10_000;

/** Topic aliases that an MQTT 5.0 client may use (3.2.2.3.8). */
const TOPIC_ALIASES = 64;

/** Errors of aedes that are no fault of the client's: its network failed, or the broker closes. */
const ORDINARY = new Set(["keep alive timeout", "connection closed", "Premature close"]);

/** Starts the embedded broker on a data folder. */
export async function startBroker(
  data: DataFolder,
  handlers: BrokerHandlers,
  { accounts = NO_ACCOUNTS, check, limits = DEFAULT_BROKER_LIMITS, connectTimeout = 10_000 }: BrokerOptions = {},
): Promise<Broker> {
  // Sorts by run: queues are sent in the order of broker id and message number.
  const id = `run-${String(data.run).padStart(9, "0")}`;
  let closing = false;
  const failed = (error: unknown): void => {
    if (!closing) handlers.failed(`The broker failed: ${textOf(error)}`);
  };
  /** Connected clients, by session id. */
  const clients = new Map<string, Client>();
  const { broker: store, health } = data;
  const told = {
    failed: (error: unknown) => health.failed("retained messages", error),
    written: () => health.succeeded("retained messages"),
    dropped: (topic: string, problem: string) =>
      handlers.warned(`Dropped the retained message on ${JSON.stringify(topic)}, because the topic ${problem}.`),
  };
  const retained = new RetainedMessages(data.retained, told, { closed: !data.killed, damaged: data.damaged.report });
  const wills = new Wills(store, id);
  const sessionStore = new SessionStore(store);
  const sessions = new Sessions(sessionStore, accounts, limits, {
    isConnected: (id) => clients.has(id),
    overLimit(id, problem) {
      handlers.rejected("over-limit", titleOf(id), problem);
      disconnect(clients.get(id), REASON.quotaExceeded, problem);
    },
    ended(id, reason) {
      handlers.warned(`The session of ${titleOf(id)} has ended: ${reason}.`);
      disconnect(clients.get(id), REASON.administrativeAction, `the session has ended: ${reason}`);
    },
    dropped(id, count) {
      const problem = `more than ${limits.queue} messages wait for it; the oldest are dropped`;
      for (let n = 0; n < count; n++) handlers.rejected("queue-full", titleOf(id), problem);
    },
  });
  await sessions.load();
  await wills.load();
  await retained.restore();

  const access = new Access(accounts, check ?? (async (from, ...login) => ({ account: await accounts.check(...login, from) })), limits.subscriptions); // prettier-ignore
  const asked = {
    grantedQos: (client: Client, filter: string) => access.grantedQos(client, filter),
    leavesOutOwn: (client: Client, topic: string) => access.leavesOutOwn(client, topic),
    queued: (session: Session) => sessions.queued(session),
  };
  const persistence = new Persistence(store, sessionStore, retained, wills, asked, health);
  const gate = new Gate(limits.connections, (problem) => handlers.rejected("over-limit", "connections", problem));
  const takeovers = new Takeovers();
  const writeQueue = new WriteQueue(() => retained.write());
  const { payload } = limits;
  const clientOf = (id: string): Client | undefined => clients.get(id);
  const admission = new Admission({ access, sessions, takeovers, gate, payload, handlers, clientOf });
  const publishing = new Publishing({ access, persistence, sessions: sessionStore, retained, handlers, health });
  const delivery = new Delivery(access, sessionStore, failed);

  const aedes = await Aedes.createBroker({
    ...{ id, persistence, connectTimeout, topicAliasMaximum: TOPIC_ALIASES, receiveMaximum: RECEIVE_MAXIMUM },
    maximumPacketSize: largestPacket(payload),
    sessionExpiryIntervalLimit: sessions.longestExpiry,
    mq: new Emitter(),
    // no bound for listeners on a connection, of which each packet on its way is one
    concurrency: 0,
    maxClientsIdLength: Number.MAX_SAFE_INTEGER,
    // in memory only; three of these after a start, the wills of a broker that was killed are published
    heartbeatInterval: 10_000,
    preConnect: (...args) => admission.preConnect(...args),
    authenticate: (...args) => admission.authenticate(...args),
    authorizePublish: (...args) => publishing.authorizePublish(...args),
    published: (...args) => publishing.published(...args),
    authorizeForward: (...args) => delivery.authorizeForward(...args),
    authorizeSubscribe(client, subscription, callback) {
      const session = client.clean || !health.isFailing ? undefined : sessionStore.get(client.id);
      // granted, it would be missing after a restart from a session that is there, and the client would not learn of it
      const isUnstorable = session?.isStored && !sessionStore.isSubscribed(session, subscription);
      const refused = isUnstorable
        ? ({ reason: "internal", problem: `a subscription cannot be stored: ${health.problem}` } as const)
        : access.subscribe(client, subscription);
      if (!refused) {
        // messages come by one way whatever their QoS, so that of overlapping subscriptions the highest counts
        return callback(null, Object.assign(subscription, { qos: 2 }));
      }
      const connection = connectionOf(client);
      connection.refusals.push(refused.problem);
      handlers.rejected(refused.reason, connection.title, refused.problem);
      // [MQTT-3.9.3-2]
      callback(null, null);
    },
  });
  publishing.use(aedes);
  aedes.on("unsubscribe", (filters, client) => access.unsubscribe(client, filters));
  aedes.on("client", (client) => {
    clients.set(client.id, client);
    sessions.connected(client.id, access.loginOf(client)?.account);
  });
  aedes.on("clientReady", (client) => {
    connectionOf(client).open();
    delivery.ready(client);
  });
  aedes.on("clientDisconnect", (client) => {
    if (clients.get(client.id) === client) clients.delete(client.id);
    const expiry = client.version === 5 ? client.sessionExpiryInterval : Infinity;
    sessions.disconnected(client.id, access.loginOf(client)?.account, expiry);
  });
  aedes.on("sessionExpired", ({ id }) => sessions.expired(id));
  const errored = (client: Client, error: Error): void => {
    if (closing || error instanceof Refusal || codeOf(error) || ORDINARY.has(error.message)) return;
    const reason = error instanceof Violation ? error.rejection : "malformed-packet";
    handlers.rejected(reason, connectionOf(client).title, error.message);
  };
  aedes.on("clientError", errored);
  aedes.on("connectionError", errored);
  (aedes as EventEmitter).on("error", failed);

  function disconnect(client: Client | undefined, reasonCode: number, reasonString: string): void {
    client?.disconnect({ reasonCode, properties: { reasonString } });
  }
  const checking = setInterval(() => {
    for (const client of clients.values())
      if (!access.isCurrent(client)) disconnect(client, REASON.notAuthorized, "the account has changed");
  }, CHECK_EVERY).unref();
  const unwatch = clock.onJump(() => sessions.redate());
  const sweeping = setInterval(() => sessions.sweep(), SWEEP_EVERY).unref();

  return {
    largestPacket: largestPacket(payload),
    sessions,
    get figures() {
      return { clients: gate.count, queued: sessionStore.messages.size };
    },
    get contested() {
      return takeovers.list();
    },
    handle(stream, request) {
      if (!gate.enter(stream)) return;
      const { rejected } = handlers;
      aedes.handle(new Connection(stream, request, { payload, rate: limits.rate, writeQueue, rejected }), request);
    },
    publish: (topic, payload, mode) => publishing.publish(topic, payload, mode),
    retained: (level) =>
      [...retained.topics()].filter((topic) => topic.endsWith("/" + level)).map((topic) => retained.get(topic)!),
    async close() {
      closing = true;
      clearInterval(checking);
      clearInterval(sweeping);
      unwatch();
      await Promise.race([publishing.stop(), sleep(FAREWELL)]);
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      // the wills of clients that were connected are stored a turn later
      await nextTurn();
      await persistence.destroy();
    },
  };
}
