/** Checks of what Redis says of the members of a cluster. They take any answer whatever, and never throw. */
import type { Roll } from "../hub.js";
import type { Renewed } from "../renew-script.js";
import { isPast } from "./values.js";
import { isServerName } from "./words.js";

export interface CheckedRoll {
  readonly roll: Roll;
  /** What stands among the members, and among those that are gone, and is no server: to be deleted. */
  readonly strangers: readonly string[];
  /** Keys that are not as a server writes them: the end of each name. */
  readonly damaged: readonly string[];
}

/**
 * Who takes part. A session at the broker is taken over for each member that is gone, so that any other name there could
 * end the session of somebody else. @param start what the names of servers begin with
 */
export function rollOf(answer: Renewed, start: string): CheckedRoll {
  const [epoch, joined, members, settled, gone, memory, damaged, now] = answer;
  const isServer = (name: string): boolean => isServerName(name, start);
  const epochs = new Map(pairs(settled));
  const leavers = pairs(gone);
  const servers = members.filter(isServer).sort();
  return {
    roll: {
      epoch,
      members: servers,
      joined: joined === 1,
      settled: servers.every((member) => epochs.get(member) === String(epoch)),
      memory,
      time: now,
      gone: new Map(
        leavers
          .filter(([member]) => isServer(member))
          // when it went is not known any more: just now is the safe guess, as nothing newer counts as older then
          .map(([member, time]) => [member, isPast(Number(time), now) && time !== "" ? Number(time) : now]),
      ),
    },
    strangers: [...members, ...leavers.map(([member]) => member)].filter((name) => !isServer(name)),
    damaged,
  };
}

const pairs = (flat: readonly string[]): [string, string][] =>
  Array.from({ length: flat.length / 2 }, (_, n) => [flat[2 * n], flat[2 * n + 1]]);
