import { parseTopic } from "../../../contract/index.js";
import type { Delivery } from "../ingest/delivery.js";
import type { StorageClock } from "../time/storage-clock.js";
import { clock } from "../time/monotonic-clock.js";
import { encodeBatch, type ForwardedMessage, type ForwardedBatch } from "./forwarding.js";
import { ReceivedBatches } from "./received-batches.js";

/** A batch of messages for another server. */
interface Batch {
  readonly to: string;
  readonly number: number;
  readonly hops: number;
  readonly messages: ForwardedMessage[];
  readonly taken: Promise<void>;
  readonly resolve: () => void;
  sentAt: number;
}

export interface RouterOptions {
  /** The name of this server. */
  readonly me: string;
  /** Returns the slot of a device or a zone. */
  slotOf(id: string): number;
  /** Whether this server's ownership is valid at present. */
  valid(): boolean;
  /** Handles a message that this server owns. */
  take(topic: string, payload: Buffer, retained: boolean, delivery: Delivery): Promise<void> | undefined;
  send(to: string, bytes: Buffer): Promise<boolean>;
  /** The clock that all servers share. */
  readonly clock: StorageClock;
  /** Called if a member does not receive messages. */
  unreachable(member: string): void;
}

/** How long messages for another server are collected into a batch, in ms. Sending each one alone costs more. */
const BATCH_TIME = 20;

/** How long to wait for the confirmation of a batch before it is sent again, in ms. */
const RETRY = 1000;

/** How often a message may be forwarded. Servers whose policies differ would otherwise forward it back and forth. */
const MAX_HOPS = 2;

/** How long status messages of other servers' devices are kept, in ms, because this server may adopt those devices. */
const STATUS_KEPT = 10_000;

/**
 * Routes each message to the server that owns its device. A forwarded message is acknowledged to the broker only after the
 * owner has confirmed it, so that it cannot be lost. While a slot moves from one server to another, its messages wait.
 */
export class Router {
  readonly #options: RouterOptions;
  /** The owner of each slot, now and in the next epoch. Empty if unknown. */
  #owners: readonly string[] = [];
  #next: readonly string[] | undefined;
  #held: (() => void)[] = [];
  readonly #received = new ReceivedBatches();
  /** The numbers of batches to confirm, by the member that sent them. */
  #taken = new Map<string, number[]>();
  /** Batches that are being collected, by member and hops; and batches that wait for confirmation, by number. */
  readonly #collecting = new Map<string, Batch>();
  readonly #sent = new Map<number, Batch>();
  #number = 0;
  #flushing = false;
  #statuses: { readonly id: string; readonly again: () => void; readonly time: number }[] = [];

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /** Whether this server owns a device or a zone. */
  owns(id: string): boolean {
    return this.#owners[this.#options.slotOf(id)] === this.#options.me;
  }

  /** Whether this server owns a slot. */
  ownsSlot(slot: number): boolean {
    return this.#owners[slot] === this.#options.me;
  }

  /** Returns the owner of a device or a zone; undefined while its slot moves. */
  ownerOf(id: string): string | undefined {
    const slot = this.#options.slotOf(id);
    return this.#next && this.#next[slot] !== this.#owners[slot] ? undefined : this.#owners[slot];
  }

