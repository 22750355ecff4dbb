/** Creates JSON Merge Patches (RFC 7396) from changes of settings. Does not use the DOM. */

/** The new value of a setting; null returns it to its default. */
export interface SettingEdit {
  readonly path: readonly string[];
  readonly value: unknown;
}

type Mapping = Record<string, unknown>;

/**
 * Creates a JSON Merge Patch that gives each setting exactly its new value. Omits settings inside a mapping that another
 * edit turns off.
 * @param valueNow returns the value that the file gives a setting now; undefined if it has its default
 */
export function createMergePatch(
  edits: readonly SettingEdit[],
  valueNow: (path: readonly string[]) => unknown,
): Mapping {
  const patch = createMapping();
  for (const { path, value } of edits) {
    const parent = path.slice(0, -1).reduce<Mapping | undefined>(ensureMapping, patch);
    if (parent) parent[path.at(-1)!] = createReplacement(value, valueNow(path));
  }
  return patch;
}

/** Returns the mapping under a key, and creates it if necessary; undefined if it is turned off. */
function ensureMapping(outer: Mapping | undefined, key: string): Mapping | undefined {
  if (!outer || outer[key] === false) return undefined;
  if (!isMapping(outer[key])) outer[key] = createMapping();
  return outer[key] as Mapping;
}

/** Returns a patch that replaces `before` by `value`. For mappings, the patch also removes keys that `value` lacks. */
function createReplacement(value: unknown, before: unknown): unknown {
  if (!isMapping(value) || !isMapping(before)) return value;
  const patch = createMapping();
  for (const key of Object.keys(before)) patch[key] = null;
  for (const [key, inner] of Object.entries(value)) patch[key] = createReplacement(inner, before[key]);
  return patch;
}

/** Creates a mapping without a prototype, because a zone may have a name such as `constructor`. */
const createMapping = (): Mapping => Object.create(null) as Mapping;

const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value);
