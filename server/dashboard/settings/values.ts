/** Reads values out of versions of the settings, and compares them. */

import type { Conflict, SettingDescription, SettingsVersion } from "./client.js";

/** Returns the value that the file gives a setting; undefined if it has its default. */
export function ownValue({ view }: SettingsVersion, path: readonly string[]): unknown {
  const [kind, ...rest] = path;
  if (kind === "zones" || kind === "devices") return valueAtPath(view[kind], rest);
  const setting = view.settings.find((one) => one.path.join() === path.join());
  return setting === undefined || setting.origin.from === "default" ? undefined : setting.value;
}

/** Returns whether somebody else has changed a setting. Masked secrets look equal, so the server reports changed ones. */
export function hasChanged(path: readonly string[], base: SettingsVersion, { version, changed }: Conflict): boolean {
  if (!isSameValue(ownValue(base, path), ownValue(version, path))) return true;
  if (!version.view.settings.some((one) => one.secret && one.path.join() === path.join())) return false;
  return changed === null || changed.some((one) => one.path.every((key, i) => path[i] === key));
}

/** Returns the effective value of a setting that belongs to no zone and no device. */
export function valueOf({ view }: SettingsVersion, path: readonly string[]): unknown {
  return view.settings.find((one) => one.path.join() === path.join())?.value;
}

export const isSameValue = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function valueAtPath(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null && Object.hasOwn(inner, key)
        ? (inner as Readonly<Record<string, unknown>>)[key]
        : undefined,
    value,
  );
}

/** Returns the default value of a setting that belongs to no zone and no device. */
export function defaultOf(setting: SettingDescription, version: SettingsVersion): unknown {
  if (setting.kind === "switch" && typeof setting.default === "object") return true;
  return setting.default ?? valueOf(version, setting.path.map(String));
}
