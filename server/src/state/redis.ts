import type { Redis } from "ioredis";
import { StartError, textOf } from "../errors.js";
import { redactText } from "../security/redact.js";
import type { Shelf, State } from "./state.js";

/** How long a command may wait for its answer, in ms. */
const PATIENCE = 5000;

/** Between two attempts to reconnect, in ms. */
const RECONNECT_EVERY = 250;

export interface RedisLink {
  /** For commands. */
  readonly redis: Redis;
  /** What keys and channels begin with. */
  readonly namespace: string;
  /** The server, without a password. */
  readonly name: string;
  close(): Promise<void>;
}

/**
 * Joins Redis, which it does again for ever when the connection is lost.
 * @param url redis://user:password@host:port/number, or rediss:// over TLS
 * @param namespace what keys begin with: servers that share it share their state
 * @throws StartError when it cannot be joined
 */
export async function joinRedis(url: string, namespace: string): Promise<RedisLink> {
  const { Redis } = await import("ioredis");
  const { host } = new URL(url);
  const name = `Redis at ${host}`;
  const redis = new Redis(url, {
    lazyConnect: true,
    commandTimeout: PATIENCE,
    // what was asked before a connection was lost may have been done: whoever asked decides whether to ask again
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    // what is asked in one turn of the event loop leaves in one write
    enableAutoPipelining: true,
    retryStrategy: () => RECONNECT_EVERY,
  });
  let last: unknown;
  redis.on("error", (error) => (last = error));
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    throw new StartError(
      `${name} cannot be joined (${redactText(textOf(last ?? error))}); start it, or correct --state.`,
    );
  }
  return {
    redis,
    namespace,
    name,
    async close() {
      await redis.quit().catch(() => redis.disconnect());
    },
  };
}

/**
 * Writes to several hashes in one command of one argument: what comes with each reading would cost more on its way than
 * here. ARGV: what names of hashes begin with; and in lines for each of them its name, how many keys with values follow,
 * and how many keys without. Keys are no keys to the script: Redis Cluster is not for us.
 */
const WRITE = `
local line = string.gmatch(ARGV[2], "([^\\n]*)\\n")
local shelf = line()
while shelf do
  local hash = ARGV[1] .. shelf
  local puts, deletes = tonumber(line()), tonumber(line())
  for _ = 1, puts do
    local key = line()
    redis.call("HSET", hash, key, line())
  end
  for _ = 1, deletes do
    redis.call("HDEL", hash, line())
  end
  shelf = line()
end`;

/** State in Redis: a hash for each shelf. */
export function redisState({ redis, namespace }: RedisLink): State {
  redis.defineCommand("nightlightWrite", { lua: WRITE, numberOfKeys: 0 });
  const run = (redis as unknown as Record<string, (...args: (string | Buffer)[]) => Promise<unknown>>).nightlightWrite;
  return {
    shelf: (name) => shelfIn(redis, `${namespace}:${name}`),
    async write(parts) {
      const lines: (string | number)[] = [];
      for (const { shelf, puts, deletes } of parts) {
        lines.push(shelf, puts.length, deletes.length);
        for (const [key, value] of puts) lines.push(key, JSON.stringify(value));
        lines.push(...deletes);
      }
      lines.push("");
      // bytes: a string of so many pieces would be put together anew on its way
      await run.call(redis, `${namespace}:`, Buffer.from(lines.join("\n")));
    },
    async close() {},
  };
}

function shelfIn(redis: Redis, hash: string): Shelf {
  return {
    async get(key) {
      const text = await redis.hget(hash, key);
      return text === null ? undefined : JSON.parse(text);
    },
    async entries() {
      const found = Object.entries(await redis.hgetall(hash));
      return new Map(found.map(([key, text]) => [key, JSON.parse(text) as unknown]));
    },
    async write(puts, deletes = []) {
      const fields = puts.flatMap(([key, value]) => [key, JSON.stringify(value)]);
      if (fields.length > 0 && deletes.length > 0)
        await redis
          .multi()
          .hset(hash, ...fields)
          .hdel(hash, ...deletes)
          .exec();
      else if (fields.length > 0) await redis.hset(hash, ...fields);
      else if (deletes.length > 0) await redis.hdel(hash, ...deletes);
    },
  };
}
