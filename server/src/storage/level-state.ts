import type { ClassicLevel } from "classic-level";
import { textOf } from "../common/errors.js";
import type { ReportDamage } from "./damage.js";
import type { Collection, StateStore } from "./state.js";

/**
 * Creates a state store in a LevelDB database. The caller opens and closes the database.
 * @param reportDamage called for each entry that cannot be decoded; such entries are left out
 */
export function createLevelStateStore(
  db: ClassicLevel<string, string>,
  reportDamage: ReportDamage = () => {},
): StateStore {
  return {
    collection: (name) => openCollection(db, name, reportDamage),
    write: (writes) =>
      db.batch<string, unknown>(
        writes.flatMap(({ collection, puts, deletes }) => {
          const sublevel = sublevelOf(db, collection);
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

const sublevelOf = (db: ClassicLevel<string, string>, name: string) =>
  db.sublevel<string, unknown>(name, { valueEncoding: "json" });

function openCollection(db: ClassicLevel<string, string>, name: string, reportDamage: ReportDamage): Collection {
  const sublevel = sublevelOf(db, name);
  return {
    get: (key) => sublevel.get(key),
    async entries() {
      const found = new Map<string, unknown>();
      for await (const [key, text] of sublevel.iterator<string, string>({ valueEncoding: "utf8" }))
        try {
          found.set(key, JSON.parse(text));
        } catch (error) {
          reportDamage(
            `The entry ${JSON.stringify(key)} in ${db.location} is damaged (${textOf(error)}) and is left out.`,
          );
        }
      return found;
    },
    write: (puts, deletes = []) =>
      sublevel.batch([
        ...puts.map(([key, value]) => ({ type: "put" as const, key, value })),
        ...deletes.map((key) => ({ type: "del" as const, key })),
      ]),
  };
}
