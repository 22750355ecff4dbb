import type { Redis } from "ioredis";
import { StartError, textOf } from "../errors.js";
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
    throw new StartError(`${name} cannot be joined (${textOf(last ?? error)}); start it, or correct --state.`);
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
 * Writes to several hashes in one command: what comes with each reading would cost more on its way than here. KEYS: the
 * hashes; ARGV: for each how many keys with values follow, and how many keys without.
 */
const WRITE = `
local at = 1
for _, hash in ipairs(KEYS) do
  local puts, deletes = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
  at = at + 2
  for _ = 1, puts do
    redis.call("HSET", hash, ARGV[at], ARGV[at + 1])
    at = at + 2
  end
  for _ = 1, deletes do
    redis.call("HDEL", hash, ARGV[at])
    at = at + 1
  end
end`;

/** State in Redis: a hash for each shelf. */
export function redisState({ redis, namespace }: RedisLink): State {
  redis.defineCommand("nightlightWrite", { lua: WRITE });
  const run = (redis as unknown as Record<string, (...args: (string | number)[]) => Promise<unknown>>).nightlightWrite;
  return {
    shelf: (name) => shelfIn(redis, `${namespace}:${name}`),
    async write(parts) {
      const keys = parts.map(({ shelf }) => `${namespace}:${shelf}`);
      const values: (string | number)[] = [];
      for (const { puts, deletes } of parts) {
        values.push(puts.length, deletes.length);
        for (const [key, value] of puts) values.push(key, JSON.stringify(value));
        values.push(...deletes);
      }
      await run.call(redis, keys.length, ...keys, ...values);
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
