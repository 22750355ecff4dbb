import type { ContestedClientId } from "./api.js";
import { splitSessionId } from "../storage/session-id.js";

/** A client id counts as contested after this many takeovers within `TAKEOVER_PERIOD`. */
const CONTESTED_TAKEOVER_COUNT = 3;
/** The period in which takeovers of a client id are counted, in ms. */
const TAKEOVER_PERIOD = 60_000;
/**
 * Maximum number of client ids whose takeovers are counted. A further client id replaces the one with the oldest
 * takeover.
 */
const MAX_TRACKED_CLIENT_IDS = 1000;

interface Takeover {
  /** Time of the takeover in ms, by `performance.now()`. */
  readonly at: number;
  readonly addresses: readonly [before: string, after: string];
}

/** Detects two clients with the same client id, which take over each other's session again and again [MQTT-3.1.4-2]. */
export class TakeoverDetector {
  readonly #byId = new Map<string, Takeover[]>();

  /**
   * Records that a new connection has taken over a client id.
   * @param before IP address of the old connection
   * @param after IP address of the new connection
   * @returns whether this takeover makes the client id contested
   */
  add(id: string, before: string, after: string, now = performance.now()): boolean {
    const takeovers = this.#recent(id, now);
    takeovers.push({ at: now, addresses: [before, after] });
    this.#byId.delete(id);
    if (this.#byId.size >= MAX_TRACKED_CLIENT_IDS) this.#byId.delete(this.#byId.keys().next().value!);
    this.#byId.set(id, takeovers.slice(-100));
    return takeovers.length === CONTESTED_TAKEOVER_COUNT;
  }

  /** Returns the addresses that took part in recent takeovers of a client id. */
  addressesOf(id: string, now = performance.now()): string[] {
    return [...new Set(this.#recent(id, now).flatMap(({ addresses }) => addresses))];
  }

  /** Lists the contested client ids. */
  list(now = performance.now()): ContestedClientId[] {
    return [...this.#byId.keys()].flatMap((id) => {
      const takeovers = this.#recent(id, now);
      if (takeovers.length < CONTESTED_TAKEOVER_COUNT) return [];
      const { account, clientId } = splitSessionId(id);
      return [{ client_id: clientId, account, addresses: this.addressesOf(id, now), takeovers: takeovers.length }];
    });
  }

  #recent(id: string, now: number): Takeover[] {
    return (this.#byId.get(id) ?? []).filter(({ at }) => now - at < TAKEOVER_PERIOD);
  }
}
