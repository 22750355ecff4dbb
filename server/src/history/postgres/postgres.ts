import { randomInt } from "node:crypto";
import type { Pool } from "pg";
import { codeOf, StartError, textOf } from "../../common/errors.js";
import type { Engine, HistoryOptions } from "../engine.js";
import type { History } from "../history.js";
import { withIds } from "../protocol.js";
import { historyIn } from "../recorder.js";
import { NOTHING_TOO_OLD, RetentionClock } from "../retention-clock.js";
import { latest } from "./latest.js";
import { answer, numberOf, page } from "./read.js";
import { sweep } from "./sweep.js";
import { NewerError, prepareTables } from "./tables.js";
import { writeBatch } from "./write.js";

/** How often what is too old is deleted, in ms: by whole hours, so that more often would be in vain. */
const SWEEP = 3_600_000;

/** Connections of one server: one writes, the others are for questions. */
const CONNECTIONS = 5;

/** How long a connection may take, in ms. */
const CONNECT = 5000;

/**
 * Opens the history in a PostgreSQL database, in its schema `nightlight`, which is made when it is not there. Any number
 * of servers may have it open. A database that cannot be reached is tried again and again.
 * @param url postgres://user:password@host/database
 * @throws StartError when it refuses the user, does not exist, or is of a newer version of this program.
 */
export async function openPostgres(url: string, { retention, failed }: HistoryOptions): Promise<History> {
  const { default: pg } = await import("pg");
  const { host, pathname } = new URL(url);
  const name = `${host}${pathname}`;
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT,
    application_name: "nightlight-server",
  });
  // a connection that is lost while nobody uses it; whoever uses the next is told
  pool.on("error", () => {});
  const engine = engineIn(pool, name, { retention, failed });
  try {
    await engine.open();
  } catch (error) {
    const problem = whyNever(error);
    if (problem) {
      await pool.end();
      throw new StartError(`The history ${name} ${problem}.`);
    }
    failed(`The history ${name} cannot be opened (${textOf(error) || codeOf(error)}); it is tried again.`);
  }
  return historyIn(engine, failed);
}

/** What will not get better by itself; "" for all else. Codes: PostgreSQL, appendix A. */
function whyNever(error: unknown): string {
  if (error instanceof NewerError) return error.message;
  const code = codeOf(error);
  if (code.startsWith("28")) return `refuses the user (${textOf(error)}); correct user and password in --history`;
  if (code === "3D000") return `does not exist; make it with createdb, or correct --history`;
  if (code === "42501") return `lets the user make no tables (${textOf(error)}); GRANT CREATE ON DATABASE to that user`;
  return "";
}

interface PostgresEngine extends Engine {
  /** Makes the tables. */
  open(): Promise<void>;
}

function engineIn(pool: Pool, name: string, { retention, failed }: HistoryOptions): PostgresEngine {
  // 2^48: as many as `randomInt` gives
  const writer = randomInt(2 ** 48 - 1);
  let ids: string[] = [];
  const ending = new AbortController();
  let kept = retention;
  const retentionClock = new RetentionClock();
  let prepared: Promise<void> | undefined;
  let sweeping: Promise<void> | undefined;
  const timer = setInterval(startSweep, SWEEP);

  /** The database may have been away, and be another one now. */
  const ready = (): Promise<void> =>
    (prepared ??= prepare().catch((error: unknown) => {
      prepared = undefined;
      throw error;
    }));

  async function prepare(): Promise<void> {
    const client = await pool.connect();
    try {
      await prepareTables(client);
    } finally {
      client.release();
    }
  }

  /** As in the history's own file, see `worker.ts`. */
  function sweepTime(): number {
    const now = retentionClock.now();
    if (typeof now === "number") return now;
    failed(`Nothing is deleted from the history ${name} for its age within the next hour. ${now.problem}`);
    return NOTHING_TOO_OLD;
  }

  function startSweep(): void {
    const before = sweeping ?? Promise.resolve();
    const current = (sweeping = before
      .then(ready)
      .then(() => sweep(pool, kept, sweepTime(), ending.signal))
      .catch((error: unknown) => {
        if (!ending.signal.aborted)
          failed(`The history ${name} could not be cleared of what is too old (${textOf(error)}); it is tried again.`);
      })
      .finally(() => {
        if (sweeping === current) sweeping = undefined;
      }));
  }

  return {
    name,
    async open() {
      await ready();
      startSweep();
    },
    async write(parcel) {
      ids = withIds(ids, parcel);
      await ready();
      const client = await pool.connect();
      try {
        await writeBatch(client, writer, ids, parcel);
        client.release();
      } catch (error) {
        client.release(true);
        // tables that are not there any more are made again
        if (codeOf(error) === "42P01") prepared = undefined;
        throw error;
      }
    },
    async query(query) {
      await ready();
      const device = await numberOf(pool, query.device);
      if (device === undefined) return { points: new Float64Array(), led_on: null, switches: [], step: 0 };
      return answer(pool, device, query);
    },
    async page(range) {
      await ready();
      const device = await numberOf(pool, range.device);
      if (device === undefined)
        return { times: new Float64Array(), lights: new Float32Array(), switches: [], next: range.to };
      return page(pool, device, range);
    },
    async latest(devices) {
      await ready();
      return latest(pool, devices);
    },
    async forget(device) {
      await ready();
      await pool.query("UPDATE nightlight.devices SET id = NULL WHERE id = $1", [device]);
      startSweep();
    },
    async retain(changed) {
      kept = changed;
      startSweep();
    },
    async close() {
      clearInterval(timer);
      ending.abort();
      await sweeping;
      await pool.end();
    },
  };
}
