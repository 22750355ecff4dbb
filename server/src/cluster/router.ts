import { parseTopic } from "../../../contract/index.js";
import type { Delivery } from "../ingest/delivery.js";
import type { StorageClock } from "../time/storage-clock.js";
import { clock } from "../time/monotonic-clock.js";
import { encodeBatch, type ForwardedMessage, type ForwardedBatch } from "./forwarding.js";
import { ReceivedBatches } from "./received-batches.js";

/** A batch that this server collects for another server or has sent to it. */
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
  /** Returns whether this server is at present allowed to act as the owner of its slots. */
  isValid(): boolean;
  /**
   * Handles a message for a device that this server owns.
   * @returns a promise that resolves when the message may be acknowledged; undefined to acknowledge at once
   */
  handle(topic: string, payload: Buffer, retained: boolean, delivery: Delivery): Promise<void> | undefined;
  send(to: string, bytes: Buffer): Promise<boolean>;
  /** The clock that all servers share. */
  readonly clock: StorageClock;
  /** Called when a member has not received a message, for example because it has failed. */
  unreachable(member: string): void;
}

/**
 * How long messages for another server are collected into a batch, in ms. Sending each message alone would cost more.
 */
const BATCH_INTERVAL = 20;

/** How long to wait for the confirmation of a batch before sending the batch again, in ms. */
const RETRY_INTERVAL = 1000;

/**
 * How many times a message may be forwarded. After this, the server that receives the message handles it. Without a
 * limit, servers with different policies would forward a message back and forth.
 */
const MAX_HOPS = 2;

/**
 * How long this server keeps the status messages of other servers' devices, in ms. If it adopts such a device during
 * this time, it handles the messages.
 */
const STATUS_RETENTION = 10_000;

/**
 * Routes each message to the server that owns its device. Acknowledges a forwarded message to the broker only after the
 * owner has confirmed it, so that no message is lost. Messages of a slot wait while the slot moves to another server.
 */
export class Router {
  readonly #options: RouterOptions;
  /** The owner of each slot; empty while the owners are unknown. */
  #owners: readonly string[] = [];
  /** The owner of each slot in the next epoch; undefined while no epoch is being prepared. */
  #nextOwners: readonly string[] | undefined;
  #heldMessages: (() => void)[] = [];
  readonly #received = new ReceivedBatches();
  /** The numbers of received batches that this server must still confirm, by sender. */
  #confirmations = new Map<string, number[]>();
  /** Batches to which messages are still being added, by hops and addressee. */
  readonly #collectingBatches = new Map<string, OutgoingBatch>();
  /** Batches that were sent and wait for confirmation, by number. */
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

  /** Returns the owner of a device or a zone. Returns undefined while its slot moves to another server. */
  ownerOf(id: string): string | undefined {
    const slot = this.#options.slotOf(id);
    return this.#nextOwners && this.#nextOwners[slot] !== this.#owners[slot] ? undefined : this.#owners[slot];
  }

  /**
   * Routes a message from the broker or from another server.
   * @returns a promise that resolves when the message may be acknowledged; undefined to acknowledge at once
   */
  route(topic: string, payload: Buffer, retained: boolean, delivery: Delivery, hops = 0): Promise<void> | undefined {
    const { me, slotOf, handle } = this.#options;
    // No server owns a topic without a valid device id, so the server that receives the message counts it as invalid.
    const parsed = parseTopic(topic);
    // Only status messages may be retained. The server that receives another retained message counts it as invalid.
    if (!parsed || (retained && parsed.channel !== "status")) return handle(topic, payload, retained, delivery);
    const slot = slotOf(parsed.id);
    const owner = this.#owners[slot];
    if (owner === undefined || (this.#nextOwners && this.#nextOwners[slot] !== owner) || !this.#options.isValid())
      return this.#hold(() => this.route(topic, payload, retained, delivery, hops));
    if (parsed.channel === "status" && owner !== me) {
      // The owner also receives this status message, so do not forward it. Keep it in case the owner has failed.
      if (!retained) this.#remember(parsed.id, () => void this.route(topic, payload, retained, delivery));
      return undefined;
    }
    if (owner === me || hops > MAX_HOPS) return handle(topic, payload, retained, delivery);
    return this.#forward(owner, hops + 1, { topic, payload, delivery });
  }

  /** Handles a batch from another server: its messages and its confirmations. */
  receive({ from, number, hops, messages, confirmations }: ForwardedBatch): void {
    for (const number of confirmations) {
      const batch = this.#unconfirmedBatches.get(number);
      // Only the addressee of a batch may confirm the batch.
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

  /**
   * Makes messages of moving slots wait until the next epoch begins.
   * @param holdAll whether the messages of all slots wait
   */
  prepareEpoch(owners: readonly string[], holdAll: boolean): void {
    this.#nextOwners = owners;
    if (holdAll) this.#owners = [];
  }

  /** Begins an epoch with new slot owners and routes the waiting messages. */
  beginEpoch(owners: readonly string[]): void {
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

  /** Handles the recent status messages of devices that this server has just adopted. */
  replayStatuses(): void {
    const all = this.#statuses;
    this.#statuses = all.filter(({ id }) => !this.owns(id));
    for (const { id, replay, time } of all) if (this.owns(id) && clock.now() - time < STATUS_RETENTION) replay();
  }

  /**
   * Sends unconfirmed batches again, and routes waiting messages if possible. Called after each renewal of the lease.
   */
  retryWaiting(): void {
    if (this.#options.isValid() && !this.#nextOwners) this.#release();
    const now = performance.now();
    for (const batch of this.#unconfirmedBatches.values()) if (now - batch.sentAt > RETRY_INTERVAL) this.#send(batch);
  }

  /** Drops waiting messages. The broker will deliver them again. */
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
    setTimeout(() => this.#flush(), BATCH_INTERVAL);
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

  /** Sends a batch. @param confirmations numbers of received batches, which the same message confirms */
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
    // A set contains each promise only once. Messages that are stored together share a promise.
    const waits = new Set<Promise<void>>();
    for (const { topic, payload, delivery } of messages) {
      const handled = this.route(topic, payload, false, delivery, hops);
      if (handled) waits.add(handled);
    }
    await Promise.all(waits);
  }
}
