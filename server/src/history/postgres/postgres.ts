import { randomInt } from "node:crypto";
import type { Pool } from "pg";
import { codeOf, StartError, textOf } from "../../common/errors.js";
import { createHistory } from "../create-history.js";
import type { Engine, EngineOptions } from "../engine.js";
import type { History } from "../history.js";
import { extendIds } from "../protocol.js";
import { TIME_WITHOUT_OLD_DATA, RetentionClock } from "../retention-clock.js";
import { readLatest } from "./latest.js";
import { answerQuery, deviceNumberOf, readPage } from "./read.js";
import { sweepDatabase } from "./sweep.js";
import { VersionError, prepareTables } from "./tables.js";
import { writeBatch } from "./write.js";

/** Interval at which old data is deleted, in ms. Only whole hours are deleted, so a shorter interval is useless. */
const SWEEP_INTERVAL = 3_600_000;

/** Maximum number of connections of one server: one for writing, the others for queries. */
const MAX_CONNECTIONS = 5;

/** Timeout for establishing a connection, in ms. */
const CONNECT_TIMEOUT = 5000;

/**
 * Opens the history in a PostgreSQL database, and creates its schema `nightlight` if necessary. Any number of servers
 * may share one database. If the database is unreachable, the server starts anyway and keeps trying.
 * @param url postgres://user:password@host/database
 * @throws StartError when the database refuses the user, does not exist, or has tables of a newer version of this
 * program
 */
export async function openPostgres(url: string, { retention, onProblem }: EngineOptions): Promise<History> {
  const { default: pg } = await import("pg");
  const { host, pathname } = new URL(url);
  const name = `${host}${pathname}`;
  const pool = new pg.Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    application_name: "nightlight-server",
  });
  // Ignore the loss of an idle connection, because the next query reports the problem.
  pool.on("error", () => {});
  const engine = createEngine(pool, name, { retention, onProblem });
  try {
    await engine.open();
  } catch (error) {
    const problem = describePermanentError(error);
    if (problem) {
      await pool.end();
      throw new StartError(`The history ${name} ${problem}.`);
    }
    onProblem(`The history ${name} cannot be opened (${textOf(error) || codeOf(error)}); the server tries again.`);
  }
  return createHistory(engine, onProblem);
}

/** Explains an error that a retry cannot fix; returns "" for other errors. See the PostgreSQL manual, appendix A. */
function describePermanentError(error: unknown): string {
  if (error instanceof VersionError) return error.message;
  const code = codeOf(error);
  if (code.startsWith("28")) return `refuses the user (${textOf(error)}); correct user and password in --history`;
  if (code === "3D000") return `does not exist; create it with createdb, or correct --history`;
  if (code === "42501")
    return `does not allow the user to create tables (${textOf(error)}); GRANT CREATE ON DATABASE to that user`;
  return "";
}

interface PostgresEngine extends Engine {
  /** Creates the tables and starts the first sweep. */
  open(): Promise<void>;
}

function createEngine(pool: Pool, name: string, { retention, onProblem }: EngineOptions): PostgresEngine {
  // Use a number of 48 bits, because randomInt supports no larger range.
  const runId = randomInt(2 ** 48 - 1);
  let ids: string[] = [];
  const closing = new AbortController();
  let currentRetention = retention;
  const retentionClock = new RetentionClock();
  let prepared: Promise<void> | undefined;
  let sweeping: Promise<void> | undefined;
  const timer = setInterval(startSweep, SWEEP_INTERVAL);

  /** Creates the tables at the first call, and again after a failure or after somebody has dropped them. */
  const prepareOnce = (): Promise<void> =>
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

  /**
   * Returns the time that the sweep compares data with. If the clock is wrong, reports this and returns a time at which
   * no data is too old.
   */
  function chooseSweepTime(): number {
    const now = retentionClock.now();
    if (typeof now === "number") return now;
    onProblem(`The server deletes no old data from the history ${name} within the next hour. ${now.problem}`);
    return TIME_WITHOUT_OLD_DATA;
  }

  function startSweep(): void {
    const before = sweeping ?? Promise.resolve();
    const currentSweep = (sweeping = before
      .then(prepareOnce)
      .then(() => sweepDatabase(pool, currentRetention, chooseSweepTime(), closing.signal))
      .catch((error: unknown) => {
        if (!closing.signal.aborted)
          onProblem(`The history ${name} could not be cleared of old data (${textOf(error)}); the server tries again.`);
      })
      .finally(() => {
        if (sweeping === currentSweep) sweeping = undefined;
      }));
  }

  return {
    name,
    async open() {
      await prepareOnce();
      startSweep();
    },
    async write(request) {
      ids = extendIds(ids, request);
      await prepareOnce();
      const client = await pool.connect();
      try {
        await writeBatch(client, runId, ids, request);
        client.release();
      } catch (error) {
        client.release(true);
        // Error 42P01 is undefined_table: somebody has dropped the tables. The next write creates them again.
        if (codeOf(error) === "42P01") prepared = undefined;
        throw error;
      }
    },
    async query(query) {
      await prepareOnce();
      const device = await deviceNumberOf(pool, query.device);
      if (device === undefined) return { points: new Float64Array(), led_on: null, switches: [], step: 0 };
      return answerQuery(pool, device, query);
    },
    async readPage(range) {
      await prepareOnce();
      const device = await deviceNumberOf(pool, range.device);
      if (device === undefined)
        return { times: new Float64Array(), lights: new Float32Array(), switches: [], next: range.to };
      return readPage(pool, device, range);
    },
    async readLatest(devices) {
      await prepareOnce();
      return readLatest(pool, devices);
    },
    async forget(device) {
      await prepareOnce();
      await pool.query("UPDATE nightlight.devices SET id = NULL WHERE id = $1", [device]);
      startSweep();
    },
    async retain(changed) {
      currentRetention = changed;
      startSweep();
    },
    async close() {
      clearInterval(timer);
      closing.abort();
      await sweeping;
      await pool.end();
    },
  };
}
