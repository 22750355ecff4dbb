import type { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Aedes, type Client } from "aedes";
import type { DataFolder } from "../data.js";
import { textOf } from "../errors.js";
import type { Rejection } from "../counters.js";
import type { Keep } from "../link/link.js";
import { DEFAULTS } from "../options.js";
import { NO_ACCOUNTS } from "../security/accounts.js";
import { Access, titleOfId } from "./access.js";
import { Acknowledgement } from "./acknowledgement.js";
import type { Broker, BrokerHandlers, BrokerOptions } from "./api.js";
import { Backlogs } from "./backlog.js";
import { Express } from "./express.js";
import { Gate } from "./gate.js";
import { Intake, type IntakeHandlers } from "./intake.js";
import { heldPacket, limitPackets } from "./limit.js";
import { Lane, type LaneHandlers } from "./lane.js";
import { Outgoing } from "./outgoing.js";
import { Overlap } from "./overlap.js";
import { Pace } from "./pace.js";
import { DurablePersistence } from "./persistence.js";
import { QueueFirst } from "./queue-first.js";
import { Sessions } from "./sessions.js";
import { Windows } from "./window.js";

export type { Broker, BrokerHandlers, BrokerMessage, BrokerOptions } from "./api.js";

/** How long what was published last may take to reach everybody when the broker ends, in ms. */
const FAREWELL = 300;

/** How often it is looked whether those who are connected still have their accounts, in ms. */
const LOOK = 2000;

