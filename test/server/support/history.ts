/** Histories of one test, closed after it. */
import { onTestFinished } from "vitest";
import type { History } from "../../../server/src/history/history.js";
import { openPostgres } from "../../../server/src/history/postgres/postgres.js";
import { openSqlite } from "../../../server/src/history/sqlite.js";
import type { Postgres } from "../../support/postgres.js";
import { temporaryFolder } from "./server.js";

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
  const opened = await openSqlite(folder, { retention, failed: (problem) => told.push(problem) });
  onTestFinished(() => opened.close());
  return Object.assign(opened, { told });
}

/** Where a history of one test is kept, by whatever engine. */
export interface TestPlace {
  /** Opens it, once more if it was closed; it is closed after the test. */
  open(retention?: Parameters<History["retain"]>[0]): Promise<TestHistory>;
}

/** SQLite, in a new folder. */
export async function inFolder(): Promise<TestPlace> {
  const folder = await temporaryFolder();
  return { open: (retention) => history(folder, retention) };
}

/** PostgreSQL, in a new database. */
export async function inPostgres(postgres: Postgres): Promise<TestPlace> {
  const url = await postgres.database();
  return { open: (retention) => postgresHistory(url, retention) };
}

/** A history in a database of PostgreSQL's, closed after the test. */
export async function postgresHistory(
  url: string,
  retention = FOR_EVER as Parameters<History["retain"]>[0],
): Promise<TestHistory> {
  const told: string[] = [];
  const opened = await openPostgres(url, { retention, failed: (problem) => told.push(problem) });
  onTestFinished(() => opened.close());
  return Object.assign(opened, { told });
}

/** The number of readings of a device. */
export async function count(from: History, device: string): Promise<number> {
  const { points } = await from.query({ device, from: 0, to: 2 ** 43, points: 1 });
  return points.reduce((sum, point) => sum + point.count, 0);
}
