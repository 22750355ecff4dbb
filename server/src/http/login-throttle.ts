/** Failures that cost no time, because people mistype. */
const FREE = 5;
/** The longest time to wait, and how long a failure is remembered, in ms. */
const LONGEST = 15 * 60_000;
const MEMORY = 60 * 60_000;
/** The most that is remembered of each kind; beyond it the oldest goes. */
const MAX_REMEMBERED = 10_000;

interface Failures {
  count: number;
  /** When the last one was, in ms since 1970. */
  last: number;
}

/**
 * Slows down who guesses passwords: after five failures from an address, or for a name, each further one makes the next
 * attempt wait twice as long, from 1 s to 15 min. A name that does not exist counts like one that does, so that waiting
 * tells nothing. Somebody else's failures do not keep a user out at an address from which that user has logged in before.
 */
export class LoginThrottle {
  readonly #addresses = new Map<string, Failures>();
  readonly #names = new Map<string, Failures>();
  readonly #known = new Map<string, true>();

  constructor(readonly now: () => number = Date.now) {}

  /**
   * How long to wait before this may be tried, in ms. When it is 0, the attempt counts as failed from now on, until
   * `succeeded`: so that a hundred at once are no way around.
   */
  attempt(address: string, name: string): number {
    const network = networkOf(address);
    const wait = Math.max(
      this.#wait(this.#addresses.get(network)),
      this.#known.has(pair(network, name)) ? 0 : this.#wait(this.#names.get(name)),
    );
    if (wait > 0) return wait;
    this.#count(this.#addresses, network, 1);
    this.#count(this.#names, name, 1);
    return 0;
  }

  /** Nothing came of the attempt, neither way. */
  withdrawn(address: string, name: string): void {
    this.#count(this.#addresses, networkOf(address), -1);
    this.#count(this.#names, name, -1);
  }

  /** The attempt was none at guessing. Other failures from the address stay: they may be guesses at other names. */
  succeeded(address: string, name: string): void {
    const network = networkOf(address);
    this.#count(this.#addresses, network, -1);
    this.#names.delete(name);
    remember(this.#known, pair(network, name), true);
  }

  #wait(failures: Failures | undefined): number {
    if (!failures || failures.count < FREE) return 0;
    const pause = Math.min(LONGEST, 1000 * 2 ** (failures.count - FREE));
    return Math.max(0, failures.last + pause - this.now());
  }

  #count(all: Map<string, Failures>, key: string, change: number): void {
    const before = all.get(key);
    const now = this.now();
    const count = (before && now - before.last < MEMORY ? before.count : 0) + change;
    if (count > 0) remember(all, key, { count, last: now });
    else all.delete(key);
  }
}

/** A network of IPv6 gives each of its hosts 2^64 addresses: they count as one. */
function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=[\d.]+$)/i, "").replace(/%.*$/, "");
  if (!plain.includes(":")) return plain;
  const [left, right] = plain.split("::").map((part) => part.split(":").filter(Boolean));
  const zeros = right ? Math.max(0, 8 - left.length - right.length) : 0;
  return [...left, ...Array<string>(zeros).fill("0"), ...(right ?? [])].slice(0, 4).join(":");
}

function pair(network: string, name: string): string {
  return `${network} ${name}`;
}

function remember<T>(all: Map<string, T>, key: string, value: T): void {
  all.delete(key);
  if (all.size >= MAX_REMEMBERED) all.delete(all.keys().next().value!);
  all.set(key, value);
}
