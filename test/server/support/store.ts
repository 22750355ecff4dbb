/** Opens, kills and restarts SQLite history stores for tests. */
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { onTestFinished } from "vitest";
import { SqliteStore } from "../../../server/src/history/store.js";

/** Opens a store and closes it after the test. The test may close the store earlier. */
export function openStore(file: string): SqliteStore {
  const store = new SqliteStore(file);
  onTestFinished(() => store.close());
  return store;
}

/** Simulates `kill -9`: opens a copy of the file, without the data in the memory of the process. */
export function copyAfterKill(file: string, into: string): SqliteStore {
  mkdirSync(into);
  for (const end of ["", "-wal"])
    if (existsSync(file + end)) copyFileSync(file + end, path.join(into, `history.db${end}`));
  return openStore(path.join(into, "history.db"));
}

/**
 * Closes or kills a store and opens it again. Returns the new store and its file.
 * @param into folder for the copy of a killed store's file
 */
export function restartStore(
  store: SqliteStore,
  how: "restart" | "kill",
  file: string,
  into: string,
): [SqliteStore, string] {
  const left = how === "kill" ? copyAfterKill(file, into) : undefined;
  store.close();
  return left ? [left, path.join(into, "history.db")] : [openStore(file), file];
}
