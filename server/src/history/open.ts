import type { HistoryOptions } from "./engine.js";
import type { History } from "./history.js";

/** The schemes of the databases that can keep a history, besides the file in the data folder. */
export const HISTORY_SCHEMES = ["postgres", "postgresql"] as const;

/**
 * Opens the history where its URL says; without one, in a file of the data folder. Only what is needed is loaded.
 * @throws StartError when it cannot be used, and never will without somebody's help.
 */
export async function openHistory(url: string | undefined, folder: string, options: HistoryOptions): Promise<History> {
  if (url === undefined) {
    const { openSqlite } = await import("./sqlite.js");
    return openSqlite(folder, options);
  }
  const { openPostgres } = await import("./postgres/postgres.js");
  return openPostgres(url, options);
}
