import type { PoolClient } from "pg";

/** Schema migrations, oldest first. The table `nightlight.versions` records which of them have run. */
const MIGRATIONS = [
  `-- number: identifies the device in the other tables; id: null once the device is forgotten
   CREATE TABLE nightlight.devices (number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text UNIQUE);
   -- time in ms since 1970, light in quarters of a step; the primary key rejects duplicates
   CREATE TABLE nightlight.readings (device integer NOT NULL, time bigint NOT NULL, light smallint NOT NULL,
     PRIMARY KEY (device, time, light));
   -- summaries of the readings of one device and hour since 1970; last: time << 12 | light
   CREATE TABLE nightlight.hours (device integer NOT NULL, hour integer NOT NULL, first bigint NOT NULL,
     min smallint NOT NULL, max smallint NOT NULL, last bigint NOT NULL, count integer NOT NULL,
     PRIMARY KEY (device, hour)) WITH (fillfactor = 70);
   CREATE INDEX hours_by_time ON nightlight.hours (hour);
   -- writer: random id of a server run; number: sequence number of the switch within that run
   CREATE TABLE nightlight.switches (device integer NOT NULL, time bigint NOT NULL, writer bigint NOT NULL,
     number integer NOT NULL, led_on boolean NOT NULL, by text NOT NULL, reason text NOT NULL,
     PRIMARY KEY (device, time, writer, number));`,
  `-- number: boot << 31 | seq, which identify a reading, or null. The index rejects a reading that is delivered twice even if
   -- servers compute different times for it. It covers one day (UTC), so that a board that restarts its boot counter does
   -- not lose readings forever
   ALTER TABLE nightlight.readings ADD COLUMN number bigint;
   CREATE UNIQUE INDEX readings_by_number ON nightlight.readings (device, number, (time / 86400000))
     WHERE number IS NOT NULL;`,
];

/** Key of the advisory lock that keeps two servers from creating tables at the same time. Any number would do. */
const LOCK_KEY = 0x6e69676874;

/** Thrown when a newer version of this program created the tables. */
export class VersionError extends Error {}

/**
 * Creates or migrates the tables in the schema `nightlight`. Several servers may call this at the same time.
 * @throws VersionError; errors of `pg`
 */
export async function prepareTables(client: PoolClient): Promise<void> {
  await client.query("BEGIN");
  try {
    await client.query("SELECT pg_advisory_xact_lock($1)", [LOCK_KEY]);
    await client.query("CREATE SCHEMA IF NOT EXISTS nightlight");
    await client.query("CREATE TABLE IF NOT EXISTS nightlight.versions (version integer PRIMARY KEY)");
    const { rows } = await client.query<{ version: number }>(
      "SELECT coalesce(max(version), 0) AS version FROM nightlight.versions",
    );
    const { version } = rows[0];
    if (version > MIGRATIONS.length)
      throw new VersionError(
        `was written by a newer nightlight-server (its version is ${version}, this one knows ${MIGRATIONS.length}); ` +
          `install the newer one here as well`,
      );
    for (let next = version; next < MIGRATIONS.length; next++) {
      await client.query(MIGRATIONS[next]);
      await client.query("INSERT INTO nightlight.versions VALUES ($1)", [next + 1]);
    }
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}
