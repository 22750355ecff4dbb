/** Throttle: calls a handler for changed items, at most once per interval for each item. */
export class Throttle<T> {
  readonly #waiting = new Set<T>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param interval in ms
   * @param handle called with each item that has changed
   * @param limit maximum number of items per interval; further items wait for the next one
   */
  constructor(
    readonly interval: number,
    readonly handle: (item: T) => void,
    readonly limit = Infinity,
  ) {}

  /** Adds a changed item. The handler receives it at the end of the interval. */
  add(item: T): void {
    this.#waiting.add(item);
    this.#schedule();
  }

  /** Removes an item that waits for the handler. */
  delete(item: T): void {
    this.#waiting.delete(item);
  }

  /** Calls the handler for all waiting items now. */
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

  /** Calls the handler for the items that have waited longest, up to a limit. */
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
