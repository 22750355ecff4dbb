import type { Redis } from "ioredis";
import { StartError, textOf } from "../common/errors.js";
import { redactText } from "../security/redact.js";
import type { Collection, CollectionWrite, StateStore } from "../storage/state.js";

/** The timeout of a Redis command, in ms. A command without an answer fails after this time. */
const COMMAND_TIMEOUT = 5000;

/**
 * The longest value to accept from Redis, in characters. Servers write values of up to about 1,600 characters, so a
 * value above this limit counts as damaged.
 */
const MAX_VALUE_LENGTH = 8192;

/** The pause between two attempts to reconnect, in ms. */
const RECONNECT_INTERVAL = 250;

export interface RedisLink {
  /** The connection to Redis on which commands are sent. */
  readonly redis: Redis;
  /** The prefix of keys and channels. */
  readonly namespace: string;
  /** The address of the Redis server without a password, for messages. */
  readonly name: string;
  close(): Promise<void>;
}

/**
 * Connects to Redis, and reconnects whenever the connection is lost.
 * @param url redis://user:password@host:port/number, or rediss:// over TLS
 * @param namespace the prefix of keys; servers with the same prefix share their state
 * @throws StartError if Redis cannot be reached
 */
export async function joinRedis(url: string, namespace: string): Promise<RedisLink> {
  const { Redis } = await import("ioredis");
  const { host } = new URL(url);
  const name = `Redis at ${host}`;
  const redis = new Redis(url, {
    lazyConnect: true,
    commandTimeout: COMMAND_TIMEOUT,
    // Never retry commands automatically. Redis may have executed a command before the connection was lost, so the
    // caller decides whether to repeat it.
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    // Send all commands of one turn of the event loop in one write.
    enableAutoPipelining: true,
    retryStrategy: () => RECONNECT_INTERVAL,
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
 * Lua script that writes to several hashes. All values are in one argument, which is faster than one argument per
 * value.
 *
 * ARGV[1] is the prefix of the hash names. ARGV[2] contains lines. For each hash they are: the name, the number of
 * fields to set, the number of fields to delete, the fields with their values, and the fields to delete. The script
 * declares no KEYS, so it does not support Redis Cluster.
 *
 * A Redis key that is not a hash would make the whole batch fail, so the script deletes such a key. Returns the deleted
 * keys.
 */
const WRITE_SCRIPT = `
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
local collection = line()
while collection do
  local hash = ARGV[1] .. collection
  local puts, deletes = tonumber(line()), tonumber(line())
  for _ = 1, puts do
    local key = line()
    write(hash, "HSET", hash, key, line())
  end
  for _ = 1, deletes do
    write(hash, "HDEL", hash, line())
  end
  collection = line()
end
return deleted`;

/** Reports a damaged Redis key. @param problem the mistake in the data of the key */
export type ReportDamagedKey = (key: string, problem: string) => void;

const WRONG_TYPE_PROBLEM = "it is no hash";

/**
 * Creates a state store in Redis, with one hash for each collection. Damaged values count as missing.
 * @param damaged called each time that a damaged value is read
 */
export function createRedisState({ redis, namespace }: RedisLink, damaged: ReportDamagedKey): StateStore {
  redis.defineCommand("nightlightWrite", { lua: WRITE_SCRIPT, numberOfKeys: 0 });
  const runWriteScript = (redis as unknown as Record<string, (...args: (string | Buffer)[]) => Promise<unknown>>)
    .nightlightWrite;

  const writeParts = async (parts: readonly CollectionWrite[]): Promise<void> => {
    const lines: (string | number)[] = [];
    for (const { collection, puts, deletes } of parts) {
      lines.push(collection, puts.length, deletes.length);
      for (const [key, value] of puts) lines.push(key, JSON.stringify(value));
      lines.push(...deletes);
    }
    lines.push("");
    // Send the text as a buffer, because the Redis client is slower with a concatenated string.
    const deleted = await runWriteScript.call(redis, `${namespace}:`, Buffer.from(lines.join("\n")));
    for (const key of deleted as string[]) damaged(key, `${WRONG_TYPE_PROBLEM}; it was deleted`);
  };

  function collection(name: string): Collection {
    const hash = `${namespace}:${name}`;

    /** Parses a stored value. Reports a damaged value and returns undefined. */
    function parse(key: string, text: string): unknown {
      try {
        if (text.length <= MAX_VALUE_LENGTH) return JSON.parse(text);
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
      write: (puts, deletes = []) => writeParts([{ collection: name, puts, deletes }]),
    };
  }

  function unlessWrongType<T>(hash: string, instead: T): (error: unknown) => T {
    return (error) => {
      if (!textOf(error).startsWith("WRONGTYPE")) throw error;
      damaged(hash, WRONG_TYPE_PROBLEM);
      return instead;
    };
  }

  return { collection, write: writeParts, async close() {} };
}