/** Starts the embedded broker on a data folder. */
export async function startBroker(
  data: DataFolder,
  handlers: BrokerHandlers,
  { accounts = NO_ACCOUNTS, limits = DEFAULTS.limits, patience = 10_000 }: BrokerOptions = {},
): Promise<Broker> {
  const persistence: DurablePersistence = new DurablePersistence(data.broker, data.retained, limits.queue, {
    granted: (client, filter) => access.subscribe(client as Client, filter),
    connected: (id) => clients()[id] !== undefined,
    room: (client) => windows.enter(client as Client),
    failed: (error) => failed(error),
    resumed: (client) => express.resume(client as Client),
    ended: (id) => express.flights.end(id),
    stuck(id) {
      handlers.rejected("over-limit", titleOfId(id), "acknowledges nothing");
      clients()[id]?.conn.destroy();
    },
    dropped(id, count) {
      const problem = `more than ${limits.queue} messages wait for it, the oldest are given up`;
      for (let n = 0; n < count; n++) handlers.rejected("queue-full", titleOfId(id), problem);
    },
  });
  // Ordered, because queues are sent in the order of (broker id, counter): a random id would mix up two runs.
  const id = `run-${String(data.run).padStart(9, "0")}`;
  let closing = false;
  const failed = (error: unknown): void => {
    if (!closing) handlers.failed(`The broker failed: ${textOf(error)}`);
  };
  const overlap = new Overlap();
  const queueFirst = new QueueFirst();
  const windows = new Windows();
  const gate = new Gate(limits.connections, (problem) => handlers.rejected("over-limit", "connections", problem));
  const backlogs = new Backlogs();
  // who is told that a lamp is another finds it stored
  const outgoing = new Outgoing(() => persistence.retained.write());
  const express = new Express(persistence);
  const aedes = await Aedes.createBroker({
    id,
    persistence,
    mq: express.exchange as never,
    drainTimeout: 15_000,
    connectTimeout: patience,
    // in memory only; three of these after a start, wills that a killed broker left behind are published
    heartbeatInterval: 10_000,
    preConnect(client, _packet, callback) {
      gate.known(client.conn);
      callback(null, true);
    },
    authenticate: (client, username, password, callback) => access.authenticate(client, username, password, callback),
    authorizeSubscribe(client, subscription, callback) {
      const granted = access.subscribe(client, subscription.topic);
      // the session may be from when its account had other rights
      if (!granted) persistence.revoke(client, subscription.topic).catch(failed);
      // null answers 0x80 [MQTT-3.9.3-2]
      callback(null, granted ? subscription : null);
    },
    authorizeForward(client, packet) {
      if (overlap.had(client, packet, access.subscriptionsOf(client))) return null;
      if (!access.mayRead(client, packet.topic)) return null;
      queueFirst.sending(client, packet);
      express.laneOf(client)?.owes(packet.qos);
      return packet;
    },
    authorizePublish(client, packet, callback) {
      // [MQTT-4.7.2-1]
      if (packet.topic.startsWith("$")) return callback(new Error("topics that begin with $ are the broker's own"));
      // a will was checked when its client logged in; that client may be gone, and its account as well
      const will = !client || (client as unknown as { will: unknown }).will === packet;
      const problem = will ? undefined : access.publishProblem(client, packet);
      if (problem) {
        handlers.rejected(problem[0], access.titleOf(client!), problem[1]);
        acknowledgement.discard(packet);
        return callback(null);
      }
      // QoS 2 is seen twice here, and is taken when it is released
      if (packet.qos === 2 && client) return callback(null);
      // Here rather than as a subscriber, because a reading is then decided upon at once, and stored before it is
      // acknowledged: a server that is killed in between gets it again.
      const taken = handlers.message(packet.topic, packet.payload as Buffer, false);
      // a will has nobody to acknowledge it to
      if (packet.qos === 0 || will || client.closed) return callback(null);
      const stored = acknowledgement.stored(packet, client);
      const lane = express.laneOf(client)!;
      lane.detour(Promise.all([taken, stored])).then(
        () => {
          lane.detoured();
          callback(null);
        },
        (error: Error) => {
          lane.detoured();
          callback(error);
        },
      );
    },
  });
  /** Those who are connected, by the id that they have within the broker. */
  const clients = (): Readonly<Record<string, Client | undefined>> =>
    (aedes as unknown as { clients: Record<string, Client> }).clients;
  const access = new Access(
    accounts,
    limits,
    new Sessions(persistence.sessions, limits.connections),
    handlers.rejected,
  );
  express.watch(aedes);
  const acknowledgement = new Acknowledgement(aedes, persistence);
  aedes.on("publish", (packet, client) => {
    if (packet.qos === 2 && client) void handlers.message(packet.topic, packet.payload as Buffer, false);
  });
  aedes.on("ack", (_packet, client) => windows.acknowledged(client));
  aedes.on("unsubscribe", (filters, client) => access.unsubscribe(client, filters));
  (aedes as EventEmitter).on("error", failed);

  const laneHandlers: LaneHandlers = {
    rights: (client) => access.rightsOf(client),
    room: (client, qos) => backlogs.hasRoom(client, qos),
    opened: (client) => express.opened(client),
    begun(client) {
      if (persistence.queues.has(client.id) || !windows.tryEnter(client)) return 0;
      return ++(aedes as unknown as { counter: number }).counter;
    },
    again: (client) => void windows.tryEnter(client),
    ended: (client) => windows.acknowledged(client),
  };
  const intakeHandlers: IntakeHandlers = {
    takers: (topic, level) => express.takers(topic, level),
    readings: handlers.readings,
    message(takers, topic, payload, qos, retained, reading) {
      // it is stored before its acknowledgement leaves
      if (retained) persistence.retained.change(topic, payload);
      express.send(takers, topic, payload, qos);
      return reading ? reading(payload) : handlers.message(topic, payload, false);
    },
  };

  let publishing = 0;
  let idle: (() => void) | undefined;
  const looking = setInterval(() => {
    for (const client of Object.values(clients())) if (client && !access.stillIn(client)) client.close();
  }, LOOK).unref();

  const { topics, retained } = persistence;

  /** @param number of the topic; 0 when there is nothing of it */
  function publish(topic: string, number: number, payload: Buffer, keep: Keep): void {
    const retain = keep !== "once";
    // what is retained no longer is told when that is on disk
    const ends = retain && payload.length === 0;
    if (keep === "again") retained.renew(number, payload);
    else if (retain && !ends) retained.change(topic, payload, number);
    if (retain && !ends && express.publish(topic, number, payload)) return;
    publishing++;
    aedes.publish({ cmd: "publish", topic, payload, qos: 1, retain: ends, dup: false }, (error) => {
      if (error && !closing) handlers.failed(`The broker could not publish on ${topic}: ${textOf(error)}`);
      if (--publishing === 0) idle?.();
    });
  }

  return {
    heldPacket: heldPacket(limits.payload),
    get figures() {
      return { clients: gate.count, queued: persistence.queues.length };
    },
    handle(stream, request) {
      if (!gate.enter(stream)) return;
      const client: Client = aedes.handle(stream, request);
      const rejected = (reason: Rejection, problem: string): void =>
        handlers.rejected(reason, access.titleOf(client), problem);
      backlogs.watch(client, rejected);
      windows.watch(client);
      queueFirst.watch(client);
      overlap.watch(client);
      limitPackets(client, limits.payload, rejected);
      const pace = new Pace(client, limits.rate);
      const lane = new Lane(client, pace, outgoing, laneHandlers);
      express.add(client, lane);
      new Intake(client, lane, pace, limits.payload, intakeHandlers);
    },
    publish: (topic, payload, keep) => publish(topic, topics.find(topic), payload, keep),
    command(to, payload, keep) {
      const number = topics.findFor(to);
      publish(number > 0 ? topics.nameOf(number) : to.commandTopic, number, payload, keep);
    },
    retained: (level) =>
      [...retained.topics()].filter((topic) => topic.endsWith("/" + level)).map((topic) => retained.get(topic)!),
    async close() {
      closing = true;
      clearInterval(looking);
      outgoing.flush();
      // what was published reaches those who listen, unless one of them does not read
      const published = publishing > 0 ? new Promise<void>((resolve) => (idle = resolve)) : undefined;
      await Promise.race([Promise.resolve(published).then(() => backlogs.settled()), sleep(FAREWELL)]);
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      // what sessions have not acknowledged waits for them, in order with what is in their queues
      const flights = [...express.flights].map(([clientId, { number, topic, payload }]) =>
        persistence.outgoingEnqueue(
          { clientId },
          { cmd: "publish", brokerId: id, brokerCounter: number, topic, payload, qos: 1, retain: false, dup: false },
        ),
      );
      await Promise.all(flights).catch(failed);
      // the wills of those who were connected are stored a turn of the event loop later
      await new Promise((resolve) => setImmediate(resolve));
      await persistence.destroy();
    },
  };
}
