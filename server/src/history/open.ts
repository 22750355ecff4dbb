import type { EngineOptions } from "./engine.js";
import type { History } from "./history.js";

/** URL schemes of the databases that can store the history instead of a file. */
export const HISTORY_SCHEMES = ["postgres", "postgresql"] as const;

/**
 * Opens the history in the PostgreSQL database with this URL. Without a URL, opens a SQLite file in the data folder.
 * Loads only the modules of the database that it opens.
 * @throws StartError when the history cannot be opened and a retry cannot help
 */
export async function openHistory(url: string | undefined, folder: string, options: EngineOptions): Promise<History> {
  if (url === undefined) {
    const { openSqlite } = await import("./sqlite.js");
    return openSqlite(folder, options);
  }
  const { openPostgres } = await import("./postgres/postgres.js");
  return openPostgres(url, options);
}
