import type { Pool } from "pg";
import type { Retention } from "../history.js";
import { HOUR_LENGTH } from "../packing.js";

/** Maximum number of hours that one statement deletes. */
const HOURS_PER_STEP = 200;
/** Maximum number of switches that one statement deletes. */
const SWITCHES_PER_STEP = 1000;

/**
 * Returns SQL that deletes hours and their readings. `SKIP LOCKED` skips rows that another server is deleting.
 * @param condition SQL condition that selects rows of the table `hours`
 */
const deleteHoursSql = (condition: string): string => `WITH old AS (
    SELECT device, hour FROM nightlight.hours WHERE ${condition} LIMIT ${HOURS_PER_STEP} FOR UPDATE SKIP LOCKED
  ), gone AS (
    DELETE FROM nightlight.hours USING old WHERE hours.device = old.device AND hours.hour = old.hour
  )
  , readings AS (
    DELETE FROM nightlight.readings USING old WHERE readings.device = old.device
      AND readings.time >= old.hour * ${HOUR_LENGTH}::bigint AND readings.time < (old.hour + 1) * ${HOUR_LENGTH}::bigint
  )
  SELECT count(*)::int AS count FROM old`;

const deleteSwitchesSql = (condition: string): string => `WITH gone AS (
    DELETE FROM nightlight.switches WHERE ctid IN (
      SELECT ctid FROM nightlight.switches AS change WHERE ${condition} LIMIT ${SWITCHES_PER_STEP} FOR UPDATE SKIP LOCKED
    ) RETURNING 1
  ) SELECT count(*)::int AS count FROM gone`;

const FORGOTTEN_CONDITION = "device IN (SELECT number FROM nightlight.devices WHERE id IS NULL)";

const DELETE_OLD_HOURS = deleteHoursSql("hour < $1");
const DELETE_FORGOTTEN_HOURS = deleteHoursSql(FORGOTTEN_CONDITION);
const DELETE_FORGOTTEN_SWITCHES = deleteSwitchesSql(FORGOTTEN_CONDITION);
/** Deletes old switches except the last one of each device, which defines the lamp's state until the next switch. */
const DELETE_OLD_SWITCHES = deleteSwitchesSql(`time < $1 AND EXISTS (SELECT FROM nightlight.switches AS later
  WHERE later.device = change.device AND later.time > change.time AND later.time < $1)`);
const DELETE_FORGOTTEN_DEVICES = `DELETE FROM nightlight.devices WHERE id IS NULL
  AND NOT EXISTS (SELECT FROM nightlight.hours WHERE hours.device = devices.number)
  AND NOT EXISTS (SELECT FROM nightlight.switches WHERE switches.device = devices.number)`;

/**
 * Deletes data that is older than the retention, and the data of forgotten devices, in small steps. Readings are
 * deleted in whole hours, so that the summary of an hour stays correct.
 */
export async function sweepDatabase(pool: Pool, retention: Retention, now: number, signal: AbortSignal): Promise<void> {
  const repeatUntilDone = async (text: string, maxRows: number, ...values: number[]): Promise<void> => {
    while (!signal.aborted) {
      const { rows } = await pool.query<{ count: number }>(text, values);
      if (rows[0].count < maxRows) return;
    }
  };
  if (retention.readings !== undefined)
    await repeatUntilDone(
      DELETE_OLD_HOURS,
      HOURS_PER_STEP,
      Math.max(0, Math.floor((now - retention.readings) / HOUR_LENGTH)),
    );
  if (retention.switches !== undefined)
    await repeatUntilDone(DELETE_OLD_SWITCHES, SWITCHES_PER_STEP, Math.floor(now - retention.switches));
  await repeatUntilDone(DELETE_FORGOTTEN_HOURS, HOURS_PER_STEP);
  await repeatUntilDone(DELETE_FORGOTTEN_SWITCHES, SWITCHES_PER_STEP);
  if (!signal.aborted) await pool.query(DELETE_FORGOTTEN_DEVICES);
}
