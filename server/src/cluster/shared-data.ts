import type { DataFolder } from "../data.js";
import { zoneId } from "../link/scope.js";
import type { State } from "../state/state.js";
import { discoveryTopicProblem } from "./checks/stored.js";
import { KIND, type Records } from "./records.js";

/** Where devices were announced to Home Assistant. */
const DISCOVERY = "discovery";

/**
 * What a data folder remembers of devices and zones, where all servers find it. What is this server's own stays in its
 * folder. Nothing is there at the start: devices and zones come with the parts that this server gets.
 * @param damaged told of what is there that no server stores
 */
export async function sharedData(
  folder: DataFolder,
  state: State,
  records: Records,
  prefix: string,
  damaged: (shelf: string, problem: string) => void,
): Promise<DataFolder> {
  const discovery = state.shelf(DISCOVERY);
  const topics = [...(await discovery.entries()).keys()].filter((topic) => {
    const problem = discoveryTopicProblem(topic);
    if (problem) damaged(DISCOVERY, `field ${topic}: ${problem}`);
    return !problem;
  });
  return {
    ...folder,
    overrides: new Map(),
    zoneOverrides: new Map(),
    actions: new Map(),
    setOverride: (id, override) => records.put(id, KIND.override + id, override.mode === "auto" ? undefined : override),
    setZoneOverride: (zone, override) =>
      records.put(zoneId(prefix, zone), KIND.zoneOverride + zone, override.mode === "auto" ? undefined : override),
    setActions: (id, actions) => records.put(id, KIND.actions + id, actions),
    async forget(id) {
      await Promise.all([KIND.override, KIND.actions].map((kind) => records.put(id, kind + id, undefined)));
    },
    discovery: {
      topics,
      remember: (topics) => discovery.write(topics.map((topic) => [topic, true])),
      forget: (topic) => discovery.write([], [topic]),
    },
  };
}
