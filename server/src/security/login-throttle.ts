import { networkOf } from "./network.js";

/** Number of failed logins that cause no delay, because people mistype passwords. */
const FAILURES_WITHOUT_DELAY = 5;
/** The longest delay before the next login attempt, in ms. */
const MAX_ATTEMPT_DELAY = 15 * 60_000;
/** How long failed logins are remembered after the latest one, in ms. */
const FAILURE_MEMORY_TIME = 60 * 60_000;
/** Maximum size of each of the maps of addresses, names and pairs. A full map drops its least recently used entry. */
const MAX_REMEMBERED_BACKOFFS = 10_000;

/** A login attempt whose password is being checked. Call exactly one of the methods when the outcome is known. */
export interface LoginAttempt {
  fail(): void;
  succeed(): void;
  /** Ends an attempt whose password could not be checked. The attempt counts as neither success nor failure. */
  withdraw(): void;
}

/**
 * Limits how fast passwords can be guessed, with an exponential backoff. The first five failures cause no delay. Each
 * further failure doubles the delay of the next attempt, from 1 s to 15 min. An hour without a failure clears the count
 * of failures. Unknown names count like existing ones, so that the delays do not reveal which names exist.
 *
 * Failures count for the address and for the name. Exception: a pair of address and name that has logged in before has its
 * own count. So a misconfigured board cannot lock out other boards with the same address. Strangers cannot lock out a user
 * at an address where that user has logged in before. The pairs are kept in memory until a restart.
 */
export class LoginThrottle {
  readonly #addresses = new Map<string, Backoff>();
  readonly #names = new Map<string, Backoff>();
  /** Backoffs of the pairs of address and name that have logged in before. */
  readonly #known = new Map<string, Backoff>();
  readonly #now: () => number;

  /** @param now returns the time in ms; by default that of a monotonic clock */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Returns how long the next attempt must wait, in ms; 0 when it may begin now. */
  getWaitTime(address: string, name: string): number {
    const now = this.#now();
    const network = networkOf(address);
    const known = this.#known.get(pairKeyOf(network, name));
    if (known) return known.getWaitTime(now);
    return Math.max(this.#addresses.get(network)?.getWaitTime(now) ?? 0, this.#names.get(name)?.getWaitTime(now) ?? 0);
  }

  /**
   * Begins an attempt; call this right after `getWaitTime` has returned 0. Until its outcome is known, the attempt counts as
   * failed, so that guessing in parallel is no faster.
   */
  beginAttempt(address: string, name: string): LoginAttempt {
    const network = networkOf(address);
    const pair = pairKeyOf(network, name);
    const counts = this.#known.has(pair)
      ? [touchBackoff(this.#known, pair)]
      : [touchBackoff(this.#addresses, network), touchBackoff(this.#names, name)];
    for (const { backoff } of counts) backoff.beginAttempt(this.#now());
    // A success withdraws only its own attempt, because earlier failures may have been guesses of somebody else.
    const withdraw = (): void => {
      for (const { backoff, all, key } of counts) {
        backoff.withdraw();
        // unused entries would push entries with failures out of a full map
        if (backoff.isUnused && all !== this.#known && all.get(key) === backoff) all.delete(key);
      }
    };
    return {
      fail: () => counts.forEach(({ backoff }) => backoff.fail(this.#now())),
      succeed: () => {
        withdraw();
        touchBackoff(this.#known, pair);
      },
      withdraw,
    };
  }
}

/** Exponential backoff for one address, name or pair. */
class Backoff {
  #failures = 0;
  #lastFailure = 0;
  #running = 0;
  #lastStart = 0;

  get isUnused(): boolean {
    return this.#failures === 0 && this.#running === 0;
  }

  /** Returns how long the next attempt must wait, in ms. */
  getWaitTime(now: number): number {
    this.#forget(now);
    const count = this.#failures + this.#running;
    if (count < FAILURES_WITHOUT_DELAY) return 0;
    const latest = this.#running > 0 ? Math.max(this.#lastFailure, this.#lastStart) : this.#lastFailure;
    return Math.max(0, latest + Math.min(MAX_ATTEMPT_DELAY, 1000 * 2 ** (count - FAILURES_WITHOUT_DELAY)) - now);
  }

  beginAttempt(now: number): void {
    this.#running++;
    this.#lastStart = now;
  }

  withdraw(): void {
    this.#running--;
  }

  fail(now: number): void {
    this.#forget(now);
    this.#running--;
    this.#failures++;
    this.#lastFailure = now;
  }

  #forget(now: number): void {
    if (now - this.#lastFailure >= FAILURE_MEMORY_TIME) this.#failures = 0;
  }
}

/** A backoff, and the map and key under which it is stored. */
interface BackoffEntry {
  readonly all: Map<string, Backoff>;
  readonly key: string;
  readonly backoff: Backoff;
}

/** Returns the backoff of a key, creates it if necessary, and makes it the most recently used one. */
function touchBackoff(all: Map<string, Backoff>, key: string): BackoffEntry {
  const backoff = all.get(key) ?? new Backoff();
  all.delete(key);
  if (all.size >= MAX_REMEMBERED_BACKOFFS) all.delete(all.keys().next().value!);
  all.set(key, backoff);
  return { all, key, backoff };
}

function pairKeyOf(network: string, name: string): string {
  return `${network}\0${name}`;
}
