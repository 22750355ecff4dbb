/** Stores of one test, in files of their own. */
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { onTestFinished } from "vitest";
import { Store } from "../../../server/src/history/store.js";

/** A store in a file, closed after the test or by the test itself. */
export function storeIn(file: string): Store {
  const store = new Store(file);
  onTestFinished(() => store.close());
  return store;
}

/** The file as `kill -9` would leave it at this moment: what the process has in memory is not in it. */
export function killed(file: string, into: string): Store {
  mkdirSync(into);
  for (const end of ["", "-wal"])
    if (existsSync(file + end)) copyFileSync(file + end, path.join(into, `history.db${end}`));
  return storeIn(path.join(into, "history.db"));
}

/** What a start finds after a store was closed, or killed: another store, and its file. @param into where a killed one's file goes */
export function begunAgain(store: Store, how: "restart" | "kill", file: string, into: string): [Store, string] {
  const left = how === "kill" ? killed(file, into) : undefined;
  store.close();
  return left ? [left, path.join(into, "history.db")] : [storeIn(file), file];
}
