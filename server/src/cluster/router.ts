import { parseTopic } from "../../../contract/index.js";
import type { Delivery } from "../ingest/delivery.js";
import type { StorageClock } from "../time/storage-clock.js";
import { clock } from "../time/monotonic-clock.js";
import { encodeBatch, type ForwardedMessage, type ForwardedBatch } from "./forwarding.js";
import { ReceivedBatches } from "./received-batches.js";

/** A batch of messages for another server. */
interface OutgoingBatch {
  readonly to: string;
  readonly number: number;
  readonly hops: number;
  readonly messages: ForwardedMessage[];
  readonly confirmed: Promise<void>;
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
  handle(topic: string, payload: Buffer, retained: boolean, delivery: Delivery): Promise<void> | undefined;
  send(to: string, bytes: Buffer): Promise<boolean>;
  /** The clock that all servers share. */
  readonly clock: StorageClock;
  /** Called if a member does not receive messages. */
  unreachable(member: string): void;
}

/** How long messages for another server are collected into a batch, in ms. Sending each one alone costs more. */
const BATCH_TIME = 20;

/** How long to wait for the confirmation of a batch before it is sent again, in ms. */
const RETRY_INTERVAL = 1000;

/** How often a message may be forwarded. Servers whose policies differ would otherwise forward it back and forth. */
const MAX_HOPS = 2;

/** How long status messages of other servers' devices are kept, in ms, because this server may adopt those devices. */
const STATUS_RETENTION = 10_000;

/**
 * Routes each message to the server that owns its device. A forwarded message is acknowledged to the broker only after the
 * owner has confirmed it, so that it cannot be lost. While a slot moves from one server to another, its messages wait.
 */
