/** Polls the server's status and shows warnings from it. */

import { getStatus, type Status } from "./api.js";
import { showContestedIds } from "./contested.js";
import { showStorageProblem } from "./storage.js";

/** Time between two polls, in ms. No event reports contested client ids or a failing history database. */
const POLL_INTERVAL = 30_000;

/** Number of storage events received so far, to detect an event that arrives during a status request. */
let storageEventCount = 0;

/** Requests the status and shows its warnings. @throws ApiError */
export async function loadStatus(): Promise<Status> {
  const before = storageEventCount;
  const status = await getStatus();
  showContestedIds(status.contested_client_ids);
  // Ignore the storage state of this response if a storage event has arrived meanwhile, because the event is newer.
  if (storageEventCount === before) showStorageProblem(status.storage.problem);
  return status;
}

/** Handles a storage event. @param problem why the server cannot store data; null if it can */
export function handleStorageEvent(problem: string | null): void {
  storageEventCount++;
  showStorageProblem(problem);
}

/** Polls the status while the page is visible and connected. Each connect loads the status separately. */
export function pollStatus(): void {
  const refresh = async () => {
    if (document.hidden || document.documentElement.dataset.connection !== "live") return;
    try {
      await loadStatus();
    } catch {
      return; // the connection status already shows the problem
    }
  };
  setInterval(() => void refresh(), POLL_INTERVAL);
}
