/** Keeps what a board reports while its history is being loaded, because the answer may be older. */

import type { HistorySwitch } from "../../src/history/history.js";
import type { HistorySeries } from "./history-series.js";

export class Arrivals {
  private readings: (readonly [time: number, light: number])[] = [];
  private lastSwitch?: HistorySwitch;

  /** Must be called with each reading while the history is being loaded. @param time in ms since 1970 */
  addReading(time: number, light: number): void {
    this.readings.push([time, light]);
  }

  /** Must be called with each switch while the history is being loaded. Only the last one counts. */
  addSwitch(change: HistorySwitch): void {
    this.lastSwitch = change;
  }

  /** Adds the readings and the last switch to the loaded history. */
  addTo(series: HistorySeries): void {
    series.addArrivals(this.readings, this.lastSwitch);
  }

  clear(): void {
    this.readings = [];
    this.lastSwitch = undefined;
  }
}
