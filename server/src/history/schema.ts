/** The schema version of history files. SQLite stores it as `PRAGMA user_version`; other versions cannot be read. */
export const SCHEMA_VERSION = 2;

/**
 * SQL that creates the tables of a new history file. Times are in ms since 1970, light in units of 0.25. A chunk is ten
 * minutes of one device.
 */
export const SCHEMA = `
  -- number: identifies the device in the other tables and is never reused; id: null once the device is forgotten
  CREATE TABLE devices (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE);
  -- readings in the order of arrival, until they are moved into chunks; each column is an array
  CREATE TABLE batches (number INTEGER PRIMARY KEY, devices BLOB NOT NULL, times BLOB NOT NULL, lights BLOB NOT NULL);
  -- key: device << 32 | ten minutes since 1970; last: time << 12 | light
  CREATE TABLE chunks (key INTEGER PRIMARY KEY, first INTEGER NOT NULL, min INTEGER NOT NULL, max INTEGER NOT NULL,
    last INTEGER NOT NULL, count INTEGER NOT NULL, readings BLOB NOT NULL);
  -- key: device << 32 | hours since 1970
  CREATE TABLE hours (key INTEGER PRIMARY KEY, first INTEGER NOT NULL, min INTEGER NOT NULL, max INTEGER NOT NULL,
    last INTEGER NOT NULL, count INTEGER NOT NULL);
  -- switches in the order of arrival, until they are moved into switch_runs; reasons: JSON; places: indexes into reasons;
  -- writer and first identify a batch that is written twice
  CREATE TABLE switch_batches (number INTEGER PRIMARY KEY AUTOINCREMENT, writer INTEGER NOT NULL, first INTEGER NOT NULL,
    devices BLOB NOT NULL, times BLOB NOT NULL, states BLOB NOT NULL, places BLOB NOT NULL, reasons TEXT NOT NULL);
  -- chunk: ten minutes since 1970; number: the last batch in the row, which orders the rows of one chunk
  CREATE TABLE switch_runs (device INTEGER NOT NULL, chunk INTEGER NOT NULL, number INTEGER NOT NULL,
    switches BLOB NOT NULL, PRIMARY KEY (device, chunk, number)) WITHOUT ROWID;
  PRAGMA user_version = ${SCHEMA_VERSION};`;
