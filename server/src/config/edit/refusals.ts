import { codeOf, textOf } from "../../common/errors.js";
import type { SettingsChange, SettingsOutcome } from "../../http/settings/source.js";
import { FLAGS } from "../flag-table.js";
import type { LoadedConfiguration } from "../load.js";
import { isMapping, type Mapping } from "../paths.js";
import { nameOf, type Path } from "../problems.js";
import { touchedPaths } from "./changed-data.js";
import { isEditable } from "./setting-fields.js";
import { originOf, valueAt } from "./settings-view.js";

type Refusal = Pick<Extract<SettingsOutcome, { outcome: "refused" }>, "status" | "error">;

/** Returns why the API refuses a change, regardless of its values; undefined if the API allows the change. */
export function refusalOf(
  change: SettingsChange,
  data: Mapping,
  loaded: LoadedConfiguration,
  file: string,
): Refusal | undefined {
  const missing = missingMemberRefusal(change, data);
  if (missing) return missing;
  for (const path of touchedPaths(change)) {
    const name = nameOf(path);
    if (!isEditable(path))
      return { status: 403, error: `${name || "This"} cannot be changed here; change it in ${file}, and restart the server if it says so.` }; // prettier-ignore
    const source = findOverride(path, loaded);
    if (source)
      return { status: 409, error: `${name} is set by ${source}, which overrides the file; change it there, and restart the server.` }; // prettier-ignore
  }
  return undefined;
}

/** Returns the flag or variable that sets a path or a part of it; undefined if none does. */
function findOverride(path: Path, loaded: LoadedConfiguration): string | undefined {
  const parts = FLAGS.map((flag) => flag.path).filter((set) => path.every((step, index) => set[index] === step));
  for (const set of parts) {
    const { from, name } = originOf(loaded, set);
    if (from === "flag" || from === "variable") return name!;
  }
  return undefined;
}

/**
 * Returns why the API refuses to change the URL of a channel; undefined if it allows the change. The server would send
 * the credential for the old URL to another host, and so reveal it.
 */
export function credentialRefusal(
  before: LoadedConfiguration,
  after: LoadedConfiguration,
  file: string,
): Refusal | undefined {
  const [old, next] = [before.options.alerts, after.options.alerts];
  const channels = [
    ["ntfy", "ntfy_token", old.ntfy?.url, next.ntfy?.url, next.ntfy?.token],
    ["webhook", "webhook_authorization", old.webhook?.url, next.webhook?.url, next.webhook?.authorization],
  ] as const;
  for (const [channel, credential, oldUrl, url, secret] of channels)
    if (oldUrl !== undefined && url !== undefined && secret !== undefined && new URL(oldUrl).origin !== new URL(url).origin)
      return { status: 409, error: `alerts > ${channel} names another host, which would receive alerts > ${credential}; change both in ${file}, and reload the server.` }; // prettier-ignore
  return undefined;
}

/** Returns what to do when somebody has removed the file that the server has loaded, as sentences. */
export const missingFileMessage = (file: string): string =>
  `${file} is gone, and the server still uses its settings. Put the file back, or reload the server to go on without these settings.`;

/** Returns why a change was not written. */
export function writeRefusal(file: string, error: unknown): Refusal {
  const isFull = codeOf(error) === "ENOSPC" || codeOf(error) === "EDQUOT";
  const remedy = isFull ? "Free space on the disk, and try again." : "The server's account needs the permission to write this file."; // prettier-ignore
  return { status: isFull ? 507 : 409, error: `Nothing was changed: ${file} cannot be written (${textOf(error)}). ${remedy}` }; // prettier-ignore
}

function missingMemberRefusal(change: SettingsChange, data: Mapping): Refusal | undefined {
  const hasMember = (kind: string, name: string): boolean => isMapping(data[kind]) && Object.hasOwn(data[kind], name);
  if (change.kind === "rename") {
    if (!hasMember("zones", change.zone)) return { status: 404, error: `There is no zone "${change.zone}".` };
    if (change.name !== change.zone && hasMember("zones", change.name))
      return { status: 409, error: `There is a zone "${change.name}" already; choose another name.` };
  }
  if (change.kind !== "replace" || change.values !== undefined) return undefined;
  const [kind, name] = change.path;
  if (hasMember(kind, name) || valueAt(data, change.path) !== undefined) return undefined;
  const what = kind === "zones" ? `There is no zone "${name}"` : `The device "${name}" has no settings of its own`;
  return { status: 404, error: `${what}; GET /api/settings lists them.` };
}
