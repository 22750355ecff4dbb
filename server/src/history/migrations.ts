import type { Database } from "./database.js";
import { CHUNK } from "./packing.js";
import { BY } from "./protocol.js";
import { packRun, stateOf } from "./switch-runs.js";

/** Switches that are converted at once. */
const SLICE = 10_000;
/** After so many it is told how far that has come; fewer take no time to speak of. */
const TOLD = 100_000;

type Told = (progress: string) => void;

/** What the file has been through, oldest first; its `user_version` says how many of these it has behind it. */
export const MIGRATIONS: readonly ((database: Database, told: Told) => void)[] = [
  (database) =>
    database.exec(`
      -- number: stands for the device in the other tables, and is never given again; id: null for one that is forgotten
      CREATE TABLE devices (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE);
      -- readings as they came, until they are put into the chunks: { devices, times, lights } one after the other
      CREATE TABLE batches (number INTEGER PRIMARY KEY, devices BLOB NOT NULL, times BLOB NOT NULL, lights BLOB NOT NULL);
      -- key: device << 32 | ten minutes since 1970; last: time << 12 | light; light in quarters
      CREATE TABLE chunks (key INTEGER PRIMARY KEY, first INTEGER NOT NULL, min INTEGER NOT NULL, max INTEGER NOT NULL,
        last INTEGER NOT NULL, count INTEGER NOT NULL, readings BLOB NOT NULL);
      -- key: device << 32 | hours since 1970
      CREATE TABLE hours (key INTEGER PRIMARY KEY, first INTEGER NOT NULL, min INTEGER NOT NULL, max INTEGER NOT NULL,
        last INTEGER NOT NULL, count INTEGER NOT NULL);
      CREATE TABLE switches (device INTEGER NOT NULL, time INTEGER NOT NULL, led_on INTEGER NOT NULL, by TEXT NOT NULL,
        reason TEXT NOT NULL);
      CREATE INDEX switches_by_time ON switches (device, time);`),
  (database, told) => {
    database.exec(`
      -- switches as they came, until they are put into their runs: columns, and the reasons in JSON; writer, first: by
      -- which a batch is known that comes again
      CREATE TABLE switch_batches (number INTEGER PRIMARY KEY AUTOINCREMENT, writer INTEGER NOT NULL, first INTEGER NOT NULL,
        devices BLOB NOT NULL, times BLOB NOT NULL, states BLOB NOT NULL, places BLOB NOT NULL, reasons TEXT NOT NULL);
      -- chunk: ten minutes since 1970; number: of the last batch that is in it, so that runs of a chunk are in order
      CREATE TABLE switch_runs (device INTEGER NOT NULL, chunk INTEGER NOT NULL, number INTEGER NOT NULL,
        switches BLOB NOT NULL, PRIMARY KEY (device, chunk, number)) WITHOUT ROWID;`);
    putIntoRuns(database, told);
    database.exec("DROP TABLE switches");
  },
];

/** What was a row each: one run for each device and chunk. */
function putIntoRuns(database: Database, told: Told): void {
  const select = `SELECT rowid AS number, device, time, led_on, by, reason FROM switches
    WHERE (device, time, rowid) > (?, ?, ?) ORDER BY device, time, rowid LIMIT ${SLICE}`;
  const insert = "INSERT INTO switch_runs (device, chunk, number, switches) VALUES (?, ?, 0, ?)";
  const run = { device: 0, chunk: 0, times: [] as number[], states: [] as number[], reasons: [] as string[] };
  const finish = (): void => {
    if (run.times.length === 0) return;
    const places = new Map<string, number>();
    for (const reason of run.reasons) if (!places.has(reason)) places.set(reason, places.size);
    const at = run.reasons.map((reason) => places.get(reason)!);
    database.run(insert, run.device, run.chunk, packRun(run.times, run.states, at, [...places.keys()]));
    for (const column of [run.times, run.states, run.reasons]) column.length = 0;
  };
  const all = Number(database.rows("SELECT count(*) AS count FROM switches")[0].count);
  let done = 0;
  for (let last = [0, 0, 0]; ;) {
    if (all > TOLD && done % TOLD === 0) told(`is put into a newer form, once: ${done} of ${all} switches.`);
    const rows = database.rows(select, ...last);
    done += rows.length;
    for (const row of rows) {
      const [device, time] = [Number(row.device), Number(row.time)];
      const chunk = Math.floor(time / CHUNK);
      if (device !== run.device || chunk !== run.chunk) finish();
      Object.assign(run, { device, chunk });
      run.times.push(time);
      run.states.push(stateOf(Number(row.led_on), BY.indexOf(row.by as (typeof BY)[number])));
      run.reasons.push(String(row.reason));
      last = [device, time, Number(row.number)];
    }
    if (rows.length < SLICE) break;
  }
  finish();
}