export class Router {
  readonly #options: RouterOptions;
  /** The owner of each slot, now and in the next epoch. Empty if unknown. */
  #owners: readonly string[] = [];
  #nextOwners: readonly string[] | undefined;
  #heldMessages: (() => void)[] = [];
  readonly #received = new ReceivedBatches();
  /** The numbers of batches to confirm, by the member that sent them. */
  #confirmations = new Map<string, number[]>();
  /** Batches that are being collected, by member and hops; and batches that wait for confirmation, by number. */
  readonly #collectingBatches = new Map<string, OutgoingBatch>();
  readonly #unconfirmedBatches = new Map<number, OutgoingBatch>();
  #lastBatchNumber = 0;
  #flushing = false;
  #statuses: { readonly id: string; readonly replay: () => void; readonly time: number }[] = [];

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
    return this.#nextOwners && this.#nextOwners[slot] !== this.#owners[slot] ? undefined : this.#owners[slot];
  }

  /** Routes a message from the broker or another server. Resolves when it may be acknowledged; undefined means immediately. */
  route(topic: string, payload: Buffer, retained: boolean, delivery: Delivery, hops = 0): Promise<void> | undefined {
    const { me, slotOf, handle } = this.#options;
    // Messages without a valid device id have no owner. This server counts them.
    const parsed = parseTopic(topic);
    // The same applies to messages that should not be retained.
    if (!parsed || (retained && parsed.channel !== "status")) return handle(topic, payload, retained, delivery);
    const slot = slotOf(parsed.id);
    const owner = this.#owners[slot];
    if (owner === undefined || (this.#nextOwners && this.#nextOwners[slot] !== owner) || !this.#options.valid())
      return this.#hold(() => this.route(topic, payload, retained, delivery, hops));
    if (parsed.channel === "status" && owner !== me) {
      // All servers receive status messages, so there is nothing to forward. The owner may have failed.
      if (!retained) this.#remember(parsed.id, () => void this.route(topic, payload, retained, delivery));
      return undefined;
    }
    if (owner === me || hops > MAX_HOPS) return handle(topic, payload, retained, delivery);
    return this.#forward(owner, hops + 1, { topic, payload, delivery });
  }

  /** Handles forwarded messages and confirmations of another server. */
  receive({ from, number, hops, messages, confirmations }: ForwardedBatch): void {
    for (const number of confirmations) {
      const batch = this.#unconfirmedBatches.get(number);
      // Only the receiver of a batch may confirm it.
      if (batch?.to !== from) continue;
      this.#unconfirmedBatches.delete(number);
      batch.resolve();
    }
    if (messages.length === 0) return;
    const state = this.#received.register(from, number);
    if (state === "handled") this.#confirm(from, number);
    if (state !== "new") return;
    void this.#routeAll(messages, hops).then(() => {
      this.#received.complete(from, number);
      this.#confirm(from, number);
    });
  }

  #confirm(to: string, number: number): void {
    const numbers = this.#confirmations.get(to);
    if (numbers) numbers.push(number);
    else this.#confirmations.set(to, [number]);
    this.#flushSoon();
  }

  /** Holds messages of slots that will move. @param holdAll whether to hold all messages */
  prepare(owners: readonly string[], holdAll: boolean): void {
    this.#nextOwners = owners;
    if (holdAll) this.#owners = [];
  }

  /** Begins an epoch with these owners and releases held messages. */
  begin(owners: readonly string[]): void {
    this.#owners = owners;
    this.#nextOwners = undefined;
    this.#received.forgetAllExcept(owners);
    this.#release();
    for (const [number, batch] of this.#unconfirmedBatches) {
      if (owners.includes(batch.to)) continue;
      this.#unconfirmedBatches.delete(number);
      void this.#routeAll(batch.messages).then(batch.resolve);
    }
  }

  /** Handles recent status messages of devices that this server has adopted. */
  replayStatuses(): void {
    const all = this.#statuses;
    this.#statuses = all.filter(({ id }) => !this.owns(id));
    for (const { id, replay, time } of all) if (this.owns(id) && clock.now() - time < STATUS_RETENTION) replay();
  }

  /** Sends unconfirmed batches again and releases messages that were held. Call this regularly. */
  tick(): void {
    if (this.#options.valid() && !this.#nextOwners) this.#release();
    const now = performance.now();
    for (const batch of this.#unconfirmedBatches.values()) if (now - batch.sentAt > RETRY_INTERVAL) this.#send(batch);
  }

  /** Drops held messages, which the broker delivers again. */
  close(): void {
    this.#heldMessages = [];
    this.#unconfirmedBatches.clear();
  }

  #hold(replay: () => Promise<void> | undefined): Promise<void> {
    return new Promise((resolve) => this.#heldMessages.push(() => void Promise.resolve(replay()).then(resolve)));
  }

  #release(): void {
    const held = this.#heldMessages;
    this.#heldMessages = [];
    for (const go of held) go();
  }

  #remember(id: string, replay: () => void): void {
    const time = clock.now();
    this.#statuses.push({ id, replay, time });
    while (time - this.#statuses[0].time > STATUS_RETENTION) this.#statuses.shift();
  }

  #forward(to: string, hops: number, message: ForwardedMessage): Promise<void> {
    const key = `${hops} ${to}`;
    let batch = this.#collectingBatches.get(key);
    if (!batch) {
      let resolve = (): void => {};
      const confirmed = new Promise<void>((done) => (resolve = done));
      batch = { to, number: ++this.#lastBatchNumber, hops, messages: [], confirmed, resolve, sentAt: 0 };
      this.#collectingBatches.set(key, batch);
    }
    batch.messages.push(message);
    this.#flushSoon();
    return batch.confirmed;
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setTimeout(() => this.#flush(), BATCH_TIME);
  }

  #flush(): void {
    this.#flushing = false;
    const confirmations = this.#confirmations;
    this.#confirmations = new Map();
    for (const batch of this.#collectingBatches.values()) {
      this.#unconfirmedBatches.set(batch.number, batch);
      this.#send(batch, confirmations.get(batch.to));
      confirmations.delete(batch.to);
    }
    this.#collectingBatches.clear();
    const { me, send } = this.#options;
    for (const [to, numbers] of confirmations)
      send(to, encodeBatch({ from: me, number: 0, hops: 0, messages: [], confirmations: numbers })).catch(() => {});
  }

  /** @param confirmations to send along */
  #send(batch: OutgoingBatch, confirmations: readonly number[] = []): void {
    const { to, number, hops, messages } = batch;
    batch.sentAt = performance.now();
    this.#options
      .send(to, encodeBatch({ from: this.#options.me, number, hops, messages, confirmations }, this.#options.clock))
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
      const handled = this.route(topic, payload, false, delivery, hops);
      if (handled) waits.add(handled);
    }
    await Promise.all(waits);
  }
}
