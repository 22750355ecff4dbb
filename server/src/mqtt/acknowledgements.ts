/** Messages that became acknowledgeable, or not yet, together. */
interface Group {
  readonly taken: Promise<void> | undefined;
  readonly ids: number[];
  done: boolean;
}

/**
 * Acknowledges each message when it has been taken, in the order of arrival [MQTT-4.6.0-2], while others come. Messages in
 * a row that wait for the same thing wait together: readings are stored in batches.
 */
export class Acknowledgements {
  readonly #acknowledge: (id: number) => void;
  readonly #groups: Group[] = [];

  /** For one connection: another must not acknowledge its messages. */
  constructor(acknowledge: (id: number) => void) {
    this.#acknowledge = acknowledge;
  }

  /** A message arrived, and is to be acknowledged when `taken` is fulfilled; at once when that is undefined. */
  add(id: number, taken: Promise<void> | undefined): void {
    const last = this.#groups.at(-1);
    if (!last && !taken) return this.#acknowledge(id);
    if (last && !last.done && last.taken === taken) {
      last.ids.push(id);
      return;
    }
    const group: Group = { taken, ids: [id], done: !taken };
    this.#groups.push(group);
    void taken?.then(() => {
      group.done = true;
      this.#go();
    });
  }

  #go(): void {
    while (this.#groups[0]?.done) for (const id of this.#groups.shift()!.ids) this.#acknowledge(id);
  }
}
