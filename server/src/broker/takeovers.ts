import type { ContestedClientId } from "./api.js";
import { partsOf } from "../storage/session-id.js";

/** So many takeovers of one client id within `PERIOD` are no coincidence. */
const MOST = 3;
/** In ms. */
const PERIOD = 60_000;
/** How many client ids are watched at most. */
const MAX_WATCHED = 1000;

interface Takeover {
  readonly at: number;
  readonly addresses: readonly [before: string, after: string];
}

/** Notices when two clients use one client id: each connection ends the other, over and over [MQTT-3.1.4-2]. */
export class Takeovers {
  readonly #byId = new Map<string, Takeover[]>();

  /**
   * A connection from one address ended an older one from another, or the same.
   * @returns whether this shows that two clients fight over the id
   */
  add(id: string, before: string, after: string, now = performance.now()): boolean {
    const takeovers = this.#recent(id, now);
    takeovers.push({ at: now, addresses: [before, after] });
    this.#byId.delete(id);
    if (this.#byId.size >= MAX_WATCHED) this.#byId.delete(this.#byId.keys().next().value!);
    this.#byId.set(id, takeovers.slice(-100));
    return takeovers.length === MOST;
  }

  addressesOf(id: string, now = performance.now()): string[] {
    return [...new Set(this.#recent(id, now).flatMap(({ addresses }) => addresses))];
  }

  /** The client ids that clients fight over at present. */
  list(now = performance.now()): ContestedClientId[] {
    return [...this.#byId.keys()].flatMap((id) => {
      const takeovers = this.#recent(id, now);
      if (takeovers.length < MOST) return [];
      const { account, clientId } = partsOf(id);
      return [{ client_id: clientId, account, addresses: this.addressesOf(id, now), takeovers: takeovers.length }];
    });
  }

  #recent(id: string, now: number): Takeover[] {
    return (this.#byId.get(id) ?? []).filter(({ at }) => now - at < PERIOD);
  }
}
