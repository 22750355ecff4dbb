/** Client of the settings in the server's HTTP API. */

import type {
  SettingDescription,
  SettingPath,
  SettingProblem,
  SettingsAuthor,
  SettingsView,
} from "../../src/http/settings/source.js";
import { ApiError, fetchFromServer, readError } from "../api.js";

export type { SettingDescription, SettingPath, SettingProblem, SettingsAuthor, SettingsView };

/** The settings and the ETag of their version. */
export interface SettingsVersion {
  readonly view: SettingsView;
  readonly etag: string;
}

export type Conflict = Extract<ChangeAnswer, { kind: "conflict" }>;

/** The server's answer to a change. */
export type ChangeAnswer =
  | { readonly kind: "saved"; readonly version: SettingsVersion }
  | {
      readonly kind: "conflict";
      readonly version: SettingsVersion;
      readonly by: SettingsAuthor | null;
      readonly at: string;
      /** The settings that have changed; null if the server does not know. */
      readonly changed: readonly { readonly path: SettingPath }[] | null;
    }
  | { readonly kind: "invalid"; readonly problems: readonly SettingProblem[] };

/** Gets the settings. @throws ApiError */
export async function getSettings(): Promise<SettingsVersion> {
  const response = await fetchFromServer("GET", "api/settings");
  if (!response.ok) throw await readError(response);
  return { view: (await response.json()) as SettingsView, etag: etagOf(response) };
}

/** Sends a change of the version with `etag`. @throws ApiError for a failure that `ChangeAnswer` cannot express */
export async function sendChange(
  method: string,
  path: string,
  body: object | undefined,
  etag: string,
): Promise<ChangeAnswer> {
  const response = await fetchFromServer(method, `api/settings${path}`, body, { "if-match": etag });
  if (response.status === 422) {
    const { error, problems = [] } = (await response.json()) as { error: string; problems?: SettingProblem[] };
    if (problems.length === 0) throw new ApiError(error, response.status);
    return { kind: "invalid", problems };
  }
  if (!response.ok && response.status !== 412) throw await readError(response);
  const { settings, ...rest } = (await response.json()) as Omit<Conflict, "kind" | "version"> & {
    settings: SettingsView;
  };
  const version = { view: settings, etag: etagOf(response) };
  return response.ok ? { kind: "saved", version } : { kind: "conflict", version, ...rest };
}

/** Returns the ETag without the prefix `W/`, which a proxy adds when it compresses the response. */
const etagOf = (response: Response): string => (response.headers.get("etag") ?? "*").replace(/^W\//, "");
