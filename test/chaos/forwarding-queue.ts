/** One direction of a proxied connection: a FIFO queue that forwards data after a delay. */
import type { Socket } from "node:net";

interface QueueEntry {
  dueAt: number;
  /** Bytes to write; undefined for an entry that only calls `run`. */
  readonly data?: Buffer;
  run?(): void;
}

export class ForwardingQueue {
  #queue: QueueEntry[] = [];
  #timer: NodeJS.Timeout | undefined;
  #stalled = false;
  #split = false;
  /** Whether a single-byte write is in progress. */
  #busy = false;

  constructor(private readonly to: Socket) {
    // ignores errors here, because the proxy handles the errors of this socket
    to.on("error", () => {});
  }

  /** Whether the queue is empty. */
  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  setFaults({ stalled, split }: { stalled: boolean; split: boolean }): void {
    this.#stalled = stalled;
    this.#split = split;
    this.#pump();
  }

  /** Forwards bytes after `delay` ms. */
  send(data: Buffer, delay: number): void {
    if (data.length > 0) this.#add({ dueAt: performance.now() + delay, data });
  }

  /** Calls `run` when the data queued before it has been forwarded, and at least `delay` ms have passed. */
  push(run: () => void, delay: number): void {
    this.#add({ dueAt: performance.now() + delay, run });
  }

  /** Forwards all queued data without further delay. */
  flush(): void {
    for (const waiting of this.#queue) waiting.dueAt = 0;
    this.#pump();
  }

  /** Discards the queued data, so that the receiver never gets it. */
  close(): void {
    this.#queue = [];
    clearTimeout(this.#timer);
  }

  #add(waiting: QueueEntry): void {
    this.#queue.push(waiting);
    this.#pump();
  }

  #pump(): void {
    clearTimeout(this.#timer);
    while (!this.#busy && !this.#stalled && this.#queue.length > 0) {
      const wait = this.#queue[0].dueAt - performance.now();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#pump(), Math.ceil(wait));
        return;
      }
      const { data, run } = this.#queue.shift()!;
      if (data && this.#split && data.length > 1) this.#writeBytes(data);
      else if (data) this.to.write(data);
      run?.();
    }
  }

  /** Writes each byte as a TCP segment of its own, after the write of the previous byte has finished. */
  #writeBytes(data: Buffer): void {
    this.#queue.unshift({ dueAt: 0, data: data.subarray(1) });
    this.#busy = true;
    this.to.write(data.subarray(0, 1), () =>
      setImmediate(() => {
        this.#busy = false;
        this.#pump();
      }),
    );
  }
}
