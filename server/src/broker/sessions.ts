import type { Client } from "aedes";

/** How many client ids a board's account may have: itself, and a few that a person tries things with. */
const DEVICE_IDS = 10;

/** The sessions that are stored, by the id that they have within the broker. */
export type StoredSessions = Pick<ReadonlyMap<string, unknown>, "size" | "has" | "keys">;

/** Keeps the number of sessions within bounds: each may have a queue on disk for as long as nobody ends it. */
export class Sessions {
  readonly #stored: StoredSessions;
  readonly #most: number;
  /** By account: how many connections each client id has, 0 for one that is stored alone. */
  readonly #ids = new Map<string, Map<string, number>>();

  /** @param most how many sessions are stored at most, of all clients */
  constructor(stored: StoredSessions, most: number) {
    this.#stored = stored;
    this.#most = most;
    for (const id of stored.keys()) if (id.includes("\0")) this.#idsLike(id).set(id, 0);
  }

  /** Takes a client in. Says in half a sentence why not; "" when it may. */
  enter({ id, clean, conn }: Client, isDevice: boolean): string {
    if (!clean && !this.#stored.has(id) && this.#stored.size >= this.#most)
      return `${this.#most} persistent sessions are stored already`;
    if (!isDevice) return "";
    const ids = this.#idsLike(id);
    if (!ids.has(id) && ids.size >= DEVICE_IDS) return `its account has ${DEVICE_IDS} client ids in use already`;
    ids.set(id, (ids.get(id) ?? 0) + 1);
    conn.once("close", () => {
      const left = ids.get(id)! - 1;
      if (left > 0 || this.#stored.has(id)) ids.set(id, left);
      else ids.delete(id);
    });
    return "";
  }

  #idsLike(id: string): Map<string, number> {
    const [account] = id.split("\0", 1);
    let ids = this.#ids.get(account);
    if (!ids) this.#ids.set(account, (ids = new Map()));
    return ids;
  }
}
