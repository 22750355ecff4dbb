import type { EventEmitter } from "node:events";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { Aedes, type Client } from "aedes";
import type { DataFolder } from "../storage/data-folder.js";
import { codeOf, textOf } from "../common/errors.js";
import { DEFAULT_BROKER_LIMITS } from "./limits.js";
import { NO_ACCOUNTS } from "../security/accounts.js";
import { AccessControl, connectionOf, Refusal } from "./access-control.js";
import type { Broker, BrokerHandlers, BrokerOptions } from "./api.js";
import { ClientConnection } from "./client-connection.js";
import { ConnectHandler } from "./connect-handler.js";
import { ConnectionLimit } from "./connection-limit.js";
import { MessageDelivery } from "./delivery.js";
import { MessageEmitter } from "./emitter.js";
import { maxPacketSize } from "./inbound.js";
import { ProtocolViolation } from "../mqtt/packet-checks.js";
import { REASON_CODE } from "../mqtt/packets.js";
import { Persistence } from "./persistence.js";
import { PublishHandler } from "./publishing.js";
import { RECEIVE_MAXIMUM } from "./received-ids.js";
import { RetainedMessages } from "../storage/retained.js";
import { formatSessionId, originOfSession } from "../storage/session-id.js";
import type { Session } from "../storage/session.js";
import { SessionStore } from "../storage/session-store.js";
import { SessionManager } from "./session-manager.js";
import { TakeoverDetector } from "./takeovers.js";
import { Wills } from "../storage/wills.js";
import { clock } from "../time/monotonic-clock.js";
import { WriteQueue } from "./write-queue.js";

export type { Broker, BrokerHandlers, BrokerMessage, BrokerOptions } from "./api.js";

/** How long the closing broker waits for its last messages to reach the clients, in ms. Then it disconnects them. */
const CLOSE_TIMEOUT = 300;

/** Interval of the check that connected clients still have accounts, in ms. Clients without one are disconnected. */
const ACCOUNT_CHECK_INTERVAL = 2000;

/** Interval at which the broker looks for expired sessions and ends them, in ms. */
const EXPIRY_CHECK_INTERVAL = 10_000;

/** Topic Alias Maximum: the largest number of topic aliases that an MQTT 5.0 client may use (3.2.2.3.8). */
const TOPIC_ALIAS_MAXIMUM = 64;

/** Messages of aedes errors that are not the client's fault. The broker does not report these errors. */
const HARMLESS_ERROR_MESSAGES = new Set(["keep alive timeout", "connection closed", "Premature close"]);

