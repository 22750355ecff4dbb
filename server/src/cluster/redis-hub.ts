import type { Redis } from "ioredis";
import type { RedisLink } from "../state/redis.js";
import type { Hub, Roll } from "./hub.js";

/**
 * KEYS: members (by the end of their lease), settled (by member), epoch, gone (by member), clock (when a lease was renewed last).
 * ARGV: member, lease, settled, prefix of channels, channel of changes. All of it is one step to everybody else.
 * Leases begin anew when Redis's clock was set back, and when all are over: then it was set forward, or nobody was there.
 * A process that ends is known by its channel at once, as nobody listens to it; a machine that ends, by its lease.
 */
const RENEW = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local me = ARGV[1]
local changed = false
local known = redis.call("ZRANGE", KEYS[1], 0, -1, "WITHSCORES")
local latest = tonumber(known[#known] or 0)
local set = now < tonumber(redis.call("GET", KEYS[5]) or 0) or latest <= now
redis.call("SET", KEYS[5], now)
for i = 1, #known, 2 do
  local member = known[i]
  local over = not set and tonumber(known[i + 1]) <= now
  if set then redis.call("ZADD", KEYS[1], now + ARGV[2], member) end
  if over or (member ~= me and redis.call("PUBSUB", "NUMSUB", ARGV[4] .. member)[2] == 0) then
    redis.call("ZREM", KEYS[1], member)
    redis.call("HDEL", KEYS[2], member)
    redis.call("HSET", KEYS[4], member, now)
    changed = true
  end
end
local joined = 0
if not redis.call("ZSCORE", KEYS[1], me) then
  joined = 1
  changed = true
  redis.call("HDEL", KEYS[4], me)
end
redis.call("ZADD", KEYS[1], now + ARGV[2], me)
if changed then redis.call("INCR", KEYS[3]) end
if redis.call("HGET", KEYS[2], me) ~= ARGV[3] then
  redis.call("HSET", KEYS[2], me, ARGV[3])
  changed = true
end
if changed then redis.call("PUBLISH", ARGV[5], me) end
return { redis.call("GET", KEYS[3]), joined, redis.call("ZRANGE", KEYS[1], 0, -1), redis.call("HGETALL", KEYS[2]), redis.call("HGETALL", KEYS[4]), now }`;

const LEAVE = `
local time = redis.call("TIME")
if redis.call("ZREM", KEYS[1], ARGV[1]) == 1 then
  redis.call("HDEL", KEYS[2], ARGV[1])
  redis.call("HSET", KEYS[4], ARGV[1], time[1] * 1000 + math.floor(time[2] / 1000))
  redis.call("INCR", KEYS[3])
  redis.call("PUBLISH", ARGV[5], ARGV[1])
end`;

type Answer = [epoch: string, joined: number, members: string[], settled: string[], gone: string[], time: number];

/** A hub in Redis: members in a sorted set, messages by publishing. @param me names this server */
export function redisHub({ redis, namespace }: RedisLink, me: string): Hub {
  const keys = ["members", "settled", "epoch", "gone", "clock"].map((name) => `${namespace}:${name}`);
  const channels = `${namespace}:to:`;
  const changes = `${namespace}:changes`;
  let listener: Redis | undefined;

  return {
    async listen({ told, changed, deaf }) {
      const subscriber = (listener = redis.duplicate({ enableOfflineQueue: true, commandTimeout: undefined }));
      subscriber.on("error", () => {});
      subscriber.on("close", deaf);
      subscriber.on("ready", () => changed());
      subscriber.on("messageBuffer", (channel: Buffer, word: Buffer) =>
        channel.toString() === changes ? changed() : told(word),
      );
      await subscriber.subscribe(channels + me, changes);
    },
    async renew(lease, settled) {
      const answer = (await redis.eval(RENEW, keys.length, ...keys, me, lease, settled, channels, changes)) as Answer;
      return rollOf(answer);
    },
    async stir() {
      await redis.multi().incr(`${namespace}:epoch`).publish(changes, me).exec();
    },
    async leave() {
      await redis.eval(LEAVE, keys.length, ...keys, me, 0, 0, channels, changes);
    },
    async emptied(member) {
      await redis.multi().hdel(`${namespace}:gone`, member).publish(changes, me).exec();
    },
    send: async (to, word) => (await redis.publish(channels + to, word)) > 0,
    async close() {
      listener?.removeAllListeners("close");
      listener?.disconnect();
    },
  };
}

function rollOf([epoch, joined, members, settled, gone, time]: Answer): Roll {
  const epochs = new Map(pairs(settled));
  return {
    epoch: Number(epoch),
    members: members.toSorted(),
    joined: joined === 1,
    settled: members.every((member) => epochs.get(member) === epoch),
    gone: new Map(pairs(gone).map(([member, time]) => [member, Number(time)])),
    time,
  };
}

const pairs = (flat: readonly string[]): [string, string][] =>
  Array.from({ length: flat.length / 2 }, (_, n) => [flat[2 * n], flat[2 * n + 1]]);
