import { textOf } from "../common/errors.js";
import { clock } from "../time/monotonic-clock.js";
import type { Hub, MembershipView } from "./hub.js";

/** Why a new epoch has begun, besides a change of members. */
export interface EpochReasons {
  /** This server has just joined, or the zones have changed, so it must release everything. */
  readonly releaseAll: boolean;
  /** Redis may have lost data, so this server must store again what it knows. */
  readonly dataLost: boolean;
}

/** The length of a lease, in ms. The cluster notices the failure of a machine after this time at the latest. */
export const LEASE = 1500;

/** The interval at which the lease is renewed, in ms. */
const INTERVAL = 300;

/** How much earlier a lease ends here than in Redis, in ms, because clocks run at different speeds. */
const MARGIN = 200;

export interface MembershipOptions {
  readonly hub: Hub;
  /** Whether this server receives messages from devices, so that it can take part. */
  present(): boolean;
  /**
   * Releases everything that this server will not own in the new epoch. Resolves when all of it is stored.
   */
  prepare(view: MembershipView, reasons: EpochReasons): Promise<void>;
  /** Adopts what this server owns, because all members have released what they do not own. */
  begin(view: MembershipView): Promise<void>;
  /** Called with the time of Redis's clock, and with the time of the request by the monotonic clock. */
  redisTimeRead?(time: number, asked: number): void;
  /** Called after each renewal of the lease. */
  renewed(view: MembershipView): void;
  /** Called when this server is no longer a member. */
  left(): Promise<void>;
  failed(problem: string): void;
}

/**
 * The membership of this server in the cluster. When a member joins or leaves, a new epoch begins: every member first
 * releases what it will not own. When all have done so, every member adopts what it owns. So no device ever has two owners.
 * The method is a two-phase rebalance with leases.
 */
export class Membership {
  readonly #options: MembershipOptions;
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<void> | undefined;
  #renewAgain = false;
  #closed = false;
  #unsubscribed = false;
  /** Whether this server was removed in the meantime, so that what it knows is outdated until it is released. */
  #isOutdated = true;
  /** When the lease ends, by `performance.now()`. */
  #leaseEnd = -Infinity;
  #joined = false;
  #releaseAll = false;
  /** The last membership, as long as this server is a member. */
  #lastView: MembershipView | undefined;
  /** Whether Redis may have lost data that is not stored again yet. */
  #dataLost = false;
  /** Epochs: the one that is being prepared, the last prepared one, the one that is being begun, and the last begun one. */
  #preparingEpoch = 0;
  #preparedEpoch = 0;
  #beginningEpoch = 0;
  #begunEpoch = 0;
  #steps: Promise<void> = Promise.resolve();
  #failing = false;

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  /** Whether this server still owns what it owned in the last epoch. */
  get valid(): boolean {
    return !this.#unsubscribed && !this.#isOutdated && performance.now() < this.#leaseEnd;
  }

  /** Whether this server has adopted what it owns and no new epoch is in preparation. */
  get isReady(): boolean {
    return this.valid && this.#begunEpoch !== 0 && this.#begunEpoch === this.#preparingEpoch;
  }

  /** Joins the cluster. @param message receives messages of other servers @throws what the hub throws */
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

  /** Renews the lease immediately, instead of at the next interval. */
  renewSoon(): void {
    if (this.#closed) return;
    this.#renewAgain = true;
    this.#renewing ??= this.#run().finally(() => (this.#renewing = undefined));
  }

  /** Begins a new epoch because the zones have changed, so that all members release and adopt everything again. */
  rebalance(): void {
    this.#releaseAll = true;
    this.#options.hub.bumpEpoch().catch(() => {});
    this.renewSoon();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#renewing;
    await this.#steps;
    this.#leaseEnd = -Infinity;
    if (this.#joined) await this.#options.hub.leave().catch(() => {});
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer);
    while (this.#renewAgain && !this.#closed) {
      this.#renewAgain = false;
      try {
        await (this.#options.present() ? this.#renew() : this.#leave());
        this.#failing = false;
      } catch (error) {
        if (!this.#failing) this.#options.failed(textOf(error));
        this.#failing = true;
      }
    }
    if (!this.#closed) this.#timer = setTimeout(() => this.renewSoon(), INTERVAL);
  }

  async #renew(): Promise<void> {
    // Without a subscription this server cannot be a member. `changed` renews later.
    if (this.#unsubscribed) return;
    const asked = performance.now();
    const askedAt = clock.now();
    const view = await this.#options.hub.renew(LEASE, this.#preparedEpoch, this.#lastView);
    if (view.time !== undefined) this.#options.redisTimeRead?.(view.time, askedAt);
    this.#leaseEnd = asked + LEASE - MARGIN;
    this.#joined = true;
    if (this.#lastView && this.#lastView.memory !== view.memory) this.#dataLost = true;
    this.#lastView = view;
    // Other servers may have decided in the meantime, so what this server knows is outdated.
    if (view.joined) {
      this.#isOutdated = true;
      this.#dataLost = false;
    }
    const { epoch } = view;
    if (epoch !== this.#preparingEpoch || view.joined) {
      const reasons = { releaseAll: view.joined || this.#releaseAll, dataLost: this.#dataLost };
      this.#releaseAll = false;
      this.#preparingEpoch = epoch;
      this.#beginningEpoch = 0;
      this.#enqueue(async () => {
        const prepared = this.#options.prepare(view, reasons);
        if (reasons.releaseAll) this.#isOutdated = false;
        await prepared;
        if (reasons.dataLost && this.#lastView?.memory === view.memory) this.#dataLost = false;
        this.#preparedEpoch = epoch;
      });
    } else if (view.allReleased && this.#begunEpoch !== epoch && this.#beginningEpoch !== epoch) {
      this.#beginningEpoch = epoch;
      this.#enqueue(async () => {
        await this.#options.begin(view);
        this.#begunEpoch = epoch;
      });
    }
    this.#options.renewed(view);
  }

  /** Runs steps one after the other while the lease is renewed. A failed step is tried again. */
  #enqueue(step: () => Promise<void>): void {
    this.#steps = this.#steps.then(step).then(
      () => this.renewSoon(),
      (error: unknown) => {
        this.#options.failed(textOf(error));
        this.#preparingEpoch = 0;
      },
    );
  }

  async #leave(): Promise<void> {
    if (!this.#joined) return;
    this.#leaseEnd = -Infinity;
    this.#joined = false;
    this.#lastView = undefined;
    this.#dataLost = false;
    this.#preparingEpoch = this.#begunEpoch = 0;
    await this.#options.left();
    await this.#options.hub.leave();
  }
}
