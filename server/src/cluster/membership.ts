import { textOf } from "../common/errors.js";
import { clock } from "../time/monotonic-clock.js";
import type { Hub, MembershipView } from "./hub.js";

/** Reasons for a new epoch, other than a change of members. */
export interface Reasons {
  /** Whether this server must release everything, because it has just joined or the zones have changed. */
  readonly anew: boolean;
  /** Whether Redis may have lost data, so that this server must store its state again. */
  readonly lost: boolean;
}

/** The length of a lease, in ms. The cluster notices a failed machine after at most this time. */
export const LEASE = 1500;

/** The interval at which the lease is renewed, in ms. */
const INTERVAL = 300;

/** How much earlier this server lets its lease end than Redis does, in ms, because clocks run at different speeds. */
const MARGIN = 200;

export interface MembershipOptions {
  readonly hub: Hub;
  /** Whether this server receives messages from devices. Otherwise the server leaves the cluster. */
  present(): boolean;
  /** Releases everything that this server does not own in the new epoch. Resolves when the released state is stored. */
  prepare(view: MembershipView, reasons: Reasons): Promise<void>;
  /**
   * Adopts the devices and zones that this server owns. Called after all members have released what they do not own.
   */
  begin(view: MembershipView): Promise<void>;
  /** Called with the time of Redis's clock, and with the local monotonic time at which this server asked for it. */
  timed?(time: number, asked: number): void;
  /** Called after each renewal of the lease. */
  renewed(view: MembershipView): void;
  /** Called when this server is no longer a member. */
  left(): Promise<void>;
  failed(problem: string): void;
}

/**
 * Membership of this server in the cluster, a two-phase rebalance with leases. When a member joins or leaves, a new
 * epoch begins. First, every member releases the devices that it will not own. After all members have done so, every
 * member adopts the devices that it owns. So no device ever has two owners.
 */
export class Membership {
  readonly #options: MembershipOptions;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #unsubscribed = false;
  /** Whether the cluster has removed this server. The server's state is then outdated until the server releases it. */
  #away = true;
  /** When the lease ends, by `performance.now()`. */
  #until = -Infinity;
  #joined = false;
  #anew = false;
  /** The last known membership; undefined while this server is not a member. */
  #known: MembershipView | undefined;
  /** Whether Redis may have lost data that this server has not stored again yet. */
  #lost = false;
  /**
   * Epoch numbers: `#next` is being prepared, `#settled` is the last prepared one, `#starting` is being begun, and
   * `#begun` is the last begun one.
   */
  #next = 0;
  #settled = 0;
  #starting = 0;
  #begun = 0;
  #steps: Promise<void> = Promise.resolve();
  #failing = false;

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  /** Whether this server may still act as the owner of its devices. */
  get valid(): boolean {
    return !this.#unsubscribed && !this.#away && performance.now() < this.#until;
  }

  /** Whether this server has adopted all its devices and no new epoch is being prepared. */
  get settled(): boolean {
    return this.valid && this.#begun !== 0 && this.#begun === this.#next;
  }

  /**
   * Joins the cluster.
   * @param message receives messages of other servers
   * @throws Error when the hub cannot listen
   */
  async start(message: (bytes: Buffer) => void): Promise<void> {
    await this.#options.hub.listen({
      message,
      changed: () => {
        this.#unsubscribed = false;
        this.renewSoon();
      },
      unsubscribed: () => (this.#unsubscribed = true),
    });
    this.renewSoon();
  }

  /** Renews the lease immediately instead of at the next interval. */
  renewSoon(): void {
    if (this.#closed) return;
    this.#again = true;
    this.#looking ??= this.#run().finally(() => (this.#looking = undefined));
  }

  /** Begins a new epoch because the zones have changed, so that all members release and adopt everything again. */
  rebalance(): void {
    this.#anew = true;
    this.#options.hub.bumpEpoch().catch(() => {});
    this.renewSoon();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#looking;
    await this.#steps;
    this.#until = -Infinity;
    if (this.#joined) await this.#options.hub.leave().catch(() => {});
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer);
    while (this.#again && !this.#closed) {
      this.#again = false;
      try {
        await (this.#options.present() ? this.#renew() : this.#absent());
        this.#failing = false;
      } catch (error) {
        if (!this.#failing) this.#options.failed(textOf(error));
        this.#failing = true;
      }
    }
    if (!this.#closed) this.#timer = setTimeout(() => this.renewSoon(), INTERVAL);
  }

  async #renew(): Promise<void> {
    // A server without a subscription in Redis cannot be a member. The callback `changed` renews the lease later.
    if (this.#unsubscribed) return;
    const asked = performance.now();
    const askedAt = clock.now();
    const view = await this.#options.hub.renew(LEASE, this.#settled, this.#known);
    if (view.time !== undefined) this.#options.timed?.(view.time, askedAt);
    this.#until = asked + LEASE - MARGIN;
    this.#joined = true;
    if (this.#known && this.#known.memory !== view.memory) this.#lost = true;
    this.#known = view;
    // Other servers may have made decisions in the meantime, so the state in this server is outdated.
    if (view.joined) {
      this.#away = true;
      this.#lost = false;
    }
    const { epoch } = view;
    if (epoch !== this.#next || view.joined) {
      const reasons = { anew: view.joined || this.#anew, lost: this.#lost };
      this.#anew = false;
      this.#next = epoch;
      this.#starting = 0;
      this.#enqueue(async () => {
        const prepared = this.#options.prepare(view, reasons);
        if (reasons.anew) this.#away = false;
        await prepared;
        if (reasons.lost && this.#known?.memory === view.memory) this.#lost = false;
        this.#settled = epoch;
      });
    } else if (view.settled && this.#begun !== epoch && this.#starting !== epoch) {
      this.#starting = epoch;
      this.#enqueue(async () => {
        await this.#options.begin(view);
        this.#begun = epoch;
      });
    }
    this.#options.renewed(view);
  }

  /**
   * Queues a step, so that steps run one after the other while lease renewals continue. If a step fails, the next
   * renewal starts the epoch again.
   */
  #enqueue(step: () => Promise<void>): void {
    this.#steps = this.#steps.then(step).then(
      () => this.renewSoon(),
      (error: unknown) => {
        this.#options.failed(textOf(error));
        this.#next = 0;
      },
    );
  }

  async #absent(): Promise<void> {
    if (!this.#joined) return;
    this.#until = -Infinity;
    this.#joined = false;
    this.#known = undefined;
    this.#lost = false;
    this.#next = this.#begun = 0;
    await this.#options.left();
    await this.#options.hub.leave();
  }
}
