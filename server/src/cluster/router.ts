import { parseTopic } from "../../../contract/index.js";
import type { Delivery } from "../ingest/delivery.js";
import type { StorageClock } from "../time/storage-clock.js";
import { clock } from "../time/monotonic-clock.js";
import { writeHanding, type Handed, type Handing } from "./forwarding.js";
import { ReceivedBatches } from "./received-batches.js";

/** Messages on their way to another server. */
interface Batch {
  readonly to: string;
  readonly number: number;
  readonly hops: number;
  readonly messages: Handed[];
  readonly taken: Promise<void>;
  readonly resolve: () => void;
  sentAt: number;
}

export interface RouterOptions {
  /** This server. */
  readonly me: string;
  /** The part to which a device or a zone belongs. */
  slotOf(id: string): number;
  /** Whether what was shared out holds at this moment. */
  valid(): boolean;
  /** A message of this server's own. */
  take(topic: string, payload: Buffer, retained: boolean, delivery: Delivery): Promise<void> | undefined;
  send(to: string, bytes: Buffer): Promise<boolean>;
  /** The clock that servers share. */
  readonly clock: StorageClock;
  /** Somebody does not listen who should. */
  unheard(member: string): void;
}

/** Messages for others gather for so long, in ms: one by one they would cost more on their way than to take. */
const GATHER = 20;

/** A batch is sent again when nothing was heard of it for so long, in ms. */
const AGAIN = 1000;

/** Servers whose configurations differ would hand a message to and fro: who gets it the third time keeps it. */
const MAX_HOPS = 2;

/** How long what devices say of themselves is kept for devices that may become this server's, in ms. */
const STATUS_KEPT = 10_000;

/**
 * Brings each message to the server that decides about its device. A message of another server's is handed on, and taken
 * only when that one has taken it: so the broker keeps it as long as it can be lost. While a part moves from one server to
 * another, its messages are held.
 */
export class Router {
  readonly #options: RouterOptions;
  /** Who has which part, now and soon; empty: nobody knows. */
  #owners: readonly string[] = [];
  #next: readonly string[] | undefined;
  #held: (() => void)[] = [];
  readonly #received = new ReceivedBatches();
  /** By member, what was taken of theirs, and is to be said to them. */
  #taken = new Map<string, number[]>();
  /** By member, those that gather; then by number, those on their way. */
  readonly #gathering = new Map<string, Batch>();
  readonly #sent = new Map<number, Batch>();
  #number = 0;
  #flushing = false;
  #statuses: { readonly id: string; readonly again: () => void; readonly time: number }[] = [];

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /** Whether this server decides about a device or a zone. */
  owns(id: string): boolean {
    return this.#owners[this.#options.slotOf(id)] === this.#options.me;
  }

  /** Whether a part is this server's. */
  ownsSlot(slot: number): boolean {
    return this.#owners[slot] === this.#options.me;
  }

  /** Who decides about a device or a zone; undefined while that is not settled. */
  ownerOf(id: string): string | undefined {
    const slot = this.#options.slotOf(id);
    return this.#next && this.#next[slot] !== this.#owners[slot] ? undefined : this.#owners[slot];
  }

  /** Takes a message from the broker, or from another server. Fulfilled when it need not come again; undefined: at once. */
  route(topic: string, payload: Buffer, retained: boolean, delivery: Delivery, hops = 0): Promise<void> | undefined {
    const { me, slotOf, take } = this.#options;
    // what is no message of a device's is for nobody, and counted where it came
    const parsed = parseTopic(topic);
    // neither is one that a broker retains although it should not, which the server that hears it refuses
    if (!parsed || (retained && parsed.channel !== "status")) return take(topic, payload, retained, delivery);
    const slot = slotOf(parsed.id);
    const owner = this.#owners[slot];
    if (owner === undefined || (this.#next && this.#next[slot] !== owner) || !this.#options.valid())
      return this.#hold(() => this.route(topic, payload, retained, delivery, hops));
    if (parsed.channel === "status" && owner !== me) {
      // everybody hears it; its owner may have died with it
      if (!retained) this.#remember(parsed.id, () => void this.route(topic, payload, retained, delivery));
      return undefined;
    }
    if (owner === me || hops > MAX_HOPS) return take(topic, payload, retained, delivery);
    return this.#handOn(owner, hops + 1, { topic, payload, delivery });
  }

  /** Another server handed this one messages, or has taken some of this one's. */
  told({ from, number, hops, messages, taken }: Handing): void {
    for (const number of taken) {
      const batch = this.#sent.get(number);
      // what only somebody else claims to have taken may be stored nowhere
      if (batch?.to !== from) continue;
      this.#sent.delete(number);
      batch.resolve();
    }
    if (messages.length === 0) return;
    const state = this.#received.came(from, number);
    if (state === "taken") this.#sayTaken(from, number);
    if (state !== "new") return;
    void this.#routeAll(messages, hops).then(() => {
      this.#received.wasTaken(from, number);
      this.#sayTaken(from, number);
    });
  }

