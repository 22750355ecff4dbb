import type { Aedes, Client } from "aedes";
import { Exchange, type Subscription } from "./exchange.js";
import { Flights } from "./flights.js";
import type { Lane, Takers } from "./lane.js";
import type { DurablePersistence } from "./persistence.js";
import type { RetainedPacket } from "./retained.js";
import { matcherOf } from "./topic-index.js";

/** What is used of aedes' client beside its types. */
interface Subscriber {
  readonly subscriptions: Readonly<Record<string, { readonly func: never; readonly qos: number }>>;
}

/** What aedes tells of a subscription that was asked for. */
interface Asked {
  readonly topic: string;
  /** What was granted. */
  readonly qos: number;
}

/** Refused: MQTT 3.1.1, 3.9.3. */
const REFUSED = 128;

/** So many retained messages are looked at in a row, for a filter with a wildcard. */
const LOOKED_AT = 1000;

/**
 * Messages that go past aedes. It takes a dozen steps for each, some of them in later turns of the event loop, so as to serve
 * sessions, QoS 2 and stores of any kind. What comes and goes with each reading needs none of that where all who are to get
 * it are connected: it is written to them at once. Everything else is aedes'.
 *
 * Messages of a topic stay in order [MQTT-4.6.0-6]: as long as aedes has one under way, the next ones follow it.
 */
export class Express {
  readonly exchange: Exchange<Lane>;
  readonly flights = new Flights<Lane>();
  readonly #persistence: DurablePersistence;
  readonly #lanes = new WeakMap<Client, Lane>();
  /** How many messages of a topic aedes has under way. */
  readonly #underWay = new Map<string, number>();

  constructor(persistence: DurablePersistence) {
    this.#persistence = persistence;
    this.exchange = new Exchange(persistence.topics);
  }

  /** To be called once for the broker, before anything is published. */
  watch(aedes: Aedes): void {
    const publish = aedes.publish.bind(aedes) as (...args: unknown[]) => void;
    aedes.publish = (packet: { readonly topic: string }, ...rest: unknown[]): void => {
      const { topic } = packet;
      const done = rest.pop() as (error?: Error) => void;
      this.#underWay.set(topic, (this.#underWay.get(topic) ?? 0) + 1);
      publish(packet, ...rest, (error?: Error) => {
        const left = this.#underWay.get(topic)! - 1;
        if (left > 0) this.#underWay.set(topic, left);
        else this.#underWay.delete(topic);
        done(error);
      });
    };
    aedes.on("subscribe", (subscriptions, client) => {
      for (const asked of subscriptions as Asked[]) this.#subscribed(client, asked);
    });
  }

  /** To be called for each new client. */
  add(client: Client, lane: Lane): void {
    this.#lanes.set(client, lane);
  }

  laneOf(client: Client): Lane | undefined {
    return this.#lanes.get(client);
  }

