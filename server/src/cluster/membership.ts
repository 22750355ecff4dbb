import { textOf } from "../common/errors.js";
import { clock } from "../time/monotonic-clock.js";
import type { Hub, Roll } from "./hub.js";

/** Why members prepare, besides that there will be others. */
export interface Reasons {
  /** This server was not a member until now, or what is shared out is another: all that it knows is put down. */
  readonly anew: boolean;
  /** The hub may have forgotten what this server, still a member, knows: it is to be stored again first. */
  readonly lost: boolean;
}

/** How long a server takes part without saying so again, in ms: so long a machine that died is missed at most. */
export const LEASE = 1500;

/** How often it says so, in ms. */
const EVERY = 300;

/** What a lease is shorter here than it is at the hub, in ms: clocks do not run alike. */
const MARGIN = 200;

export interface MembershipOptions {
  readonly hub: Hub;
  /** Whether this server can do what it is there for: hear the devices. */
  present(): boolean;
  /**
   * The members are about to be others: what will not be this server's is to be put down. Fulfilled when all of it is
   * stored.
   */
  prepare(roll: Roll, reasons: Reasons): Promise<void>;
  /** Everybody has put down what is not theirs: what is this server's can be taken up. */
  begin(roll: Roll): Promise<void>;
  /** The hub said what time it is there; it was asked at a time of the monotonic clock. */
  timed?(time: number, asked: number): void;
  /** Each time that it was looked. */
  looked(roll: Roll): void;
  /** It is not a member any more. */
  left(): Promise<void>;
  failed(problem: string): void;
}

/**
 * This server's part among several. When a member comes or goes, everybody first puts down what is going to be another's,
 * and says so; when all have, everybody takes up what is theirs. So nothing is ever two servers' at once.
 */
export class Membership {
  readonly #options: MembershipOptions;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #deaf = false;
  /** Whether it was taken off in the meantime: what it knows is of the past until that is put down. */
  #away = true;
  /** Until when it is a member for sure, by `performance.now()`. */
  #until = -Infinity;
  #joined = false;
  #anew = false;
  /** The last roll, as long as this server is a member. */
  #known: Roll | undefined;
  /** What the hub may have lost is not stored again yet. */
  #lost = false;
  /** Epochs: the one being prepared, the one for which that is done, the one that is being begun, and the one that has. */
  #next = 0;
  #settled = 0;
  #starting = 0;
  #begun = 0;
  #steps: Promise<void> = Promise.resolve();
  #failing = false;

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  /** Whether what was shared out holds at this moment. */
  get valid(): boolean {
    return !this.#deaf && !this.#away && performance.now() < this.#until;
  }

  /** Whether this server has its part, and nothing is about to change. */
  get settled(): boolean {
    return this.valid && this.#begun !== 0 && this.#begun === this.#next;
  }

  /** Begins to take part. @throws what the hub throws */
  async start(told: (word: Buffer) => void): Promise<void> {
    await this.#options.hub.listen({
      told,
      changed: () => {
        this.#deaf = false;
        this.look();
      },
      deaf: () => (this.#deaf = true),
    });
    this.look();
  }

  /** Looks at once who takes part, as it does all the time. */
  look(): void {
    if (this.#closed) return;
    this.#again = true;
    this.#looking ??= this.#run().finally(() => (this.#looking = undefined));
  }

  /** What is shared out is another: everything is put down, and taken up again. */
  anew(): void {
    this.#anew = true;
    this.#options.hub.stir().catch(() => {});
    this.look();
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
    if (!this.#closed) this.#timer = setTimeout(() => this.look(), EVERY);
  }

  async #renew(): Promise<void> {
    // who does not hear the others is no member; `changed` looks again
    if (this.#deaf) return;
    const asked = performance.now();
    const askedAt = clock.now();
    const roll = await this.#options.hub.renew(LEASE, this.#settled, this.#known);
    if (roll.time !== undefined) this.#options.timed?.(roll.time, askedAt);
    this.#until = asked + LEASE - MARGIN;
    this.#joined = true;
    if (this.#known && this.#known.memory !== roll.memory) this.#lost = true;
    this.#known = roll;
    // others have decided since: what this server knows is of the past
    if (roll.joined) {
      this.#away = true;
      this.#lost = false;
    }
    const { epoch } = roll;
    if (epoch !== this.#next || roll.joined) {
      const reasons = { anew: roll.joined || this.#anew, lost: this.#lost };
      this.#anew = false;
      this.#next = epoch;
      this.#starting = 0;
      this.#then(async () => {
        const prepared = this.#options.prepare(roll, reasons);
        if (reasons.anew) this.#away = false;
        await prepared;
        if (reasons.lost && this.#known?.memory === roll.memory) this.#lost = false;
        this.#settled = epoch;
      });
    } else if (roll.settled && this.#begun !== epoch && this.#starting !== epoch) {
      this.#starting = epoch;
      this.#then(async () => {
        await this.#options.begin(roll);
        this.#begun = epoch;
      });
    }
    this.#options.looked(roll);
  }

  /** One after the other, while it is renewed all the time. What failed is begun again. */
  #then(step: () => Promise<void>): void {
    this.#steps = this.#steps.then(step).then(
      () => this.look(),
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
