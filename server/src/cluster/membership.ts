import { textOf } from "../common/errors.js";
import { clock } from "../time/monotonic-clock.js";
import type { Hub, MembershipView } from "./hub.js";

/** Reasons why a new epoch begins although the members are the same. */
export interface EpochReasons {
  /** Whether this server must release everything, because it has just joined or the zones have changed. */
  readonly releaseAll: boolean;
  /** Whether Redis may have lost data, so that this server must store its state again. */
  readonly dataLost: boolean;
}

/** The length of a lease, in ms. The cluster notices within this time that a machine has failed. */
export const LEASE_LENGTH = 1500;

/** The interval at which the lease is renewed, in ms. */
const RENEW_INTERVAL = 300;

/** How much earlier this server lets its lease end than Redis does, in ms, because clocks run at different speeds. */
const LEASE_MARGIN = 200;

export interface MembershipOptions {
  readonly hub: Hub;
  /** Returns whether this server receives messages from devices. If not, the server leaves the cluster. */
  receivesDeviceMessages(): boolean;
  /** Releases everything that this server does not own in the new epoch. Resolves when Redis has stored its state. */
  prepareEpoch(view: MembershipView, reasons: EpochReasons): Promise<void>;
  /**
   * Adopts the devices and zones that this server owns. Called after all members have released what they do not own.
   */
  beginEpoch(view: MembershipView): Promise<void>;
  /**
   * Called with the time of Redis's clock, and with the monotonic time at which this server asked for it, both in ms.
   */
  redisTimeRead?(time: number, asked: number): void;
  /** Called after each renewal of the lease. */
  leaseRenewed(view: MembershipView): void;
  /** Called when this server has left the cluster. The handler must release all devices and zones. */
  clusterLeft(): Promise<void>;
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
  #renewing: Promise<void> | undefined;
  #renewAgain = false;
  #closed = false;
  #unsubscribed = false;
  /**
   * Whether the cluster has removed this server. Until the server has released its devices and zones, their state is
   * outdated.
   */
  #isOutdated = true;
  /** When the lease ends, by `performance.now()`. */
  #leaseEnd = -Infinity;
  #joined = false;
  #releaseAll = false;
  /** The last known membership; undefined while this server is not a member. */
  #lastView: MembershipView | undefined;
  /** Whether Redis may have lost data. True until this server has stored its state again. */
  #dataLost = false;
  /**
   * Number of the epoch that this server is preparing or has prepared last; 0 if it must prepare again after a failure.
   */
  #preparingEpoch = 0;
  /** Number of the last epoch for which this server has released everything that other servers own. */
  #preparedEpoch = 0;
  /** Number of the last epoch for which this server has started to adopt devices and zones. */
  #beginningEpoch = 0;
  /** Number of the last epoch for which this server has adopted its devices and zones. */
  #begunEpoch = 0;
  #steps: Promise<void> = Promise.resolve();
  #failing = false;

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  /** Whether this server may still act as the owner of its devices. */
  get isValid(): boolean {
    return !this.#unsubscribed && !this.#isOutdated && performance.now() < this.#leaseEnd;
  }

  /** Whether this server has adopted all its devices and no new epoch is being prepared. */
  get isReady(): boolean {
    return this.isValid && this.#begunEpoch !== 0 && this.#begunEpoch === this.#preparingEpoch;
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
        await (this.#options.receivesDeviceMessages() ? this.#renew() : this.#leave());
        this.#failing = false;
      } catch (error) {
        if (!this.#failing) this.#options.failed(textOf(error));
        this.#failing = true;
      }
    }
    if (!this.#closed) this.#timer = setTimeout(() => this.renewSoon(), RENEW_INTERVAL);
  }

  async #renew(): Promise<void> {
    // Without a subscription in Redis, a server cannot be a member. When the subscription is restored, `changed` renews
    // the lease.
    if (this.#unsubscribed) return;
    const asked = performance.now();
    const askedAt = clock.now();
    const view = await this.#options.hub.renew(LEASE_LENGTH, this.#preparedEpoch, this.#lastView);
    if (view.time !== undefined) this.#options.redisTimeRead?.(view.time, askedAt);
    this.#leaseEnd = asked + LEASE_LENGTH - LEASE_MARGIN;
    this.#joined = true;
    if (this.#lastView && this.#lastView.memory !== view.memory) this.#dataLost = true;
    this.#lastView = view;
    // A new member has no valid state: other servers may have decided about its devices in the meantime.
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
        const prepared = this.#options.prepareEpoch(view, reasons);
        if (reasons.releaseAll) this.#isOutdated = false;
        await prepared;
        if (reasons.dataLost && this.#lastView?.memory === view.memory) this.#dataLost = false;
        this.#preparedEpoch = epoch;
      });
    } else if (view.allReleased && this.#begunEpoch !== epoch && this.#beginningEpoch !== epoch) {
      this.#beginningEpoch = epoch;
      this.#enqueue(async () => {
        await this.#options.beginEpoch(view);
        this.#begunEpoch = epoch;
      });
    }
    this.#options.leaseRenewed(view);
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
    await this.#options.clusterLeft();
    await this.#options.hub.leave();
  }
}
