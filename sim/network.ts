/** The network between a simulated board and the world, as others cut and heal it. */
import type { CutHow, NetworkState } from "./vm/protocol.js";

/** Cuts, heals and delays. All of it takes effect at once, and holds over restarts of the board. */
export class BoardNetwork {
  #current: NetworkState = { delay: 0 };

  /** @param changed is told each new state */
  constructor(private readonly changed: (state: NetworkState) => void) {}

  get current(): NetworkState {
    return this.#current;
  }

  get state(): "up" | "cut" {
    return this.#current.cut ? "cut" : "up";
  }

  /**
   * Nothing passes from now on. `reset` and `end` end connections on both sides and refuse new ones; `silent` lets
   * packets vanish, so that connections and attempts hang, and go on when the network heals, as TCP does.
   */
  cut({ how = "reset" }: { how?: CutHow } = {}): void {
    this.#set({ cut: how });
  }

  heal(): void {
    this.#set({ cut: undefined });
  }

  /**
   * One-way delay in ms; 0 for none.
   * @throws RangeError when it is negative or no number
   */
  delay(ms: number): void {
    if (!(ms >= 0 && ms < Infinity)) throw new RangeError(`A delay is 0 ms or more, not ${ms}.`);
    this.#set({ delay: ms });
  }

  #set(change: Partial<NetworkState>): void {
    this.#current = { ...this.#current, ...change };
    this.changed(this.#current);
  }
}
