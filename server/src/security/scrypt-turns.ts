import { BusyError } from "./accounts.js";

interface Waiting {
  start(): void;
  refuse(): void;
}

/**
 * Does slow work a little at a time. Those who ask take turns, one lane each, so that somebody who tries a thousand
 * passwords waits for himself; where too many wait, the longest lane gives way.
 */
export class Turns {
  readonly #atOnce: number;
  readonly #most: number;
  /** In the order of their turns. */
  readonly #lanes = new Map<string, Waiting[]>();
  #running = 0;
  #waiting = 0;

  /** @param atOnce how much runs at once @param most how many wait at most */
  constructor(atOnce: number, most: number) {
    this.#atOnce = atOnce;
    this.#most = most;
  }

  /** Does `work` when it is the turn of `lane`. @throws BusyError when too many wait */
  async take<T>(lane: string, work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnce) this.#running++;
    else await this.#queue(lane);
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  #queue(lane: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = this.#lanes.get(lane) ?? [];
      if (waiting.length === 0) this.#lanes.set(lane, waiting);
      waiting.push({ start: resolve, refuse: () => reject(new BusyError()) });
      if (++this.#waiting > this.#most) this.#giveWay();
    });
  }

  #giveWay(): void {
    let longest: [lane: string, waiting: Waiting[]] = ["", []];
    for (const lane of this.#lanes) if (lane[1].length > longest[1].length) longest = lane;
    const [name, waiting] = longest;
    waiting.pop()!.refuse();
    if (waiting.length === 0) this.#lanes.delete(name);
    this.#waiting--;
  }

  /** The next lane's oldest; that lane then goes to the end. */
  #next(): void {
    const [first] = this.#lanes;
    if (!first) {
      this.#running--;
      return;
    }
    const [lane, waiting] = first;
    this.#lanes.delete(lane);
    const { start } = waiting.shift()!;
    if (waiting.length > 0) this.#lanes.set(lane, waiting);
    this.#waiting--;
    start();
  }
}
