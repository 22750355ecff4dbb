/** Applies a change of settings to the data of the configuration file. */
import type { SettingsChange } from "../../http/settings/source.js";
import { isMapping, type Mapping } from "../paths.js";
import type { Path } from "../problems.js";

/** Returns the data of the file after a change. Does not modify `data`. */
export function applyChange(data: Mapping, change: SettingsChange): Mapping {
  switch (change.kind) {
    case "merge":
      return (mergePatch(data, change.values, []) ?? {}) as Mapping;
    case "replace": {
      const [kind, name] = change.path;
      const members = entriesOf(data[kind]).filter(([key]) => key !== name || change.values !== undefined);
      const values = change.values && (mergePatch({}, change.values, change.path) ?? {});
      return withEntry(data, kind, values ? withEntry(Object.fromEntries(members), name, values) : members.length > 0 ? Object.fromEntries(members) : undefined); // prettier-ignore
    }
    case "rename": {
      const members = entriesOf(data.zones).map(([key, zone]) => [key === change.zone ? change.name : key, zone]);
      return withEntry(data, "zones", Object.fromEntries(members));
    }
  }
}

const entriesOf = (value: unknown): [string, unknown][] => Object.entries(isMapping(value) ? value : {});

/**
 * Returns a copy of a mapping with a new value for one entry, which keeps its position. Undefined removes the entry.
 */
function withEntry(mapping: Mapping, name: string, value: unknown): Mapping {
  const entries = Object.entries(mapping);
  const changed = entries.some(([key]) => key === name)
    ? entries.map(([key, old]) => [key, key === name ? value : old] as const)
    : [...entries, [name, value] as const];
  return Object.fromEntries(changed.filter(([, one]) => one !== undefined));
}

/**
 * Merges a patch into a value by RFC 7396; null removes a setting. Also removes a mapping that has lost its last
 * setting. Zones and their hours stay, so that the schema can report their missing settings.
 */
function mergePatch(target: unknown, patch: unknown, path: Path): unknown {
  if (patch === null) return undefined;
  if (!isMapping(patch)) return patch;
  let result: Mapping = isMapping(target) ? target : {};
  for (const [key, value] of Object.entries(patch)) {
    const before = Object.hasOwn(result, key) ? result[key] : undefined;
    result = withEntry(result, key, mergePatch(before, value, [...path, key]));
  }
  const isNeeded = path[0] === "zones" && path.length >= 2;
  return Object.keys(result).length > 0 || isNeeded ? result : undefined;
}

/** Lists the paths that a change sets or deletes. */
export function touchedPathsOf(change: SettingsChange): Path[] {
  if (change.kind === "merge") return leafPathsOf(change.values, []);
  return [change.kind === "replace" ? change.path : ["zones", change.zone]];
}

function leafPathsOf(values: Mapping, above: Path): Path[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const path = [...above, key];
    const isZoneOrDevice = path.length === 2 && (path[0] === "zones" || path[0] === "devices");
    return isMapping(value) && Object.keys(value).length > 0 && !isZoneOrDevice ? leafPathsOf(value, path) : [path];
  });
}
