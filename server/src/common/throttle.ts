/** Throttle: calls a handler for changed items, at most once per interval for each item. */
export class Throttle<T> {
  readonly #waiting = new Set<T>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param interval in ms
   * @param handle called with each item that has changed
   * @param limit the most items per interval; further items wait for the next one
   */
  constructor(
    readonly interval: number,
    readonly handle: (item: T) => void,
    readonly limit = Infinity,
  ) {}

  /** Schedules an item. */
  add(item: T): void {
    this.#waiting.add(item);
    this.#schedule();
  }

  /** Drops an item that waits. */
  delete(item: T): void {
    this.#waiting.delete(item);
  }

  /** Handles all waiting items now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#handleSome(Infinity);
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#handleSome(this.limit);
      if (this.#waiting.size > 0) this.#schedule();
    }, this.interval);
  }

  /** Handles the items that have waited longest. */
  #handleSome(limit: number): void {
    const items: T[] = [];
    for (const item of this.#waiting) {
      if (items.length >= limit) break;
      items.push(item);
      this.#waiting.delete(item);
    }
    for (const item of items) this.handle(item);
  }
}
