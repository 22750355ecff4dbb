import type { PoolClient } from "pg";
import { BY, type Parcel } from "../protocol.js";

/** Devices that are not known yet get their numbers; in order, so that two servers do not wait for each other. */
const NAME = `INSERT INTO nightlight.devices (id) SELECT id FROM unnest($1::text[]) AS new (id)
  WHERE NOT EXISTS (SELECT FROM nightlight.devices WHERE devices.id = new.id) ORDER BY id ON CONFLICT DO NOTHING`;

/** Only readings that were not there already count in the sums of their hours: so they are true, whatever comes twice. */
const READINGS = `WITH named AS (
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

const SWITCHES = `INSERT INTO nightlight.switches (device, time, writer, number, led_on, by, reason)
  SELECT devices.number, time, $1, change.number, led_on, by, reason
  FROM unnest($2::text[], $3::bigint[], $4::int[], $5::boolean[], $6::text[], $7::text[])
    AS change (id, time, number, led_on, by, reason) JOIN nightlight.devices USING (id)
  ON CONFLICT DO NOTHING`;

/** Numbers as PostgreSQL takes them: null where there is none. */
const numbers = (given: Float64Array | undefined, count: number): (number | null)[] =>
  given ? Array.from(given, (number) => (Number.isNaN(number) ? null : number)) : new Array<null>(count).fill(null);

/**
 * Writes a batch in one transaction. When it is written already, because the answer to the last attempt was lost, that
 * changes nothing.
 * @param writer this run of this server, by a number of its own
 * @param ids by the numbers that the batch has for them
 */
export async function writeBatch(
  client: PoolClient,
  writer: number,
  ids: readonly string[],
  { devices, times, lights, boots, seqs, switches }: Parcel,
): Promise<void> {
  /** The places, from 1, that devices have in this batch. */
  const places = new Map<number, number>();
  const placeOf = (device: number): number => {
    let place = places.get(device);
    if (place === undefined) places.set(device, (place = places.size + 1));
    return place;
  };
  const at = Array.from(devices, placeOf);
  for (const device of switches.devices) placeOf(device);
  const names = Array.from(places.keys(), (device) => ids[device]);
  await client.query("BEGIN");
  try {
    await client.query({ name: "name", text: NAME, values: [names] });
    if (at.length > 0)
      await client.query({
        name: "readings",
        text: READINGS,
        values: [names, at, Array.from(times), Array.from(lights), numbers(boots, at.length), numbers(seqs, at.length)],
      });
    if (switches.times.length > 0)
      await client.query({
        name: "switches",
        text: SWITCHES,
        values: [
          writer,
          Array.from(switches.devices, (device) => ids[device]),
          Array.from(switches.times),
          Array.from(switches.times, (_, index) => switches.first + index),
          Array.from(switches.led_on, (on) => on === 1),
          Array.from(switches.by, (by) => BY[by]),
          // PostgreSQL has no text with \0
          Array.from(switches.reasons, (reason) => switches.sentences[reason].replaceAll("\0", "")),
        ],
      });
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}
