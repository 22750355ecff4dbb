/** Hands on what has changed, each thing once in `every` ms at most, however often it changes. */
export class Gather<T> {
  readonly #changed = new Set<T>();
  #timer: NodeJS.Timeout | undefined;

  /** @param most so many things are handed on in `every` ms at most; the others wait for their turn */
  constructor(
    readonly every: number,
    readonly hand: (item: T) => void,
    readonly most = Infinity,
  ) {}

  add(item: T): void {
    this.#changed.add(item);
    this.#wait();
  }

  /** It is not to be handed on any more. */
  delete(item: T): void {
    this.#changed.delete(item);
  }

  /** Hands on now all that waits. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#hand(Infinity);
  }

  #wait(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#hand(this.most);
      if (this.#changed.size > 0) this.#wait();
    }, this.every);
  }

  /** Those first that wait longest. */
  #hand(most: number): void {
    const items: T[] = [];
    for (const item of this.#changed) {
      if (items.length >= most) break;
      items.push(item);
      this.#changed.delete(item);
    }
    for (const item of items) this.hand(item);
  }
}