  /**
   * Who is to get a message on this topic; undefined when that is aedes' to do, because it is to be stored for somebody.
   * @param level the topic's last: readings need not be looked up among the topics of commands
   */
  takers(topic: string, level: string): Takers | undefined {
    const sought = this.exchange.mayHave(level) || this.#persistence.mayAwait(level);
    const number = sought ? this.#persistence.topics.find(topic) : 0;
    if (this.#isUnderWay(topic) || this.#persistence.awaiting(topic, number).length > 0) return undefined;
    const takers = this.exchange.match(topic, number);
    for (const { taker } of takers) if (!taker?.open) return undefined;
    return takers;
  }

  /** Publishes what is retained anyway, at QoS 1. False when that is aedes' to do. @param number of the topic */
  publish(topic: string, number: number, payload: Buffer): boolean {
    if (this.#isUnderWay(topic)) return false;
    const takers = this.exchange.match(topic, number);
    const awaiting = this.#persistence.awaiting(topic, number);
    // a board has its topic to itself; several sessions are left to aedes
    if (awaiting.length > 1) return false;
    let session: Subscription<Lane> | undefined;
    for (const subscription of takers) {
      const { taker } = subscription;
      if (!taker?.open || (taker.isSession && (session || taker.clientId !== awaiting[0]))) return false;
      if (taker.isSession) session = subscription;
    }
    // it is away
    if (!session && awaiting.length > 0) return false;
    if (session) {
      const { taker: lane, qos } = session;
      if (!lane!.mayRead(topic) || qos === 0 || !lane!.fly(topic, payload)) return false;
    }
    this.send(session ? takers.filter((other) => other !== session) : takers, topic, payload, 1);
    return true;
  }

  /** Nearly always there is nothing at all. */
  #isUnderWay(topic: string): boolean {
    return this.#underWay.size > 0 && this.#underWay.has(topic);
  }

  /** A session's connection is ready for what was not acknowledged in an earlier one. */
  resume(client: Client): void {
    const lane = this.#lanes.get(client);
    if (!lane?.isSession || client.closed || client.conn.destroyed) return;
    const { id } = client;
    client.conn.once("close", () => this.flights.leave(id, lane));
    lane.resume(this.flights.enter(id, lane));
  }

  /** The subscriptions of a session are known now, without having been asked for. */
  opened(client: Client): void {
    const lane = this.#lanes.get(client)!;
    for (const own of Object.values((client as unknown as Subscriber).subscriptions)) {
      const subscription = this.exchange.of(own.func);
      if (subscription) Object.assign(subscription, { taker: lane, qos: own.qos });
    }
  }

  /** Writes a message to all who are to get it. */
  send(takers: Takers, topic: string, payload: Buffer, qos: 0 | 1): void {
    if (takers.length === 1) write(takers[0].taker!, takers[0].qos);
    if (takers.length < 2) return;
    // one copy for a client whose subscriptions overlap, at the highest QoS of them [MQTT-3.3.5-1]
    const levels = new Map<Lane, number>();
    for (const { taker, qos } of takers) levels.set(taker!, Math.max(levels.get(taker!) ?? 0, qos));
    for (const [lane, granted] of levels) write(lane, granted);

    function write(lane: Lane, granted: number): void {
      if (lane.mayRead(topic)) lane.send(topic, payload, Math.min(qos, granted));
    }
  }

  /** SUBACK was written: what is retained follows [MQTT-3.3.1-6], and then what is published. */
  #subscribed(client: Client, { topic: filter, qos }: Asked): void {
    const lane = this.#lanes.get(client);
    const own = (client as unknown as Partial<Subscriber>).subscriptions?.[filter];
    const subscription = own && this.exchange.of(own.func);
    if (!lane || !subscription || qos === REFUSED) return;
    Object.assign(subscription, { taker: lane, qos });
    const matches = matcherOf(filter);
    const retained = this.#persistence.retained.get(filter);
    if (matches) void this.#greetAll(client, lane, matches, qos);
    else if (retained) greet(lane, retained, qos);
  }

  /** What is published meanwhile is retained already, and sent as well: nothing older comes after something newer. */
  async #greetAll(client: Client, lane: Lane, matches: (topic: string) => boolean, qos: number): Promise<void> {
    let looked = 0;
    for (const topic of this.#persistence.retained.topics()) {
      const retained = matches(topic) && this.#persistence.retained.get(topic);
      if (retained) greet(lane, retained, qos);
      if (lane.isFull) await lane.drained();
      // others have their turn
      else if (++looked % LOOKED_AT === 0) await new Promise((resolve) => setImmediate(resolve));
      if (client.closed) return;
    }
  }
}

/** At the QoS of the message, or of the subscription, if that is lower [MQTT-3.8.4-6]. */
function greet(lane: Lane, { topic, payload, qos }: RetainedPacket, granted: number): void {
  if (lane.mayRead(topic)) lane.send(topic, payload, Math.min(qos, granted), true);
}
