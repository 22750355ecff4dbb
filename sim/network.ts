/** Controls the simulated network between a board and its broker: cuts, restores and delays the traffic. */
import type { CutKind, NetworkState } from "./vm/protocol.js";

/** Network state of one board. Changes take effect immediately and survive restarts of the board. */
export class BoardNetwork {
  #current: NetworkState = { delay: 0 };

  /** @param changed called with the new network state after each change */
  constructor(private readonly changed: (state: NetworkState) => void) {}

  get currentState(): NetworkState {
    return this.#current;
  }

  get state(): "up" | "cut" {
    return this.#current.cut ? "cut" : "up";
  }

  /**
   * Stops all traffic. `reset` and `end` close connections on both sides and refuse new connections. `silent` drops
   * packets: connections and connection attempts hang until `heal()` and then continue, because TCP sends lost packets
   * again.
   */
  cut({ how = "reset" }: { how?: CutKind } = {}): void {
    this.#update({ cut: how });
  }

  heal(): void {
    this.#update({ cut: undefined });
  }

  /**
   * Sets the one-way delay in ms; 0 means no delay.
   * @throws RangeError when the delay is negative or not a finite number
   */
  delay(ms: number): void {
    if (!(ms >= 0 && ms < Infinity)) throw new RangeError(`A delay is 0 ms or more, not ${ms}.`);
    this.#update({ delay: ms });
  }

  #update(change: Partial<NetworkState>): void {
    this.#current = { ...this.#current, ...change };
    this.changed(this.#current);
  }
}
