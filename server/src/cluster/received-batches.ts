/** How many numbers of handled batches to remember per server. A server sends at most 100 batches per second. */
const REMEMBERED = 1000;

/**
 * Detects batches that another server has sent more than once. A server repeats a batch if no confirmation arrives
 * within a second, for example because Redis is slow. Every batch must be handled only once.
 */
export class ReceivedBatches {
  /** The numbers of batches that are being handled, by sender. */
  readonly #taking = new Map<string, Set<number>>();
  /** The numbers of batches that were handled, by sender, oldest first. */
  readonly #taken = new Map<string, Set<number>>();

  /**
   * Records that a batch has arrived.
   * @returns "new" for a new batch, "taking" while the batch is being handled, "taken" for a handled batch
   */
  came(from: string, number: number): "new" | "taking" | "taken" {
    if (this.#taken.get(from)?.has(number)) return "taken";
    const taking = setOf(this.#taking, from);
    if (taking.has(number)) return "taking";
    taking.add(number);
    return "new";
  }

  /** Records that all messages of a batch have been handled. */
  wasTaken(from: string, number: number): void {
    this.#taking.get(from)?.delete(number);
    const taken = setOf(this.#taken, from);
    taken.add(number);
    for (const oldest of taken) {
      if (taken.size <= REMEMBERED) break;
      taken.delete(oldest);
    }
  }

  /** Deletes the numbers of servers that have left. A server that restarts has a new name. */
  keep(members: readonly string[]): void {
    for (const from of [...this.#taken.keys(), ...this.#taking.keys()])
      if (!members.includes(from)) {
        this.#taking.delete(from);
        this.#taken.delete(from);
      }
  }
}

function setOf(sets: Map<string, Set<number>>, key: string): Set<number> {
  let set = sets.get(key);
  if (!set) sets.set(key, (set = new Set()));
  return set;
}
