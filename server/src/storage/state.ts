/** A named collection of key-value pairs with JSON values. */
export interface Collection {
  get(key: string): Promise<unknown>;
  /** Returns all entries, in no particular order. */
  entries(): Promise<Map<string, unknown>>;
  /** Writes and deletes entries atomically. Deleting a missing key is not an error. */
  write(puts: readonly (readonly [key: string, value: unknown])[], deletes?: readonly string[]): Promise<void>;
}

/** Changes to one collection. Neither the name of the collection nor a key may contain a line break. */
export interface CollectionWrite {
  readonly collection: string;
  readonly puts: readonly (readonly [key: string, value: unknown])[];
  readonly deletes: readonly string[];
}

/** Persistent state that a server loads when it starts, or when it adopts devices from another server. */
export interface StateStore {
  /** Returns a collection by name. A collection that does not exist yet is empty. */
  collection(name: string): Collection;
  /** Changes several collections atomically: after a crash, either all changes are stored or none. */
  write(writes: readonly CollectionWrite[]): Promise<void>;
  close(): Promise<void>;
}
