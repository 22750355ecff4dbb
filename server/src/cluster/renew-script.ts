/**
 * Lua script that atomically renews the lease of a member and returns the membership.
 *
 * KEYS: members (sorted set by the end of their lease), settled epochs (by member), epoch, former members, and memory
 * (the identifier of Redis's data, with the time of the last renewal).
 *
 * ARGV: member, lease, settled epoch, channel prefix, channel for changes, the epoch and the members (one per line)
 * that the member knows, and a new identifier for the memory in case there is none.
 * - When a process ends, its subscription to its channel ends. The script notices this immediately. When a machine
 *   fails, its lease expires.
 * - The script renews all leases if Redis's clock was set back, or if all leases have expired, because the
 *   clock was set forward or no server was running.
 * - The script deletes damaged data: a key of the wrong type, or an epoch that is not a number. A lease of more than
 *   ten minutes is replaced by one of the usual length.
 * - Redis has lost data if its memory has no identifier, if Redis has restarted, or if a member knows a later epoch.
 *   The script then restores the members that the calling member knows, and gives each a full lease. Members that do not
 *   renew their lease have left. Right after a restart of Redis no server is subscribed, so a missing subscription does
 *   not count as a failure.
 *
 * Returns the epoch, whether the member is new, members, settled epochs, former members, the identifier of the memory,
 * deleted keys and the time.
 */
export const RENEW_SCRIPT = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local me, lease, known = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[6])
if known > 999999999999999 then known = 0 end
local changed = false
local damaged = {}
local function only(key, kind)
  local found = redis.call("TYPE", key).ok
  if found == kind or found == "none" then return end
  redis.call("DEL", key)
  damaged[#damaged + 1] = key
end
only(KEYS[1], "zset")
only(KEYS[2], "hash")
only(KEYS[3], "string")
only(KEYS[4], "hash")
only(KEYS[5], "hash")
local text = redis.call("GET", KEYS[3]) or "0"
local epoch = #text < 16 and string.match(text, "^%d+$") and tonumber(text)
if not epoch then
  damaged[#damaged + 1] = KEYS[3]
  epoch = 0
  changed = true
end
local info = redis.pcall("INFO", "server")
local run = type(info) == "string" and string.match(info, "run_id:(%w+)") or ""
local memory = redis.call("HMGET", KEYS[5], "name", "run", "time")
if not memory[1] or memory[2] ~= run or known > epoch then
  if known > epoch then
    redis.call("DEL", KEYS[1])
    epoch = known
    for member in string.gmatch(ARGV[7], "[^\\n]+") do
      redis.call("ZADD", KEYS[1], now + lease, member)
    end
  else
    for _, member in ipairs(redis.call("ZRANGE", KEYS[1], 0, -1)) do
      redis.call("ZADD", KEYS[1], now + lease, member)
    end
  end
  redis.call("DEL", KEYS[2])
  memory[1] = ARGV[8]
  redis.call("HSET", KEYS[5], "name", memory[1], "run", run)
  changed = true
end
local all = redis.call("ZRANGE", KEYS[1], 0, -1, "WITHSCORES")
local set = now < (tonumber(memory[3] or "") or 0) or tonumber(all[#all] or 0) <= now
redis.call("HSET", KEYS[5], "time", now)
for i = 1, #all, 2 do
  local member, ends = all[i], tonumber(all[i + 1])
  local heard = redis.call("HEXISTS", KEYS[2], member) == 1
  if (ends <= now and not set) or (member ~= me and heard and redis.call("PUBSUB", "NUMSUB", ARGV[4] .. member)[2] == 0) then
    redis.call("ZREM", KEYS[1], member)
    redis.call("HDEL", KEYS[2], member)
    redis.call("HSET", KEYS[4], member, now)
    changed = true
  elseif set or ends > now + 600000 then
    redis.call("ZADD", KEYS[1], now + lease, member)
  end
end
local joined = 0
if not redis.call("ZSCORE", KEYS[1], me) then
  joined = 1
  changed = true
  redis.call("HDEL", KEYS[4], me)
end
redis.call("ZADD", KEYS[1], now + lease, me)
if changed then
  epoch = epoch + 1
  redis.call("SET", KEYS[3], string.format("%.0f", epoch))
end
if redis.call("HGET", KEYS[2], me) ~= ARGV[3] then
  redis.call("HSET", KEYS[2], me, ARGV[3])
  changed = true
end
if changed then redis.call("PUBLISH", ARGV[5], me) end
return { epoch, joined, redis.call("ZRANGE", KEYS[1], 0, -1), redis.call("HGETALL", KEYS[2]),
  redis.call("HGETALL", KEYS[4]), memory[1], damaged, now }`;

/** The reply of the Lua script that renews a lease. */
export type RenewReply = [
  epoch: number,
  joined: number,
  members: string[],
  settled: string[],
  gone: string[],
  memory: string,
  damaged: string[],
  time: number,
];
