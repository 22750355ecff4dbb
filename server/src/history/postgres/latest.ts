import type { Pool } from "pg";
import type { LatestEntries } from "../history.js";
import { fromQuarters } from "../packing.js";

/** SQL that reads the last hour and the last switch of each device, with two index lookups per device. */
const SELECT_LATEST = `SELECT given.position::int AS position, (hour.last >> 12)::float8 AS time, (hour.last & 4095)::int AS light,
    switch.time::float8 AS switched, switch.led_on
  FROM unnest($1::text[]) WITH ORDINALITY AS given (id, position) JOIN nightlight.devices USING (id)
  LEFT JOIN LATERAL (SELECT last FROM nightlight.hours WHERE device = devices.number ORDER BY hour DESC LIMIT 1)
    AS hour ON true
  LEFT JOIN LATERAL (SELECT time, led_on FROM nightlight.switches WHERE device = devices.number
    ORDER BY time DESC, writer DESC, number DESC LIMIT 1) AS switch ON true`;

interface LatestRow {
  readonly position: number;
  readonly time: number | null;
  readonly light: number | null;
  readonly switched: number | null;
  readonly led_on: boolean | null;
}

/** Returns the last reading and switch of each device, in the order of `ids`. */
export async function readLatest(pool: Pool, ids: readonly string[]): Promise<(LatestEntries | undefined)[]> {
  const found = ids.map((): LatestEntries | undefined => undefined);
  const { rows } = await pool.query<LatestRow>({ name: "latest", text: SELECT_LATEST, values: [ids] });
  for (const { position, time, light, switched, led_on } of rows)
    found[position - 1] = {
      ...(time !== null && light !== null && { time, light: fromQuarters(light) }),
      ...(switched !== null && led_on !== null && { switched, led_on }),
    };
  return found;
}