  /** Routes a message from the broker or another server. Resolves when it may be acknowledged; undefined means immediately. */
  route(topic: string, payload: Buffer, retained: boolean, delivery: Delivery, hops = 0): Promise<void> | undefined {
    const { me, slotOf, take } = this.#options;
    // Messages without a valid device id have no owner. This server counts them.
    const parsed = parseTopic(topic);
    // The same applies to messages that should not be retained.
    if (!parsed || (retained && parsed.channel !== "status")) return take(topic, payload, retained, delivery);
    const slot = slotOf(parsed.id);
    const owner = this.#owners[slot];
    if (owner === undefined || (this.#next && this.#next[slot] !== owner) || !this.#options.valid())
      return this.#hold(() => this.route(topic, payload, retained, delivery, hops));
    if (parsed.channel === "status" && owner !== me) {
      // All servers receive status messages, so there is nothing to forward. The owner may have failed.
      if (!retained) this.#remember(parsed.id, () => void this.route(topic, payload, retained, delivery));
      return undefined;
    }
    if (owner === me || hops > MAX_HOPS) return take(topic, payload, retained, delivery);
    return this.#handOn(owner, hops + 1, { topic, payload, delivery });
  }

  /** Handles forwarded messages and confirmations of another server. */
  receive({ from, number, hops, messages, taken }: ForwardedBatch): void {
    for (const number of taken) {
      const batch = this.#sent.get(number);
      // Only the receiver of a batch may confirm it.
      if (batch?.to !== from) continue;
      this.#sent.delete(number);
      batch.resolve();
    }
    if (messages.length === 0) return;
    const state = this.#received.came(from, number);
    if (state === "taken") this.#confirm(from, number);
    if (state !== "new") return;
    void this.#routeAll(messages, hops).then(() => {
      this.#received.wasTaken(from, number);
      this.#confirm(from, number);
    });
  }

  #confirm(to: string, number: number): void {
    const taken = this.#taken.get(to);
    if (taken) taken.push(number);
    else this.#taken.set(to, [number]);
    this.#flushSoon();
  }

  /** Holds messages of slots that will move. @param anew whether to hold all messages */
  prepare(owners: readonly string[], anew: boolean): void {
    this.#next = owners;
    if (anew) this.#owners = [];
  }

  /** Begins an epoch with these owners and releases held messages. */
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

  /** Handles recent status messages of devices that this server has adopted. */
  replayStatuses(): void {
    const all = this.#statuses;
    this.#statuses = all.filter(({ id }) => !this.owns(id));
    for (const { id, again, time } of all) if (this.owns(id) && clock.now() - time < STATUS_KEPT) again();
  }

  /** Sends unconfirmed batches again and releases messages that were held. Call this regularly. */
  tick(): void {
    if (this.#options.valid() && !this.#next) this.#release();
    const now = performance.now();
    for (const batch of this.#sent.values()) if (now - batch.sentAt > RETRY) this.#send(batch);
  }

  /** Drops held messages, which the broker delivers again. */
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

  #handOn(to: string, hops: number, message: ForwardedMessage): Promise<void> {
    const key = `${hops} ${to}`;
    let batch = this.#collecting.get(key);
    if (!batch) {
      let resolve = (): void => {};
      const taken = new Promise<void>((done) => (resolve = done));
      batch = { to, number: ++this.#number, hops, messages: [], taken, resolve, sentAt: 0 };
      this.#collecting.set(key, batch);
    }
    batch.messages.push(message);
    this.#flushSoon();
    return batch.taken;
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setTimeout(() => this.#flush(), BATCH_TIME);
  }

  #flush(): void {
    this.#flushing = false;
    const taken = this.#taken;
    this.#taken = new Map();
    for (const batch of this.#collecting.values()) {
      this.#sent.set(batch.number, batch);
      this.#send(batch, taken.get(batch.to));
      taken.delete(batch.to);
    }
    this.#collecting.clear();
    const { me, send } = this.#options;
    for (const [to, numbers] of taken)
      send(to, encodeBatch({ from: me, number: 0, hops: 0, messages: [], taken: numbers })).catch(() => {});
  }

  /** @param taken confirmations to send along */
  #send(batch: Batch, taken: readonly number[] = []): void {
    const { to, number, hops, messages } = batch;
    batch.sentAt = performance.now();
    this.#options
      .send(to, encodeBatch({ from: this.#options.me, number, hops, messages, taken }, this.#options.clock))
      .then(
        (heard) => heard || this.#options.unreachable(to),
        () => {},
      );
  }

  /** Routes messages. Resolves when all of them may be acknowledged. */
  async #routeAll(messages: readonly ForwardedMessage[], hops?: number): Promise<void> {
    // Most messages share a promise, because they are stored in batches.
    const waits = new Set<Promise<void>>();
    for (const { topic, payload, delivery } of messages) {
      const taken = this.route(topic, payload, false, delivery, hops);
      if (taken) waits.add(taken);
    }
    await Promise.all(waits);
  }
}
