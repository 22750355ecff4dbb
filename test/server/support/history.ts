/** Opens SQLite and PostgreSQL histories for tests, and closes them after the test. */
import { onTestFinished } from "vitest";
import type { History, HistoryDevice, HistoryReading, HistorySwitch } from "../../../server/src/history/history.js";
import { openPostgres } from "../../../server/src/history/postgres/postgres.js";
import { openSqlite } from "../../../server/src/history/sqlite.js";
import type { Postgres } from "../../support/postgres.js";
import { createTemporaryFolder } from "./server.js";

/** Retention that never deletes data. */
export const RETAIN_FOREVER = { readings: undefined, switches: undefined } as const;

export interface TestHistory extends Omit<History, "addReading" | "addSwitch"> {
  addReading(device: string, reading: HistoryReading): void;
  addSwitch(device: string, change: HistorySwitch): void;
  /** All problems that the history has reported. */
  readonly problems: string[];
}

/** Returns a function that creates one device object for each id. */
export function devicesById(): (id: string) => HistoryDevice {
  const devices = new Map<string, HistoryDevice>();
  return (id) => {
    const device = devices.get(id) ?? { id, historyNumber: 0 };
    devices.set(id, device);
    return device;
  };
}

/**
 * Returns the device for an id. All test histories share the devices, because a history must cope with a `historyNumber`
 * that another history has assigned.
 */
const deviceOf = devicesById();

/** Wraps a history so that it takes device ids, and closes it after the test. */
function wrapHistory(opened: History, problems: string[]): TestHistory {
  onTestFinished(() => opened.close());
  return {
    ...opened,
    problems,
    addReading: (id, reading) => opened.addReading(deviceOf(id), reading),
    addSwitch: (id, change) => opened.addSwitch(deviceOf(id), change),
  };
}

/** Opens a SQLite history in a folder, and closes it after the test. */
export async function openSqliteHistory(
  folder: string,
  retention = RETAIN_FOREVER as Parameters<History["retain"]>[0],
): Promise<TestHistory> {
  const problems: string[] = [];
  const opened = await openSqlite(folder, { retention, onProblem: (problem) => problems.push(problem) });
  return wrapHistory(opened, problems);
}

/** An empty database for one test. */
export interface TestDatabase {
  /** Opens the history, or reopens it after it was closed. The history is closed after the test. */
  open(retention?: Parameters<History["retain"]>[0]): Promise<TestHistory>;
}

/** Creates an empty place for a SQLite history. */
export async function createSqliteDatabase(): Promise<TestDatabase> {
  const folder = await createTemporaryFolder();
  return { open: (retention) => openSqliteHistory(folder, retention) };
}

/** Creates an empty PostgreSQL database. */
export async function createPostgresDatabase(postgres: Postgres): Promise<TestDatabase> {
  const url = await postgres.createDatabase();
  return { open: (retention) => openPostgresHistory(url, retention) };
}

/** Opens a history in a PostgreSQL database, and closes it after the test. */
export async function openPostgresHistory(
  url: string,
  retention = RETAIN_FOREVER as Parameters<History["retain"]>[0],
): Promise<TestHistory> {
  const problems: string[] = [];
  const opened = await openPostgres(url, { retention, onProblem: (problem) => problems.push(problem) });
  return wrapHistory(opened, problems);
}

/** Returns the number of stored readings of a device. */
export async function countReadings(from: Pick<History, "query">, device: string): Promise<number> {
  const { points } = await from.query({ device, from: 0, to: 2 ** 43, points: 1 });
  return points.reduce((sum, point) => sum + point.count, 0);
}