/** Starts the embedded broker with the data of a data folder. */
export async function startBroker(
  data: DataFolder,
  handlers: BrokerHandlers,
  {
    accounts = NO_ACCOUNTS,
    check = async (from, ...login) => ({ account: await accounts.authenticate(...login, from) }),
    limits = DEFAULT_BROKER_LIMITS,
    discoveryPrefix = "homeassistant",
    connectTimeout = 10_000,
  }: BrokerOptions = {},
): Promise<Broker> {
  // The broker id contains the zero-padded run number, because aedes sorts queues by broker id and then by message
  // number. So messages of earlier runs come first.
  const id = `run-${String(data.run).padStart(9, "0")}`;
  let closing = false;
  const reportFailure = (error: unknown): void => {
    if (!closing) handlers.failed(`The broker failed: ${textOf(error)}`);
  };
  /** Connected clients, by session id. */
  const clients = new Map<string, Client>();
  const { broker: store, health } = data;
  const retainedHandlers = {
    writeFailed: (error: unknown) => health.recordFailure("retained messages", error),
    writeSucceeded: () => health.recordSuccess("retained messages"),
    messageDropped: (topic: string, problem: string) =>
      handlers.warned(`Dropped the retained message on ${JSON.stringify(topic)}, because the topic ${problem}.`),
  };
  const retained = new RetainedMessages(data.retained, retainedHandlers, {
    wasClosed: !data.wasKilled,
    reportDamage: data.damagedFiles.report,
  });
  const wills = new Wills(store, id);
  const sessionStore = new SessionStore(store);
  const sessions = new SessionManager(sessionStore, accounts, limits, {
    isConnected: (id) => clients.has(id),
    queueLimitExceeded(id, problem) {
      handlers.rejected("over-limit", formatSessionId(id), problem, originOfSession(id));
      disconnect(clients.get(id), REASON_CODE.quotaExceeded, problem);
    },
    sessionEnded(id, reason) {
      handlers.warned(`The session of ${formatSessionId(id)} has ended: ${reason}.`);
      disconnect(clients.get(id), REASON_CODE.administrativeAction, `the session has ended: ${reason}`);
    },
    messagesDropped(id, count) {
      const problem = `more than ${limits.queue} messages wait for it; the oldest are dropped`;
      for (let n = 0; n < count; n++)
        handlers.rejected("queue-full", formatSessionId(id), problem, originOfSession(id));
    },
  });
  await sessions.load();
  await wills.load();
  await retained.restore();

  const access = new AccessControl({ accounts, check, maxSubscriptions: limits.subscriptions, discoveryPrefix });
  const persistenceHandlers = {
    grantedQos: (client: Client, filter: string) => access.grantedQos(client, filter),
    isNoLocal: (client: Client, topic: string) => access.isNoLocal(client, topic),
    messageQueued: (session: Session) => sessions.limitQueue(session),
    unsubscribing: (client: Client, filters: readonly string[]) => access.unsubscribe(client, filters),
    holdSubscriptionReplies: (client: Client, stored: Promise<unknown>) =>
      connectionOf(client).holdSubscriptionReplies(stored),
  };
  const persistence = new Persistence(store, sessionStore, retained, wills, persistenceHandlers, health);
  const connectionLimit = new ConnectionLimit(limits.connections, (problem) =>
    handlers.rejected("over-limit", "connections", problem),
  );
  const takeovers = new TakeoverDetector();
  const writeQueue = new WriteQueue(() => retained.write());
  const { payload } = limits;
  const clientOf = (id: string): Client | undefined => clients.get(id);
  const connectHandler = new ConnectHandler({
    ...{ access, sessions, takeovers, connectionLimit, payload, handlers, clientOf },
  });
  const publishing = new PublishHandler({ access, persistence, sessions: sessionStore, retained, handlers, health });
  const delivery = new MessageDelivery(access, sessionStore, persistence.queueReaders);

  const aedes = await Aedes.createBroker({
    ...{ id, persistence, connectTimeout, topicAliasMaximum: TOPIC_ALIAS_MAXIMUM, receiveMaximum: RECEIVE_MAXIMUM },
    maximumPacketSize: maxPacketSize(payload),
    sessionExpiryIntervalLimit: sessions.longestExpiry,
    mq: new MessageEmitter(),
    // Remove the limit of event listeners per connection, because aedes adds a listener for each packet in progress.
    concurrency: 0,
    maxClientsIdLength: Number.MAX_SAFE_INTEGER,
    // After a broker was killed, aedes publishes the wills of its clients three heartbeat intervals after the next
    // start.
    heartbeatInterval: 10_000,
    preConnect: (...args) => connectHandler.preConnect(...args),
    authenticate: (...args) => connectHandler.authenticate(...args),
    authorizePublish: (...args) => publishing.authorizePublish(...args),
    published: (...args) => publishing.published(...args),
    authorizeForward: (...args) => delivery.authorizeForward(...args),
    authorizeSubscribe(client, subscription, callback) {
      const session = client.clean || !health.isFailing ? undefined : sessionStore.get(client.id);
      // Refuse subscriptions that cannot be stored. A granted one would be lost at a restart while its session remains,
      // and the client would not notice.
      const isUnstorable = session?.isStored && !sessionStore.isSubscribed(session, subscription);
      const refusal = isUnstorable
        ? ({ reason: "internal", problem: `a subscription cannot be stored: ${health.problem}` } as const)
        : access.subscribe(client, subscription);
      if (!refusal) {
        // Let aedes always subscribe at QoS 2. `deliveryQos` later lowers the QoS of each message to the granted QoS.
        return callback(null, Object.assign(subscription, { qos: 2 }));
      }
      const connection = connectionOf(client);
      connection.completion.refusals.push(refusal.problem);
      handlers.rejected(refusal.reason, connection.title, refusal.problem, {
        ...connection.origin,
        topic: subscription.topic,
      });
      // The result null makes aedes refuse the subscription with a failure code in SUBACK (MQTT 3.1.1, section 3.9.3).
      callback(null, null);
    },
  });
  publishing.setBroker(aedes);
  // With a session, this event comes later than `unsubscribing`, when the client may have subscribed again.
  aedes.on("unsubscribe", (filters, client) => void (client.clean && access.unsubscribe(client, filters)));
  aedes.on("client", (client) => {
    clients.set(client.id, client);
    sessions.recordConnect(client.id, access.loginOf(client)?.account);
  });
  aedes.on("clientReady", (client) => connectionOf(client).open());
  aedes.on("clientDisconnect", (client) => {
    if (clients.get(client.id) === client) clients.delete(client.id);
    persistence.queueReaders.close(client);
    const expiry = client.version === 5 ? client.sessionExpiryInterval : Infinity;
    sessions.recordDisconnect(client.id, access.loginOf(client)?.account, expiry);
  });
  aedes.on("sessionExpired", ({ id }) => sessions.endExpired(id));
  const clientFailed = (client: Client, error: Error): void => {
    if (closing || error instanceof Refusal || codeOf(error) || HARMLESS_ERROR_MESSAGES.has(error.message)) return;
    const reason = error instanceof ProtocolViolation ? error.rejection : "malformed-packet";
    const { title, origin } = connectionOf(client);
    handlers.rejected(reason, title, error.message, origin);
  };
  aedes.on("clientError", clientFailed);
  aedes.on("connectionError", clientFailed);
  (aedes as EventEmitter).on("error", reportFailure);

  function disconnect(client: Client | undefined, reasonCode: number, reasonString: string): void {
    client?.disconnect({ reasonCode, properties: { reasonString } });
  }
  const accountCheck = setInterval(() => {
    for (const client of clients.values())
      if (!access.hasCurrentAccount(client)) disconnect(client, REASON_CODE.notAuthorized, "the account has changed");
  }, ACCOUNT_CHECK_INTERVAL).unref();
  const unwatchClock = clock.onJump(() => sessions.storeDisconnectTimes());
  const expiryCheck = setInterval(() => sessions.sweep(), EXPIRY_CHECK_INTERVAL).unref();

  return {
    largestPacket: maxPacketSize(payload),
    sessions,
    get stats() {
      return { clients: connectionLimit.count, queued: sessionStore.messages.messageCount };
    },
    get contestedClientIds() {
      return takeovers.list();
    },
    handle(stream, request) {
      if (!connectionLimit.accept(stream)) return;
      const { rejected } = handlers;
      aedes.handle(
        new ClientConnection(stream, request, { payload, rate: limits.rate, writeQueue, rejected }),
        request,
      );
    },
    publish: (topic, payload, mode) => publishing.publish(topic, payload, mode),
    retained: (level) =>
      [...retained.listTopics()].filter((topic) => topic.endsWith("/" + level)).map((topic) => retained.get(topic)!),
    async close() {
      closing = true;
      clearInterval(accountCheck);
      clearInterval(expiryCheck);
      unwatchClock();
      await Promise.race([publishing.stop(), sleep(CLOSE_TIMEOUT)]);
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      // Wait for one turn of the event loop, in which aedes stores the wills of the clients that were connected.
      await nextTurn();
      await persistence.destroy();
    },
  };
}
