/** Batches per server whose numbers are remembered after they were taken: servers send at most 100 a second. */
const REMEMBERED = 1000;

/**
 * Which batches of messages other servers have handed to this one. A server sends a batch again when it has heard nothing
 * for a second, which a slow Redis is enough for; each is taken once.
 */
export class ReceivedBatches {
  /** By the server that sent them, the numbers of batches that are being taken. */
  readonly #taking = new Map<string, Set<number>>();
  /** And of those that were, oldest first. */
  readonly #taken = new Map<string, Set<number>>();

  /** A batch has come: whether it is to be taken, is being taken, or was taken before. */
  came(from: string, number: number): "new" | "taking" | "taken" {
    if (this.#taken.get(from)?.has(number)) return "taken";
    const taking = setOf(this.#taking, from);
    if (taking.has(number)) return "taking";
    taking.add(number);
    return "new";
  }

  /** All of its messages are taken. */
  wasTaken(from: string, number: number): void {
    this.#taking.get(from)?.delete(number);
    const taken = setOf(this.#taken, from);
    taken.add(number);
    for (const oldest of taken) {
      if (taken.size <= REMEMBERED) break;
      taken.delete(oldest);
    }
  }

  /** Forgets servers that take part no longer; one that starts again has another name. */
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
