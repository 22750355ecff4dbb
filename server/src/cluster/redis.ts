import type { Redis } from "ioredis";
import { StartError, textOf } from "../common/errors.js";
import { redactText } from "../security/redact.js";
import type { Collection, CollectionWrite, StateStore } from "../storage/state.js";

/** How long a command may wait for its answer, in ms. */
const PATIENCE = 5000;

/** The longest JSON text that is read of one value, in characters. The longest that a server writes is about 1,600. */
const MAX_VALUE = 8192;

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
 * A key of another type is none that a server wrote, and would keep all others of the batch from being stored: it is
 * deleted. Returns the names of those.
 */
const WRITE = `
local deleted = {}
local function write(hash, ...)
  local answer = redis.pcall(...)
  if type(answer) ~= "table" or not answer.err then return end
  if not string.find(answer.err, "WRONGTYPE", 1, true) then error(answer.err) end
  redis.call("DEL", hash)
  deleted[#deleted + 1] = hash
  redis.call(...)
end
local line = string.gmatch(ARGV[2], "([^\\n]*)\\n")
local shelf = line()
while shelf do
  local hash = ARGV[1] .. shelf
  local puts, deletes = tonumber(line()), tonumber(line())
  for _ = 1, puts do
    local key = line()
    write(hash, "HSET", hash, key, line())
  end
  for _ = 1, deletes do
    write(hash, "HDEL", hash, line())
  end
  shelf = line()
end
return deleted`;

/** Told of what a server cannot have written: the key in Redis, and what is wrong with it. */
export type Damaged = (key: string, problem: string) => void;

const WRONG_TYPE = "it is no hash";

/**
 * State in Redis: a hash for each shelf. What is damaged there counts as not there.
 * @param damaged told of it each time that it is read
 */
export function redisState({ redis, namespace }: RedisLink, damaged: Damaged): StateStore {
  redis.defineCommand("nightlightWrite", { lua: WRITE, numberOfKeys: 0 });
  const run = (redis as unknown as Record<string, (...args: (string | Buffer)[]) => Promise<unknown>>).nightlightWrite;

  const write = async (parts: readonly CollectionWrite[]): Promise<void> => {
    const lines: (string | number)[] = [];
    for (const { collection, puts, deletes } of parts) {
      lines.push(collection, puts.length, deletes.length);
      for (const [key, value] of puts) lines.push(key, JSON.stringify(value));
      lines.push(...deletes);
    }
    lines.push("");
    // bytes: a string of so many pieces would be put together anew on its way
    const deleted = await run.call(redis, `${namespace}:`, Buffer.from(lines.join("\n")));
    for (const key of deleted as string[]) damaged(key, `${WRONG_TYPE}; it was deleted`);
  };

  function collection(name: string): Collection {
    const hash = `${namespace}:${name}`;

    /** Undefined when it is damaged. */
    function parse(key: string, text: string): unknown {
      try {
        if (text.length <= MAX_VALUE) return JSON.parse(text);
        damaged(hash, `field ${key} has ${text.length} characters`);
      } catch {
        damaged(hash, `field ${key} is not JSON`);
      }
      return undefined;
    }

    return {
      async get(key) {
        const text = await redis.hget(hash, key).catch(unlessWrongType(hash, null));
        return text === null ? undefined : parse(key, text);
      },
      async entries() {
        const found = await redis.hgetall(hash).catch(unlessWrongType(hash, {}));
        const entries = new Map<string, unknown>();
        for (const [key, text] of Object.entries(found)) {
          const value = parse(key, text);
          if (value !== undefined) entries.set(key, value);
        }
        return entries;
      },
      write: (puts, deletes = []) => write([{ collection: name, puts, deletes }]),
    };
  }

  function unlessWrongType<T>(hash: string, instead: T): (error: unknown) => T {
    return (error) => {
      if (!textOf(error).startsWith("WRONGTYPE")) throw error;
      damaged(hash, WRONG_TYPE);
      return instead;
    };
  }

  return { collection, write, async close() {} };
}
