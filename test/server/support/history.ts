/** Histories of one test, closed after it. */
import { onTestFinished } from "vitest";
import type { History, HistoryReading, HistorySwitch, Recorded } from "../../../server/src/history/history.js";
import { openPostgres } from "../../../server/src/history/postgres/postgres.js";
import { openSqlite } from "../../../server/src/history/sqlite.js";
import type { Postgres } from "../../support/postgres.js";
import { temporaryFolder } from "./server.js";

/** Everything is kept for ever. */
export const FOR_EVER = { readings: undefined, switches: undefined } as const;

export interface TestHistory extends Omit<History, "addReading" | "addSwitch"> {
  addReading(device: string, reading: HistoryReading): void;
  addSwitch(device: string, change: HistorySwitch): void;
  /** What a person was told. */
  readonly told: string[];
}

/** Gives devices by their ids, always the same for the same. */
export function devicesById(): (id: string) => Recorded {
  const devices = new Map<string, Recorded>();
  return (id) => {
    const device = devices.get(id) ?? { id, recorded: 0 };
    devices.set(id, device);
    return device;
  };
}

/** Devices of all histories: as with a server that begins anew, what another one noted of them is of no use. */
const device = devicesById();

/** A history that takes ids, closed after the test. */
function testHistory(opened: History, told: string[]): TestHistory {
  onTestFinished(() => opened.close());
  return {
    ...opened,
    told,
    addReading: (id, reading) => opened.addReading(device(id), reading),
    addSwitch: (id, change) => opened.addSwitch(device(id), change),
  };
}

/** A history in a folder, closed after the test. */
export async function history(
  folder: string,
  retention = FOR_EVER as Parameters<History["retain"]>[0],
): Promise<TestHistory> {
  const told: string[] = [];
  const opened = await openSqlite(folder, { retention, failed: (problem) => told.push(problem) });
  return testHistory(opened, told);
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
  return testHistory(opened, told);
}

/** The number of readings of a device. */
export async function count(from: Pick<History, "query">, device: string): Promise<number> {
  const { points } = await from.query({ device, from: 0, to: 2 ** 43, points: 1 });
  return points.reduce((sum, point) => sum + point.count, 0);
}
