/** Histories of one test, closed after it. */
import { onTestFinished } from "vitest";
import type { History } from "../../../server/src/history/history.js";
import { openHistory } from "../../../server/src/history/sqlite.js";

/** Everything is kept for ever. */
export const FOR_EVER = { readings: undefined, switches: undefined } as const;

export interface TestHistory extends History {
  /** What a person was told. */
  readonly told: string[];
}

/** A history in a folder, closed after the test. */
export async function history(
  folder: string,
  retention = FOR_EVER as Parameters<History["retain"]>[0],
): Promise<TestHistory> {
  const told: string[] = [];
  const opened = await openHistory(folder, { retention, failed: (problem) => told.push(problem) });
  onTestFinished(() => opened.close());
  return Object.assign(opened, { told });
}

/** The number of readings of a device. */
export async function count(from: History, device: string): Promise<number> {
  const { points } = await from.query({ device, from: 0, to: 2 ** 43, points: 1 });
  return points.reduce((sum, point) => sum + point.count, 0);
}
