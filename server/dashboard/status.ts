/** What the page shows of the server's status, which it asks for now and then. */

import { getStatus, type Status } from "./api.js";
import { showContested } from "./contested.js";
import { showStorage } from "./storage.js";

/** Time between two requests, in ms. No event tells of contested client ids, nor of a history that cannot be written. */
const POLL = 30_000;

/** How many events have told what cannot be stored. */
let storageEvents = 0;

/** Asks for the status, and shows what in it changes. */
export async function askStatus(): Promise<Status> {
  const before = storageEvents;
  const status = await getStatus();
  showContested(status.contested_client_ids);
  // what an event told meanwhile is newer
  if (storageEvents === before) showStorage(status.storage.problem);
  return status;
}

/** An event told what cannot be stored; null for nothing. */
export function hearStorage(problem: string | null): void {
  storageEvents++;
  showStorage(problem);
}

/** Asks again and again while somebody can see the page and the server is there. A page that is shown asks by itself. */
export function watchStatus(): void {
  const refresh = async () => {
    if (document.hidden || document.documentElement.dataset.connection !== "live") return;
    try {
      await askStatus();
    } catch {
      return; // the page says by other means that the server is lost
    }
  };
  setInterval(() => void refresh(), POLL);
}
