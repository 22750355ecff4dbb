/** Hands on what has changed, each thing once in `every` ms at most, however often it changes. */
export class Gather<T> {
  readonly #changed = new Set<T>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    readonly every: number,
    readonly hand: (item: T) => void,
  ) {}

  add(item: T): void {
    this.#changed.add(item);
    this.#timer ??= setTimeout(() => this.flush(), this.every);
  }

  /** It is not to be handed on any more. */
  delete(item: T): void {
    this.#changed.delete(item);
  }

  /** Hands on now what waits. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const items = [...this.#changed];
    this.#changed.clear();
    for (const item of items) this.hand(item);
  }
}
