/**
 * Maximum number of handled batches to remember per sender. A server sends at most 100 batches a second, so this number
 * covers the batches of at least 10 s.
 */
const MAX_REMEMBERED_BATCHES = 1000;

/**
 * Detects batches that another server has sent more than once. A server repeats a batch if no confirmation arrives
 * within a second, for example because Redis is slow. Every batch must be handled only once.
 */
export class ReceivedBatches {
  /** The numbers of batches that are being handled, by sender. */
  readonly #inProgress = new Map<string, Set<number>>();
  /** The numbers of batches that were handled, by sender, oldest first. */
  readonly #handled = new Map<string, Set<number>>();

  /**
   * Records that a batch has arrived.
   * @returns "new" for a batch that must be handled; "in progress" or "handled" for a batch that has arrived before
   */
  register(from: string, number: number): "new" | "in progress" | "handled" {
    if (this.#handled.get(from)?.has(number)) return "handled";
    const inProgress = obtainSet(this.#inProgress, from);
    if (inProgress.has(number)) return "in progress";
    inProgress.add(number);
    return "new";
  }

  /** Records that all messages of a batch have been handled. */
  complete(from: string, number: number): void {
    this.#inProgress.get(from)?.delete(number);
    const handled = obtainSet(this.#handled, from);
    handled.add(number);
    for (const oldest of handled) {
      if (handled.size <= MAX_REMEMBERED_BATCHES) break;
      handled.delete(oldest);
    }
  }

  /** Deletes the batch numbers of senders that are no longer members. A server that restarts has a new name. */
  forgetAllExcept(members: readonly string[]): void {
    for (const from of [...this.#handled.keys(), ...this.#inProgress.keys()])
      if (!members.includes(from)) {
        this.#inProgress.delete(from);
        this.#handled.delete(from);
      }
  }
}

function obtainSet(sets: Map<string, Set<number>>, key: string): Set<number> {
  let set = sets.get(key);
  if (!set) sets.set(key, (set = new Set()));
  return set;
}
