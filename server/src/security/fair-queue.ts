import { BusyError } from "./accounts.js";

interface WaitingTask {
  start(): void;
  refuse(): void;
}

/**
 * Fair queue for slow work, with limited concurrency. Each client has a queue of its own, and the queues take turns (round
 * robin). A client that tries a thousand passwords delays only itself. When too much work waits, the longest queue loses
 * its newest entry.
 */
export class FairQueue {
  readonly #concurrency: number;
  readonly #maxWaiting: number;
  /** Waiting work by client, in the order of the clients' turns. */
  readonly #queues = new Map<string, WaitingTask[]>();
  #running = 0;
  #waiting = 0;

  /** @param concurrency number of tasks that run at once @param maxWaiting number of tasks that may wait */
  constructor(concurrency: number, maxWaiting: number) {
    this.#concurrency = concurrency;
    this.#maxWaiting = maxWaiting;
  }

  /** Runs `work` when it is the client's turn. @throws BusyError when too much work waits */
  async run<T>(client: string, work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#concurrency) this.#running++;
    else await this.#enqueue(client);
    try {
      return await work();
    } finally {
      this.#startNext();
    }
  }

  #enqueue(client: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const queue = this.#queues.get(client) ?? [];
      if (queue.length === 0) this.#queues.set(client, queue);
      queue.push({ start: resolve, refuse: () => reject(new BusyError()) });
      if (++this.#waiting > this.#maxWaiting) this.#refuseOne();
    });
  }

  #refuseOne(): void {
    let longest: [client: string, queue: WaitingTask[]] = ["", []];
    for (const entry of this.#queues) if (entry[1].length > longest[1].length) longest = entry;
    const [client, queue] = longest;
    queue.pop()!.refuse();
    if (queue.length === 0) this.#queues.delete(client);
    this.#waiting--;
  }

  /** Starts the oldest work of the next client, and moves that client to the end of the round. */
  #startNext(): void {
    const [first] = this.#queues;
    if (!first) {
      this.#running--;
      return;
    }
    const [client, queue] = first;
    this.#queues.delete(client);
    const { start } = queue.shift()!;
    if (queue.length > 0) this.#queues.set(client, queue);
    this.#waiting--;
    start();
  }
}
