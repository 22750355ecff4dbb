import type { ClassicLevel } from "classic-level";
import type { Shelf, State } from "./state.js";

/** State in a LevelDB database, which its owner opens and closes. */
export function embeddedState(db: ClassicLevel<string, string>): State {
  return {
    shelf: (name) => shelfIn(db, name),
    write: (parts) =>
      db.batch<string, unknown>(
        parts.flatMap(({ shelf, puts, deletes }) => {
          const sublevel = partOf(db, shelf);
          return [
            ...puts.map(([key, value]) => ({ type: "put" as const, sublevel, key, value })),
            ...deletes.map((key) => ({ type: "del" as const, sublevel, key })),
          ];
        }),
        {},
      ),
    async close() {},
  };
}

const partOf = (db: ClassicLevel<string, string>, name: string) =>
  db.sublevel<string, unknown>(name, { valueEncoding: "json" });

function shelfIn(db: ClassicLevel<string, string>, name: string): Shelf {
  const part = partOf(db, name);
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
