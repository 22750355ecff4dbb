import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import type { ReportDamagedKey, RedisLink } from "./redis.js";
import { checkMembership } from "./checks/membership.js";
import type { Hub } from "./hub.js";
import { RENEW_SCRIPT, type RenewReply } from "./renew-script.js";

const LEAVE_SCRIPT = `
local time = redis.call("TIME")
if redis.call("ZREM", KEYS[1], ARGV[1]) == 1 then
  redis.call("HDEL", KEYS[2], ARGV[1])
  redis.call("HSET", KEYS[4], ARGV[1], time[1] * 1000 + math.floor(time[2] / 1000))
  redis.call("INCR", KEYS[3])
  redis.call("PUBLISH", ARGV[5], ARGV[1])
end`;

export interface RedisHubOptions {
  /** The name of this server. */
  readonly me: string;
  /** The prefix of all server names. */
  readonly start: string;
  /** Called with each damaged key that was deleted from Redis. */
  readonly reportDamage: ReportDamagedKey;
}

/** Creates a hub in Redis. A sorted set stores the members, and publish/subscribe carries the messages. */
export function createRedisHub({ redis, namespace }: RedisLink, { me, start, reportDamage }: RedisHubOptions): Hub {
  const keys = ["members", "settled", "epoch", "gone", "memory"].map((name) => `${namespace}:${name}`);
  const [members, , , gone] = keys;
  const channels = `${namespace}:to:`;
  const changes = `${namespace}:changes`;
  let listener: Redis | undefined;

  async function removeInvalidNames(invalidNames: readonly string[]): Promise<void> {
    for (const name of invalidNames)
      reportDamage(`${namespace}:members or :gone`, `${name} is no server; it was deleted`);
    if (invalidNames.length > 0)
      await redis
        .multi()
        .zrem(members, ...invalidNames)
        .hdel(gone, ...invalidNames)
        .exec();
  }

  return {
    async listen({ message, changed, unsubscribed }) {
      const subscriber = (listener = redis.duplicate({ autoResubscribe: false, commandTimeout: undefined }));
      subscriber.on("error", () => {});
      subscriber.on("close", unsubscribed);
      subscriber.on("messageBuffer", (channel: Buffer, bytes: Buffer) =>
        channel.toString() === changes ? changed() : message(bytes),
      );
      await new Promise<void>((resolve, reject) => {
        subscriber.on("ready", () => {
          subscriber.subscribe(channels + me, changes).then(
            () => {
              changed();
              resolve();
            },
            () => subscriber.disconnect(true),
          );
        });
        subscriber.connect().catch(reject);
      });
    },
    async renew(lease, settled, known = { epoch: 0, members: [] }) {
      const values = [me, lease, settled, channels, changes, known.epoch, known.members.join("\n"), randomUUID()];
      const answer = (await redis.eval(RENEW_SCRIPT, keys.length, ...keys, ...values)) as RenewReply;
      const checked = checkMembership(answer, start);
      for (const key of checked.damagedKeys) reportDamage(key, "it is not as servers write it; it was deleted");
      await removeInvalidNames(checked.invalidNames);
      return checked.view;
    },
    async bumpEpoch() {
      await redis.multi().incr(`${namespace}:epoch`).publish(changes, me).exec();
    },
    async leave() {
      await redis.eval(LEAVE_SCRIPT, keys.length, ...keys, me, 0, 0, channels, changes);
    },
    async sessionDrained(member) {
      await redis.multi().hdel(gone, member).publish(changes, me).exec();
    },
    send: async (to, message) => (await redis.publish(channels + to, message)) > 0,
    async close() {
      listener?.removeAllListeners("close");
      listener?.disconnect();
    },
  };
}
