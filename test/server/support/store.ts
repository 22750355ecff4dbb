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
