import type { PoolClient } from "pg";

/** What the database has been through, oldest first; `nightlight.versions` says how many of these it has behind it. */
const MIGRATIONS = [
  `-- number: stands for the device in the other tables; id: null for one that is forgotten
   CREATE TABLE nightlight.devices (number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text UNIQUE);
   -- time in ms since 1970, light in quarters; the key makes them a set: the same reading twice is there once
   CREATE TABLE nightlight.readings (device integer NOT NULL, time bigint NOT NULL, light smallint NOT NULL,
     PRIMARY KEY (device, time, light));
   -- the sums of a device and an hour since 1970; last: time << 12 | light
   CREATE TABLE nightlight.hours (device integer NOT NULL, hour integer NOT NULL, first bigint NOT NULL,
     min smallint NOT NULL, max smallint NOT NULL, last bigint NOT NULL, count integer NOT NULL,
     PRIMARY KEY (device, hour)) WITH (fillfactor = 70);
   CREATE INDEX hours_by_time ON nightlight.hours (hour);
   -- writer and number: which run of which server, and the how-manieth of its switches
   CREATE TABLE nightlight.switches (device integer NOT NULL, time bigint NOT NULL, writer bigint NOT NULL,
     number integer NOT NULL, led_on boolean NOT NULL, by text NOT NULL, reason text NOT NULL,
     PRIMARY KEY (device, time, writer, number));`,
  `-- boot << 31 | seq, which name a reading: one that is delivered again, at another time as far as servers can tell, is a
   -- duplicate. Within a day (UTC), so that a board that begins its boots anew does not lose readings for ever. Null for
   -- readings that have no such numbers, and for those of earlier versions
   ALTER TABLE nightlight.readings ADD COLUMN number bigint;
   CREATE UNIQUE INDEX readings_by_number ON nightlight.readings (device, number, (time / 86400000))
     WHERE number IS NOT NULL;`,
];

/** Any number, so that no two servers make the tables at once. */
const LOCK = 0x6e69676874;

/** The tables are of a later version of this program. */
export class NewerError extends Error {}

/**
 * Makes the tables in the schema `nightlight`, or brings them up to date; several servers may do so at once.
 * @throws NewerError; what `pg` throws.
 */
export async function prepareTables(client: PoolClient): Promise<void> {
  await client.query("BEGIN");
  try {
    await client.query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
    await client.query("CREATE SCHEMA IF NOT EXISTS nightlight");
    await client.query("CREATE TABLE IF NOT EXISTS nightlight.versions (version integer PRIMARY KEY)");
    const { rows } = await client.query<{ version: number }>(
      "SELECT coalesce(max(version), 0) AS version FROM nightlight.versions",
    );
    const { version } = rows[0];
    if (version > MIGRATIONS.length)
      throw new NewerError(
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
