import { randomInt } from "node:crypto";
import path from "node:path";
import { StartError, textOf } from "../common/errors.js";
import { createHistory } from "./create-history.js";
import type { Engine, EngineOptions } from "./engine.js";
import type { History } from "./history.js";
import { extendIds } from "./protocol.js";
import { HistoryThread } from "./thread.js";

/**
 * Opens the SQLite history `history.db` in a data folder, and creates it if necessary. The lock of the data folder,
 * which `openDataFolder` acquires, prevents other processes from opening the file. A damaged file is renamed, and a new
 * one is created. A write that fails, for example on a full disk, is repeated until it succeeds.
 * @throws StartError when another version of this program wrote the file in a format that this version cannot read
 */
export async function openSqlite(
  folder: string,
  { retention, onProblem, onDamage = onProblem }: EngineOptions,
): Promise<History> {
  const file = path.join(folder, "history.db");
  let currentRetention = retention;
  // Use a number of 48 bits, because randomInt supports no larger range.
  const runId = randomInt(1, 2 ** 48 - 1);
  /** The device ids that the thread has received. If the thread dies, its replacement starts with these ids. */
  let ids: string[] = [];
  const thread = new HistoryThread(() => ({ file, retention: currentRetention, runId, ids }), onProblem, onDamage);
  let problem: string;
  try {
    problem = await thread.call("open");
  } catch (error) {
    await thread.terminate();
    throw new StartError(textOf(error));
  }
  if (problem) onProblem(`The history ${file} cannot be opened (${problem}); the server tries again.`);
  return createHistory(createEngine(), onProblem);

  function createEngine(): Engine {
    return {
      name: file,
      async write(request) {
        ids = extendIds(ids, request);
        await thread.call("write", request);
      },
      query: (query) => thread.call("query", query),
      readPage: (range) => thread.call("readPage", range),
      readLatest: (devices) => thread.call("readLatest", devices),
      forget: (device) => thread.call("forget", device),
      async retain(changed) {
        // If the thread dies, its replacement starts with this value.
        currentRetention = changed;
        await thread.call("retain", changed);
      },
      async close() {
        await thread
          .call("close")
          .catch((error: unknown) => onProblem(`The history ${file} could not be closed (${textOf(error)}).`));
        await thread.terminate();
      },
    };
  }
}
