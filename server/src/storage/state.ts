/** Part of what is remembered: values, as JSON has them, by key. */
export interface Shelf {
  get(key: string): Promise<unknown>;
  /** All that is there, in no order. */
  entries(): Promise<Map<string, unknown>>;
  /** All of it is done, or nothing. A key that is deleted need not be there. */
  write(puts: readonly (readonly [key: string, value: unknown])[], deletes?: readonly string[]): Promise<void>;
}

/** What is to be written to one shelf. Neither its name nor a key has a line break. */
export interface Part {
  readonly shelf: string;
  readonly puts: readonly (readonly [key: string, value: unknown])[];
  readonly deletes: readonly string[];
}

/** Where a server remembers what it must know when it starts again, or when it takes up what another has put down. */
export interface State {
  /** The part of this name, which need not be there yet. */
  shelf(name: string): Shelf;
  /** Writes to several shelves: all of it is done, or nothing. */
  write(parts: readonly Part[]): Promise<void>;
  close(): Promise<void>;
}
