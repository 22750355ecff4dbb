import type { ClassicLevel } from "classic-level";
import { textOf } from "../common/errors.js";
import type { TellDamage } from "./damage.js";
import type { Shelf, State } from "./state.js";

/**
 * State in a LevelDB database, which its owner opens and closes.
 * @param damaged told of entries that cannot be decoded, which are left out
 */
export function embeddedState(db: ClassicLevel<string, string>, damaged: TellDamage = () => {}): State {
  return {
    shelf: (name) => shelfIn(db, name, damaged),
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

function shelfIn(db: ClassicLevel<string, string>, name: string, damaged: TellDamage): Shelf {
  const part = partOf(db, name);
  return {
    get: (key) => part.get(key),
    async entries() {
      const found = new Map<string, unknown>();
      for await (const [key, text] of part.iterator<string, string>({ valueEncoding: "utf8" }))
        try {
          found.set(key, JSON.parse(text));
        } catch (error) {
          damaged(`The entry ${JSON.stringify(key)} in ${db.location} is damaged (${textOf(error)}) and is left out.`);
        }
      return found;
    },
    write: (puts, deletes = []) =>
      part.batch([
        ...puts.map(([key, value]) => ({ type: "put" as const, key, value })),
        ...deletes.map((key) => ({ type: "del" as const, key })),
      ]),
  };
}
