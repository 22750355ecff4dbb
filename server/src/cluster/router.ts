import { parseTopic } from "../../../contract/index.js";
import type { Arrival } from "../arrival.js";

/** A message as servers hand it to each other. */
type Entry = [topic: string, payload: string, now: number, live: 0 | 1, before: number | null];

/** What servers tell each other: messages that are another's, and that all of them were taken. */
export type RouterWord =
  | { readonly from: string; readonly number: number; readonly hops: number; readonly messages: Entry[] }
  | { readonly taken: number[] };

/** Messages on their way to another server. */
interface Batch {
  readonly to: string;
  readonly number: number;
  readonly hops: number;
  readonly messages: Entry[];
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
  take(topic: string, payload: Buffer, retained: boolean, arrival: Arrival): Promise<void> | undefined;
  send(to: string, text: string): Promise<boolean>;
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
  /** By member, what was taken of theirs, and is to be said to them. */
  readonly #taken = new Map<string, number[]>();
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
  route(topic: string, payload: Buffer, retained: boolean, arrival: Arrival, hops = 0): Promise<void> | undefined {
    const { me, slotOf, take } = this.#options;
    // what is no message of a device's is for nobody, and counted where it came
    const parsed = parseTopic(topic);
    if (!parsed) return take(topic, payload, retained, arrival);
    const slot = slotOf(parsed.id);
    const owner = this.#owners[slot];
    if (owner === undefined || (this.#next && this.#next[slot] !== owner) || !this.#options.valid())
      return this.#hold(() => this.route(topic, payload, retained, arrival, hops));
    if (parsed.channel === "status" && owner !== me) {
      // everybody hears it; its owner may have died with it
      if (!retained) this.#remember(parsed.id, () => void this.route(topic, payload, retained, arrival));
      return undefined;
    }
    if (owner === me || hops > MAX_HOPS) return take(topic, payload, retained, arrival);
    const { now, live, before } = arrival;
    return this.#handOn(owner, hops + 1, [topic, payload.toString("latin1"), now, live ? 1 : 0, before ?? null]);
  }

  /** Another server told this one something. */
  told(told: RouterWord): void {
    if ("taken" in told) {
      for (const number of told.taken) {
        this.#sent.get(number)?.resolve();
        this.#sent.delete(number);
      }
      return;
    }
    const taking = told.messages.map(([topic, payload, now, live, before]) =>
      this.route(
        topic,
        Buffer.from(payload, "latin1"),
        false,
        { now, live: live === 1, before: before ?? undefined },
        told.hops,
      ),
    );
    void Promise.all(taking.filter((one) => one !== undefined)).then(() => {
      const taken = this.#taken.get(told.from);
      if (taken) taken.push(told.number);
      else this.#taken.set(told.from, [told.number]);
      this.#flushSoon();
    });
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
    this.#release();
    for (const [number, batch] of this.#sent) {
      if (owners.includes(batch.to)) continue;
      this.#sent.delete(number);
      this.#reroute(batch);
    }
  }

  /** What was heard lately of devices that are this server's now. */
  recall(): void {
    const all = this.#statuses;
    this.#statuses = all.filter(({ id }) => !this.owns(id));
    for (const { id, again, time } of all) if (this.owns(id) && Date.now() - time < STATUS_KEPT) again();
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
    const time = Date.now();
    this.#statuses.push({ id, again, time });
    while (time - this.#statuses[0].time > STATUS_KEPT) this.#statuses.shift();
  }

  #handOn(to: string, hops: number, message: Entry): Promise<void> {
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
    for (const batch of this.#gathering.values()) {
      this.#sent.set(batch.number, batch);
      this.#send(batch);
    }
    this.#gathering.clear();
    for (const [to, taken] of this.#taken) this.#options.send(to, JSON.stringify({ taken })).catch(() => {});
    this.#taken.clear();
  }

  #send(batch: Batch): void {
    const { to, number, hops, messages } = batch;
    batch.sentAt = performance.now();
    const text = JSON.stringify({ from: this.#options.me, number, hops, messages });
    this.#options.send(to, text).then(
      (heard) => heard || this.#options.unheard(to),
      () => {},
    );
  }

  #reroute({ messages, resolve }: Batch): void {
    const routed = messages.map(([topic, payload, now, live, before]) =>
      this.route(topic, Buffer.from(payload, "latin1"), false, { now, live: live === 1, before: before ?? undefined }),
    );
    void Promise.all(routed.filter((one) => one !== undefined)).then(resolve);
  }
}
