import type { ClassicLevel } from "classic-level";
import type { Shelf, State } from "./state.js";

/** State in a LevelDB database, which its owner opens and closes. */
export function embeddedState(db: ClassicLevel<string, string>): State {
  return { shelf: (name) => shelfIn(db, name), async close() {} };
}

function shelfIn(db: ClassicLevel<string, string>, name: string): Shelf {
  const part = db.sublevel<string, unknown>(name, { valueEncoding: "json" });
  return {
    get: (key) => part.get(key),
    async entries() {
      const found = new Map<string, unknown>();
      for await (const [key, value] of part.iterator()) found.set(key, value);
      return found;
    },
    write: (puts, deletes = []) =>
      part.batch([
        ...puts.map(([key, value]) => ({ type: "put" as const, key, value })),
        ...deletes.map((key) => ({ type: "del" as const, key })),
      ]),
  };
}
