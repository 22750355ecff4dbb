/** Simulates the network between one board and the other hosts: up, cut, or delayed. */
import type { NetworkState } from "./protocol.js";

/** One direction of a connection. Runs queued tasks in order after the network delay, but not during a silent cut. */
export class DelayQueue {
  #queue: { due: number; run: () => void | Promise<void> }[] = [];
  #running = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly network: Network) {
    network.watch(this, () => this.#runDueTasks());
  }

  /** Queues a task. Runs the task at once when the queue is empty and the delay is 0. */
  push(task: () => void | Promise<void>): void {
    this.#queue.push({ due: performance.now() + this.network.state.delay, run: task });
    this.#runDueTasks();
  }

  /** Closes the queue and drops all queued tasks. */
  close(): void {
    this.#queue = [];
    clearTimeout(this.#timer);
    this.network.unwatch(this);
  }

  #runDueTasks(): void {
    clearTimeout(this.#timer);
    while (!this.#running && this.#queue.length > 0 && this.network.state.cut !== "silent") {
      const remaining = this.#queue[0].due - performance.now();
      if (remaining > 0) {
        // timers can fire slightly early; rounding up avoids a busy loop
        this.#timer = setTimeout(() => this.#runDueTasks(), Math.ceil(remaining));
        return;
      }
      const running = this.#queue.shift()?.run();
      if (!running) continue;
      this.#running = true;
      void running.then(() => {
        this.#running = false;
        this.#runDueTasks();
      });
    }
  }
}

/** The network state of one board. Notifies its watchers when the state changes. */
export class Network {
  #state: NetworkState;
  readonly #watchers = new Map<object, () => void>();

  constructor(state: NetworkState) {
    this.#state = state;
  }

  get state(): Readonly<NetworkState> {
    return this.#state;
  }

  setState(state: NetworkState): void {
    this.#state = state;
    for (const changed of [...this.#watchers.values()]) changed();
  }

  watch(watcher: object, changed: () => void): void {
    this.#watchers.set(watcher, changed);
  }

  unwatch(watcher: object): void {
    this.#watchers.delete(watcher);
  }
}
