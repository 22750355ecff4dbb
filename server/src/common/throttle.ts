/**
 * Throttles changes: passes on each changed item at most once per interval, however often the item changes.
 */
export class Throttle<T> {
  readonly #changed = new Set<T>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param interval in ms
   * @param handle called with each changed item
   * @param limit how many items to pass on per interval; the other items wait for the next interval
   */
  constructor(
    readonly interval: number,
    readonly handle: (item: T) => void,
    readonly limit = Infinity,
  ) {}

  add(item: T): void {
    this.#changed.add(item);
    this.#schedule();
  }

  /** Discards a waiting item. */
  delete(item: T): void {
    this.#changed.delete(item);
  }

  /** Passes on all waiting items now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#passOn(Infinity);
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#passOn(this.limit);
      if (this.#changed.size > 0) this.#schedule();
    }, this.interval);
  }

  /** Passes on the items that have waited longest. */
  #passOn(limit: number): void {
    const items: T[] = [];
    for (const item of this.#changed) {
      if (items.length >= limit) break;
      items.push(item);
      this.#changed.delete(item);
    }
    for (const item of items) this.handle(item);
  }
}
