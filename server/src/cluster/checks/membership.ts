/** Validates Redis's answers about the members of the cluster. The functions accept any answer and never throw. */
import type { MembershipView } from "../hub.js";
import type { RenewReply } from "../renew-script.js";
import { isPastTime } from "./values.js";
import { isServerName } from "./peer-messages.js";

export interface CheckedMembership {
  readonly view: MembershipView;
  /** Invalid names of members and former members, which must be deleted from Redis. */
  readonly invalidNames: readonly string[];
  /** Damaged Redis keys that the renew script has deleted, for the log. */
  readonly damagedKeys: readonly string[];
}

/**
 * Validates the membership and separates invalid names. Servers drain the session of every former member, so a wrong
 * name would end the session of an unrelated client.
 * @param start the prefix of server names
 */
export function checkMembership(answer: RenewReply, start: string): CheckedMembership {
  const [epoch, joined, members, settled, gone, memory, damagedKeys, now] = answer;
  const isServer = (name: string): boolean => isServerName(name, start);
  const epochs = new Map(toPairs(settled));
  const leavers = toPairs(gone);
  const servers = members.filter(isServer).sort();
  return {
    view: {
      epoch,
      members: servers,
      joined: joined === 1,
      allReleased: servers.every((member) => epochs.get(member) === String(epoch)),
      memory,
      time: now,
      undrained: new Map(
        leavers
          .filter(([member]) => isServer(member))
          // Replace a damaged time by the present time, so that no reading counts as older than it is.
          .map(([member, time]) => [member, isPastTime(Number(time), now) && time !== "" ? Number(time) : now]),
      ),
    },
    invalidNames: [...members, ...leavers.map(([member]) => member)].filter((name) => !isServer(name)),
    damagedKeys,
  };
}

const toPairs = (flat: readonly string[]): [string, string][] =>
  Array.from({ length: flat.length / 2 }, (_, n) => [flat[2 * n], flat[2 * n + 1]]);
