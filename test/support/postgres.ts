import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { endChild } from "./end-child.js";
import { eventually } from "./eventually.js";
import { freePort } from "./free-port.js";
import { POSTGRES } from "./programs.js";

/** A running PostgreSQL on a free loopback port. */
export interface Postgres {
  /** Creates an empty database and returns its URL, with a superuser. */
  createDatabase(): Promise<string>;
  /** Stops PostgreSQL immediately with SIGQUIT, without a shutdown checkpoint. */
  kill(): Promise<void>;
  /** Restarts PostgreSQL on the same port, with its stored data. */
  start(): Promise<void>;
  /** Stops PostgreSQL and deletes its files. */
  remove(): Promise<void>;
}

/** Returns the user for PostgreSQL, which refuses to run as root: root switches to the package's user. */
function findPostgresAccount(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const readId = (flag: string): number => Number(spawnSync("id", [flag, "postgres"], { encoding: "utf8" }).stdout);
  return { uid: readId("-u"), gid: readId("-g") };
}

const DATABASE_USER = "nightlight";

/** Starts PostgreSQL with an empty cluster. */
export async function startPostgres(): Promise<Postgres> {
  if (!POSTGRES) throw new Error("PostgreSQL is not installed: apt-get install postgresql");
  const server = POSTGRES.replace(/initdb$/, "postgres");
  const folder = await mkdtemp(path.join(tmpdir(), "nightlight-postgres-"));
  const cluster = path.join(folder, "cluster");
  const options = { cwd: folder, ...findPostgresAccount() };
  if (options.uid !== undefined) await chown(folder, options.uid, options.gid!);
  const made = spawnSync(POSTGRES, ["-D", cluster, "-U", DATABASE_USER, "-A", "trust", "-N", "-E", "UTF8"], options);
  if (made.status !== 0) throw new Error(`initdb failed: ${String(made.stderr)}`);
  const port = await freePort();
  let child: ChildProcess | undefined;
  let databases = 0;

  async function endWithSignal(signal: NodeJS.Signals): Promise<void> {
    const running = child;
    child = undefined;
    await endChild(running, signal);
  }

  const urlOf = (database: string): string => `postgres://${DATABASE_USER}@127.0.0.1:${port}/${database}`;

  async function executeSql(sql: string): Promise<void> {
    const client = new pg.Client({ connectionString: urlOf("postgres") });
    client.on("error", () => {});
    try {
      await client.connect();
      await client.query(sql);
    } finally {
      await client.end();
    }
  }

  async function start(): Promise<void> {
    // turns fsync off, because test data need not survive a crash of the machine
    const settings = ["fsync=off", "listen_addresses=127.0.0.1", `port=${port}`, "unix_socket_directories=", "max_connections=60"]; // prettier-ignore
    const flags = ["-D", cluster, ...settings.flatMap((one) => ["-c", one])];
    child = spawn(server, flags, { ...options, stdio: "ignore" });
    await eventually(() => executeSql("SELECT 1").then(() => true), {
      within: 30_000,
      every: 50,
      what: "PostgreSQL to answer",
    });
  }

  await start();
  return {
    async createDatabase() {
      const name = `test_${++databases}`;
      await executeSql(`CREATE DATABASE ${name}`);
      return urlOf(name);
    },
    start,
    kill: () => endWithSignal("SIGQUIT"),
    async remove() {
      await endWithSignal("SIGINT");
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
