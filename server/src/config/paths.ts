import path from "node:path";

/** Part of a configuration: the values of settings, by key. */
export type Mapping = Readonly<Record<string, unknown>>;

export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Settings that are paths of files or folders. */
const PATH_SETTINGS = new Set(
  "data tls.cert tls.key tls.client_ca broker.password_file alerts.webhook_authorization_file alerts.ntfy_token_file updates.folder".split(
    " ",
  ),
);

/**
 * Makes relative paths in settings absolute.
 * @param folder the base folder of relative paths
 */
export function resolvePaths(settings: unknown, folder: string, above = ""): unknown {
  if (!isMapping(settings)) return settings;
  const entries = Object.entries(settings).map(([key, value]) => {
    const at = above + key;
    if (PATH_SETTINGS.has(at) && typeof value === "string") return [key, path.resolve(folder, value)];
    return [key, above ? value : resolvePaths(value, folder, `${at}.`)];
  });
  return Object.fromEntries(entries);
}

/** Removes settings with the value undefined, at every level. */
export function removeUndefined(settings: unknown): unknown {
  if (!isMapping(settings)) return settings;
  const entries = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([key, value]) => [key, removeUndefined(value)]));
}

/**
 * Converts a value of the file to text. A list or a mapping becomes "a list or mapping", because String() would call
 * the key `toString` of a mapping.
 */
export function toScalarText(value: unknown): string {
  return typeof value === "object" && value !== null ? "a list or mapping" : String(value);
}
