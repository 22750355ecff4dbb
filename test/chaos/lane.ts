/** One way of one connection: what goes over it leaves in order, each thing when its delay is over. */
import type { Socket } from "node:net";

interface Waiting {
  due: number;
  /** What to write; nothing when it is `run` that is to be done. */
  readonly data?: Buffer;
  run?(): void;
}

export class Lane {
  #queue: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #stalled = false;
  #split = false;
  /** Bytes leave one by one, and the last one has not left yet. */
  #busy = false;

  constructor(private readonly to: Socket) {
    // the other end of the connection tells what there is to be told
    to.on("error", () => {});
  }

  /** Whether nothing waits. */
  get idle(): boolean {
    return this.#queue.length === 0;
  }

  set({ stalled, split }: { stalled: boolean; split: boolean }): void {
    this.#stalled = stalled;
    this.#split = split;
    this.#pump();
  }

  /** Sends bytes after `delay` ms. */
  send(data: Buffer, delay: number): void {
    if (data.length > 0) this.#add({ due: performance.now() + delay, data });
  }

  /** Does something behind all that was sent before. */
  push(run: () => void, delay: number): void {
    this.#add({ due: performance.now() + delay, run });
  }

  /** What waits has waited long enough. */
  hurry(): void {
    for (const waiting of this.#queue) waiting.due = 0;
    this.#pump();
  }

  /** Nothing leaves any more. */
  close(): void {
    this.#queue = [];
    clearTimeout(this.#timer);
  }

  #add(waiting: Waiting): void {
    this.#queue.push(waiting);
    this.#pump();
  }

  #pump(): void {
    clearTimeout(this.#timer);
    while (!this.#busy && !this.#stalled && this.#queue.length > 0) {
      const wait = this.#queue[0].due - performance.now();
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

  /** Each byte is a segment of its own when the one before has left. */
  #writeBytes(data: Buffer): void {
    this.#queue.unshift({ due: 0, data: data.subarray(1) });
    this.#busy = true;
    this.to.write(data.subarray(0, 1), () =>
      setImmediate(() => {
        this.#busy = false;
        this.#pump();
      }),
    );
  }
}
