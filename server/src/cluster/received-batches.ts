/** How many batch numbers per server are remembered after the batch was taken. A server sends at most 100 batches per second. */
const REMEMBERED = 1000;

/**
 * Detects batches that another server sends again. It does so after a second without a confirmation, which a slow Redis
 * suffices for. Every batch must be taken only once.
 */
export class ReceivedBatches {
  /** The numbers of batches that are being handled, by sender. */
  readonly #taking = new Map<string, Set<number>>();
  /** The numbers of batches that were handled, by sender, oldest first. */
  readonly #taken = new Map<string, Set<number>>();

  /** Notes that a batch has arrived. Returns whether it is new, is being handled, or was handled before. */
  came(from: string, number: number): "new" | "taking" | "taken" {
    if (this.#taken.get(from)?.has(number)) return "taken";
    const taking = setOf(this.#taking, from);
    if (taking.has(number)) return "taking";
    taking.add(number);
    return "new";
  }

  /** Notes that all messages of a batch were handled. */
  wasTaken(from: string, number: number): void {
    this.#taking.get(from)?.delete(number);
    const taken = setOf(this.#taken, from);
    taken.add(number);
    for (const oldest of taken) {
      if (taken.size <= REMEMBERED) break;
      taken.delete(oldest);
    }
  }

  /** Forgets servers that have left. A server that restarts has a new name. */
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
