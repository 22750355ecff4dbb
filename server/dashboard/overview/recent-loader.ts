/** Loads the recent readings of boards into their plots, once per board and connection to the server. */

import { getRecentReadings } from "../api.js";
import { now } from "../clock.js";
import type { BoardModel } from "../model.js";

/** Largest number of parallel requests. It is below six, because browsers open at most six connections per server. */
const MAX_PARALLEL_REQUESTS = 4;

export class RecentLoader {
  private readonly requested = new Set<BoardModel>();
  private readonly queue = new Set<BoardModel>();
  private running = 0;

  /** @param onLoaded called when a board's readings are loaded */
  constructor(private readonly onLoaded: (model: BoardModel) => void) {}

  /** Requests a board's readings. Should be called when its plot becomes visible. */
  requestReadings(model: BoardModel): void {
    if (!model.device || this.requested.has(model)) return; // without a device, the server has no readings
    this.requested.add(model);
    this.queue.add(model);
    if (this.running < MAX_PARALLEL_REQUESTS) void this.loadQueuedBoards();
  }

  /** Requests a board's readings again. Should be called when late readings have arrived. */
  requestAgain(model: BoardModel): void {
    this.requested.delete(model);
    this.requestReadings(model);
  }

  /** Allows all boards to be requested again. Must be called after a reconnect. */
  allowNewRequests(): void {
    this.requested.clear();
  }

  private async loadQueuedBoards(): Promise<void> {
    this.running++;
    for (const model of this.queue) {
      this.queue.delete(model);
      try {
        model.series.insertStoredReadings(await getRecentReadings(model.id), now());
        this.onLoaded(model);
      } catch {
        continue; // ignore the error: the plot shows only live readings
      }
    }
    this.running--;
  }
}
