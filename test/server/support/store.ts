/** Opens, kills and restarts SQLite history stores for tests. */
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { onTestFinished } from "vitest";
import { SqliteStore } from "../../../server/src/history/store.js";

/** Opens a store that is closed after the test; the test may close it earlier. */
export function storeIn(file: string): SqliteStore {
  const store = new SqliteStore(file);
  onTestFinished(() => store.close());
  return store;
}

/** Simulates `kill -9`: opens a copy of the file, without the data in the memory of the process. */
export function killed(file: string, into: string): SqliteStore {
  mkdirSync(into);
  for (const end of ["", "-wal"])
    if (existsSync(file + end)) copyFileSync(file + end, path.join(into, `history.db${end}`));
  return storeIn(path.join(into, "history.db"));
}

/** Restarts a store after closing or killing it. Returns the new store and its file. @param into folder for a killed store's copy */
export function restarted(
  store: SqliteStore,
  how: "restart" | "kill",
  file: string,
  into: string,
): [SqliteStore, string] {
  const left = how === "kill" ? killed(file, into) : undefined;
  store.close();
  return left ? [left, path.join(into, "history.db")] : [storeIn(file), file];
}
