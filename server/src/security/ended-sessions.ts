import type { StorageClock } from "../time/storage-clock.js";
import type { EndReason, LoginStore } from "./login-record.js";

/** Maximum number of ended sessions to remember. When full, the oldest one is forgotten. */
const MAX_REMEMBERED_SESSIONS = 1000;

/** Remembers why login sessions ended, so that the login page can explain a logout, also after a restart. */
export class EndedSessions {
  readonly #store: LoginStore;
  readonly #clock: StorageClock;
  readonly #retention: number;
  /** Ended sessions by the hash of their id, in the order in which they ended. Times are by the monotonic clock, in ms. */
  readonly #byHash = new Map<string, { readonly reason: EndReason; readonly at: number }>();

  /** @param retention how long a session is remembered after its end, in ms */
  constructor(store: LoginStore, clock: StorageClock, retention: number) {
    this.#store = store;
    this.#clock = clock;
    this.#retention = retention;
  }

  reasonOf(hash: string): EndReason | undefined {
    return this.#byHash.get(hash)?.reason;
  }

  add(hash: string, reason: EndReason): void {
    if (this.#byHash.size >= MAX_REMEMBERED_SESSIONS) this.#forget(this.#byHash.keys().next().value!);
    const at = this.#clock.now();
    this.#byHash.set(hash, { reason, at });
    this.#store.put(hash, { ended: reason, at: this.#clock.toWall(at) });
  }

  /** Adds a session that is stored already. @param at when it ended, in ms since 1970 */
  restore(hash: string, reason: EndReason, at: number): void {
    this.#byHash.set(hash, { reason, at: Math.min(this.#clock.now(), this.#clock.fromWall(at)) });
  }

  /** Forgets sessions that ended too long ago, and the oldest ones above `MAX_REMEMBERED_SESSIONS`. */
  forgetOld(): void {
    for (const [hash, { at }] of this.#byHash)
      if (this.#clock.now() - at >= this.#retention || this.#byHash.size > MAX_REMEMBERED_SESSIONS) this.#forget(hash);
  }

  #forget(hash: string): void {
    this.#byHash.delete(hash);
    this.#store.delete(hash);
  }
}
