import { randomInt } from "node:crypto";
import path from "node:path";
import { StartError, textOf } from "../common/errors.js";
import type { Engine, HistoryOptions } from "./engine.js";
import type { History } from "./history.js";
import { historyIn } from "./recorder.js";
import { withIds } from "./protocol.js";
import { HistoryThread } from "./thread.js";

/**
 * Opens the history in a data folder, `history.db`, and makes it when it is not there. Only one process may have it open:
 * the lock of the data folder, which `openData` takes, sees to that. A file that is damaged is moved aside; a disk that is
 * full, or cannot be written, is tried again and again.
 * @throws StartError when the file is of a newer version of this program.
 */
export async function openSqlite(
  folder: string,
  { retention, failed, damaged = failed }: HistoryOptions,
): Promise<History> {
  const file = path.join(folder, "history.db");
  let kept = retention;
  // 2^48: as many as `randomInt` gives
  const writer = randomInt(1, 2 ** 48 - 1);
  /** Ids by the numbers of this run, for a thread that takes over. */
  let ids: string[] = [];
  const thread = new HistoryThread(() => ({ file, retention: kept, writer, ids }), failed, damaged);
  let problem: string;
  try {
    problem = await thread.call("open");
  } catch (error) {
    await thread.end();
    throw new StartError(textOf(error));
  }
  if (problem) failed(`The history ${file} cannot be opened (${problem}); it is tried again.`);
  return historyIn(engineIn(), failed);

  function engineIn(): Engine {
    return {
      name: file,
      async write(parcel) {
        ids = withIds(ids, parcel);
        await thread.call("write", parcel);
      },
      query: (query) => thread.call("query", query),
      page: (range) => thread.call("page", range),
      latest: (devices) => thread.call("latest", devices),
      forget: (device) => thread.call("forget", device),
      async retain(changed) {
        kept = changed;
        // should the thread be gone, the next one is told when it starts
        await thread.call("retain", changed);
      },
      async close() {
        await thread.call("close").catch((error: unknown) => failed(`The history ${file}: ${textOf(error)}.`));
        await thread.end();
      },
    };
  }
}
