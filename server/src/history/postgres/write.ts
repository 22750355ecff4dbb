import type { PoolClient } from "pg";
import { SWITCH_CAUSES, type WriteRequest } from "../protocol.js";

/** Inserts new devices. Sorting by id prevents deadlocks between servers. */
const INSERT_DEVICES = `INSERT INTO nightlight.devices (id) SELECT id FROM unnest($1::text[]) AS new (id)
  WHERE NOT EXISTS (SELECT FROM nightlight.devices WHERE devices.id = new.id) ORDER BY id ON CONFLICT DO NOTHING`;

/** Inserts readings and updates the summaries of their hours. A duplicate reading changes nothing. */
const INSERT_READINGS = `WITH named AS (
    SELECT number, place FROM unnest($1::text[]) WITH ORDINALITY AS given (id, place) JOIN nightlight.devices USING (id)
  ), fresh AS (
    INSERT INTO nightlight.readings (device, time, light, number)
    SELECT named.number, time, light, boot::bigint << 31 | seq
      FROM unnest($2::int[], $3::bigint[], $4::smallint[], $5::int[], $6::int[]) AS reading (place, time, light, boot, seq)
      JOIN named USING (place) ORDER BY 1, 2, 3
    ON CONFLICT DO NOTHING RETURNING device, time, light
  )
  INSERT INTO nightlight.hours AS known (device, hour, first, min, max, last, count)
  SELECT device, time / 3600000, min(time), min(light), max(light), max(time << 12 | light), count(*) FROM fresh
    GROUP BY 1, 2 ORDER BY 1, 2
  ON CONFLICT (device, hour) DO UPDATE SET first = least(known.first, excluded.first),
    min = least(known.min, excluded.min), max = greatest(known.max, excluded.max),
    last = greatest(known.last, excluded.last), count = known.count + excluded.count`;

const INSERT_SWITCHES = `INSERT INTO nightlight.switches (device, time, writer, number, led_on, by, reason)
  SELECT devices.number, time, $1, change.number, led_on, by, reason
  FROM unnest($2::text[], $3::bigint[], $4::int[], $5::boolean[], $6::text[], $7::text[])
    AS change (id, time, number, led_on, by, reason) JOIN nightlight.devices USING (id)
  ON CONFLICT DO NOTHING`;

/** Converts a column to SQL values: NaN, or a missing column, becomes null. */
const toSqlNumbers = (given: Float64Array | undefined, count: number): (number | null)[] =>
  given ? Array.from(given, (number) => (Number.isNaN(number) ? null : number)) : new Array<null>(count).fill(null);

/**
 * Writes a batch in one transaction. If the connection breaks before the confirmation arrives, the server writes the
 * batch again. A repeated batch changes nothing.
 * @param runId identifies this run of the server
 * @param ids device ids by device index
 */
export async function writeBatch(
  client: PoolClient,
  runId: number,
  ids: readonly string[],
  { devices, times, lights, boots, seqs, switches }: WriteRequest,
): Promise<void> {
  /** Position of each device in `batchIds`, from 1, by device index. */
  const positionByIndex = new Map<number, number>();
  const positionOf = (device: number): number => {
    let position = positionByIndex.get(device);
    if (position === undefined) positionByIndex.set(device, (position = positionByIndex.size + 1));
    return position;
  };
  const positions = Array.from(devices, positionOf);
  for (const device of switches.devices) positionOf(device);
  const batchIds = Array.from(positionByIndex.keys(), (device) => ids[device]);
  await client.query("BEGIN");
  try {
    await client.query({ name: "name", text: INSERT_DEVICES, values: [batchIds] });
    if (positions.length > 0)
      await client.query({
        name: "readings",
        text: INSERT_READINGS,
        values: [
          batchIds,
          positions,
          Array.from(times),
          Array.from(lights),
          toSqlNumbers(boots, positions.length),
          toSqlNumbers(seqs, positions.length),
        ],
      });
    if (switches.times.length > 0)
      await client.query({
        name: "switches",
        text: INSERT_SWITCHES,
        values: [
          runId,
          Array.from(switches.devices, (device) => ids[device]),
          Array.from(switches.times),
          Array.from(switches.times, (_, index) => switches.first + index),
          Array.from(switches.led_on, (on) => on === 1),
          Array.from(switches.by, (by) => SWITCH_CAUSES[by]),
          // Remove \0, because PostgreSQL rejects text that contains this character.
          Array.from(switches.reasonIndexes, (index) => switches.reasonTexts[index].replaceAll("\0", "")),
        ],
      });
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}
