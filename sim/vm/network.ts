/** The network between one board and the world: up, cut, or slow. */
import type { NetworkState } from "./protocol.js";

/** What goes one way over the network, in order: each thing after the delay, nothing while packets vanish. */
export class Lane {
  #queue: { due: number; run: () => void | Promise<void> }[] = [];
  #running = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly network: Network) {
    network.watch(this, () => this.#pump());
  }

  /** Runs `what` when it is its turn: at once when nothing is in the way. */
  push(what: () => void | Promise<void>): void {
    this.#queue.push({ due: performance.now() + this.network.state.delay, run: what });
    this.#pump();
  }

  /** Ends the lane; what waits in it is lost. */
  close(): void {
    this.#queue = [];
    clearTimeout(this.#timer);
    this.network.unwatch(this);
  }

  #pump(): void {
    clearTimeout(this.#timer);
    while (!this.#running && this.#queue.length > 0 && this.network.state.cut !== "silent") {
      const wait = this.#queue[0].due - performance.now();
      if (wait > 0) {
        // a timer may fire a little early
        this.#timer = setTimeout(() => this.#pump(), Math.ceil(wait));
        return;
      }
      const done = this.#queue.shift()?.run();
      if (!done) continue;
      this.#running = true;
      void done.then(() => {
        this.#running = false;
        this.#pump();
      });
    }
  }
}

export class Network {
  #state: NetworkState;
  readonly #watchers = new Map<object, () => void>();

  constructor(state: NetworkState) {
    this.#state = state;
  }

  get state(): Readonly<NetworkState> {
    return this.#state;
  }

  set(state: NetworkState): void {
    this.#state = state;
    for (const changed of [...this.#watchers.values()]) changed();
  }

  watch(who: object, changed: () => void): void {
    this.#watchers.set(who, changed);
  }

  unwatch(who: object): void {
    this.#watchers.delete(who);
  }
}
