import type { Pool } from "pg";
import type { Retention } from "../history.js";
import { HOUR } from "../packing.js";

/** Hours, and switches, that are deleted at once. */
const HOURS = 200;
const SWITCHES = 1000;

/** Hours with their readings: the condition is on `hours`. Another server's are left to it. */
const deleteHours = (condition: string): string => `WITH old AS (
    SELECT device, hour FROM nightlight.hours WHERE ${condition} LIMIT ${HOURS} FOR UPDATE SKIP LOCKED
  ), gone AS (
    DELETE FROM nightlight.hours USING old WHERE hours.device = old.device AND hours.hour = old.hour
  )
  , readings AS (
    DELETE FROM nightlight.readings USING old WHERE readings.device = old.device
      AND readings.time >= old.hour * ${HOUR}::bigint AND readings.time < (old.hour + 1) * ${HOUR}::bigint
  )
  SELECT count(*)::int AS count FROM old`;

const deleteSwitches = (condition: string): string => `WITH gone AS (
    DELETE FROM nightlight.switches WHERE ctid IN (
      SELECT ctid FROM nightlight.switches AS change WHERE ${condition} LIMIT ${SWITCHES} FOR UPDATE SKIP LOCKED
    ) RETURNING 1
  ) SELECT count(*)::int AS count FROM gone`;

const FORGOTTEN = "device IN (SELECT number FROM nightlight.devices WHERE id IS NULL)";

const OLD_HOURS = deleteHours("hour < $1");
const FORGOTTEN_HOURS = deleteHours(FORGOTTEN);
const FORGOTTEN_SWITCHES = deleteSwitches(FORGOTTEN);
/** The last of them tells how the lamp was since. */
const OLD_SWITCHES = deleteSwitches(`time < $1 AND EXISTS (SELECT FROM nightlight.switches AS later
  WHERE later.device = change.device AND later.time > change.time AND later.time < $1)`);
const NAMELESS = `DELETE FROM nightlight.devices WHERE id IS NULL
  AND NOT EXISTS (SELECT FROM nightlight.hours WHERE hours.device = devices.number)
  AND NOT EXISTS (SELECT FROM nightlight.switches WHERE switches.device = devices.number)`;

/**
 * Deletes what is older than it is to be kept, and what is left of forgotten devices, in small steps. Readings go by
 * whole hours, so that what is stored of an hour stays true.
 */
export async function sweep(pool: Pool, retention: Retention, now: number, signal: AbortSignal): Promise<void> {
  const all = async (text: string, full: number, ...values: number[]): Promise<void> => {
    while (!signal.aborted) {
      const { rows } = await pool.query<{ count: number }>(text, values);
      if (rows[0].count < full) return;
    }
  };
  if (retention.readings !== undefined)
    await all(OLD_HOURS, HOURS, Math.max(0, Math.floor((now - retention.readings) / HOUR)));
  if (retention.switches !== undefined) await all(OLD_SWITCHES, SWITCHES, Math.floor(now - retention.switches));
  await all(FORGOTTEN_HOURS, HOURS);
  await all(FORGOTTEN_SWITCHES, SWITCHES);
  if (!signal.aborted) await pool.query(NAMELESS);
}