  #sayTaken(to: string, number: number): void {
    const taken = this.#taken.get(to);
    if (taken) taken.push(number);
    else this.#taken.set(to, [number]);
    this.#flushSoon();
  }

  /** The parts will be shared out like this: those that move are held from now on. @param anew all of them */
  prepare(owners: readonly string[], anew: boolean): void {
    this.#next = owners;
    if (anew) this.#owners = [];
  }

  /** The parts are shared out like this. */
  begin(owners: readonly string[]): void {
    this.#owners = owners;
    this.#next = undefined;
    this.#received.keep(owners);
    this.#release();
    for (const [number, batch] of this.#sent) {
      if (owners.includes(batch.to)) continue;
      this.#sent.delete(number);
      void this.#routeAll(batch.messages).then(batch.resolve);
    }
  }

  /** What was heard lately of devices that are this server's now. */
  recall(): void {
    const all = this.#statuses;
    this.#statuses = all.filter(({ id }) => !this.owns(id));
    for (const { id, again, time } of all) if (this.owns(id) && clock.now() - time < STATUS_KEPT) again();
  }

  /** To be called now and then: what was not heard of is sent again, and what was held because nothing was sure goes on. */
  tick(): void {
    if (this.#options.valid() && !this.#next) this.#release();
    const now = performance.now();
    for (const batch of this.#sent.values()) if (now - batch.sentAt > AGAIN) this.#send(batch);
  }

  /** Nothing is held any more: it is given up, and comes again from the broker. */
  close(): void {
    this.#held = [];
    this.#sent.clear();
  }

  #hold(again: () => Promise<void> | undefined): Promise<void> {
    return new Promise((resolve) => this.#held.push(() => void Promise.resolve(again()).then(resolve)));
  }

  #release(): void {
    const held = this.#held;
    this.#held = [];
    for (const go of held) go();
  }

  #remember(id: string, again: () => void): void {
    const time = clock.now();
    this.#statuses.push({ id, again, time });
    while (time - this.#statuses[0].time > STATUS_KEPT) this.#statuses.shift();
  }

  #handOn(to: string, hops: number, message: Handed): Promise<void> {
    const key = `${hops} ${to}`;
    let batch = this.#gathering.get(key);
    if (!batch) {
      let resolve = (): void => {};
      const taken = new Promise<void>((done) => (resolve = done));
      batch = { to, number: ++this.#number, hops, messages: [], taken, resolve, sentAt: 0 };
      this.#gathering.set(key, batch);
    }
    batch.messages.push(message);
    this.#flushSoon();
    return batch.taken;
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setTimeout(() => this.#flush(), GATHER);
  }

  #flush(): void {
    this.#flushing = false;
    const taken = this.#taken;
    this.#taken = new Map();
    for (const batch of this.#gathering.values()) {
      this.#sent.set(batch.number, batch);
      this.#send(batch, taken.get(batch.to));
      taken.delete(batch.to);
    }
    this.#gathering.clear();
    const { me, send } = this.#options;
    for (const [to, numbers] of taken)
      send(to, writeHanding({ from: me, number: 0, hops: 0, messages: [], taken: numbers })).catch(() => {});
  }

  /** @param taken goes along: what of theirs was taken */
  #send(batch: Batch, taken: readonly number[] = []): void {
    const { to, number, hops, messages } = batch;
    batch.sentAt = performance.now();
    this.#options
      .send(to, writeHanding({ from: this.#options.me, number, hops, messages, taken }, this.#options.clock))
      .then(
        (heard) => heard || this.#options.unheard(to),
        () => {},
      );
  }

  /** Fulfilled when none of them need come again. */
  async #routeAll(messages: readonly Handed[], hops?: number): Promise<void> {
    // most wait for the same: they are stored in batches
    const waits = new Set<Promise<void>>();
    for (const { topic, payload, delivery } of messages) {
      const taken = this.route(topic, payload, false, delivery, hops);
      if (taken) waits.add(taken);
    }
    await Promise.all(waits);
  }
}
