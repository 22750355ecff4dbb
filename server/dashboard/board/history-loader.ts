/** Loads a board's history for a time range. */

import { ApiError, getHistory, getRecentReadings } from "../api.js";
import { message } from "../messages/message.js";
import { toHistoryAnswer, HistorySeries, type TimeRange } from "./history-series.js";

/** Fraction of a time range that may be empty at its start. With a larger empty part, the plot begins at the first reading. */
const MAX_EMPTY_FRACTION = 0.05;

/** Shortest time range of a plot that begins with the board's first reading, in ms. */
const MIN_RANGE_LENGTH = 60_000;

export interface LoadedHistory {
  /** The loaded readings and switches; undefined if they cannot be loaded. */
  readonly series?: HistorySeries;
  /** When the board's readings begin, in ms since 1970; undefined if they begin before the time range. */
  readonly beginning?: number;
  /** Why the history is missing or not complete, as a sentence; "" if it is complete. */
  readonly problem: string;
}

/**
 * Loads a board's history. If the board's first reading lies well after the beginning of the range, loads only the time
 * since this reading, in more detail.
 * @param points largest number of points
 * @param heartbeat longest time between two readings of an online board, in ms
 */
export async function loadHistory(
  id: string,
  range: TimeRange,
  points: number,
  heartbeat: number,
): Promise<LoadedHistory> {
  try {
    const answer = await getHistory(id, range.from, range.to, points);
    const beginning = await findBeginning(id, range, answer.points.at(0)?.time);
    if (beginning === undefined) return { series: new HistorySeries(answer, heartbeat), problem: "" };
    const { from, to } = shortenRange(range, beginning);
    return { series: new HistorySeries(await getHistory(id, from, to, points), heartbeat), beginning, problem: "" };
  } catch (e) {
    if (e instanceof ApiError && e.status === 404) return loadRecentReadings(id, range, heartbeat);
    return { problem: (e as Error).message };
  }
}

/** Shortens a time range so that it begins with the first reading of a new board. */
export function shortenRange({ from, to }: TimeRange, beginning: number | undefined): TimeRange {
  return { from: Math.max(from, Math.min(beginning ?? from, to - MIN_RANGE_LENGTH)), to };
}

/**
 * Returns when a new board's readings begin, in ms since 1970. Returns undefined if the board has readings before the
 * range, or if the part of the range before the first reading is small.
 * @param first time of the first reading in the range, in ms since 1970
 */
async function findBeginning(id: string, { from, to }: TimeRange, first = from): Promise<number | undefined> {
  if (first - from < (to - from) * MAX_EMPTY_FRACTION) return undefined;
  const { points } = await getHistory(id, 0, from, 1);
  return points.length === 0 ? first : undefined;
}

/** Loads only the recent readings, for a server that stores no history. */
async function loadRecentReadings(id: string, { from, to }: TimeRange, heartbeat: number): Promise<LoadedHistory> {
  try {
    const series = new HistorySeries(toHistoryAnswer(await getRecentReadings(id), from, to), heartbeat);
    return { series, problem: message("history.notStored") };
  } catch (e) {
    return { problem: (e as Error).message };
  }
}
