/** How many batch numbers per server are remembered after the batch was handled. A server sends at most 100 batches per second. */
const MAX_REMEMBERED = 1000;

/**
 * Detects batches that another server sends again. It does so after a second without a confirmation, which a slow Redis
 * suffices for. Every batch must be handled only once.
 */
export class ReceivedBatches {
  /** The numbers of batches that are being handled, by sender. */
  readonly #inProgress = new Map<string, Set<number>>();
  /** The numbers of batches that were handled, by sender, oldest first. */
  readonly #handled = new Map<string, Set<number>>();

  /** Notes that a batch has arrived. Returns whether it is new, is being handled, or was handled before. */
  register(from: string, number: number): "new" | "in progress" | "handled" {
    if (this.#handled.get(from)?.has(number)) return "handled";
    const inProgress = setOf(this.#inProgress, from);
    if (inProgress.has(number)) return "in progress";
    inProgress.add(number);
    return "new";
  }

  /** Notes that all messages of a batch were handled. */
  complete(from: string, number: number): void {
    this.#inProgress.get(from)?.delete(number);
    const handled = setOf(this.#handled, from);
    handled.add(number);
    for (const oldest of handled) {
      if (handled.size <= MAX_REMEMBERED) break;
      handled.delete(oldest);
    }
  }

  /** Forgets servers that have left. A server that restarts has a new name. */
  forgetAllExcept(members: readonly string[]): void {
    for (const from of [...this.#handled.keys(), ...this.#inProgress.keys()])
      if (!members.includes(from)) {
        this.#inProgress.delete(from);
        this.#handled.delete(from);
      }
  }
}

function setOf(sets: Map<string, Set<number>>, key: string): Set<number> {
  let set = sets.get(key);
  if (!set) sets.set(key, (set = new Set()));
  return set;
}
