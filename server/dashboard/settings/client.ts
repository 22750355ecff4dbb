/** Client of the settings in the server's HTTP API. */

import type {
  SettingDescription,
  SettingPath,
  SettingProblem,
  SettingsAuthor,
  SettingsView,
} from "../../src/http/settings/source.js";
import { ApiError, fetchFromServer, problemOf } from "../api.js";

export type { SettingDescription, SettingPath, SettingProblem, SettingsAuthor, SettingsView };

/** A version of the settings. */
export interface Version {
  readonly view: SettingsView;
  readonly etag: string;
}

/** The server's answer to a change. */
export type Answer =
  | { readonly kind: "saved"; readonly version: Version }
  | { readonly kind: "conflict"; readonly version: Version; readonly by: SettingsAuthor | null; readonly at: string }
  | { readonly kind: "invalid"; readonly problems: readonly SettingProblem[] };

/** Gets the settings. @throws ApiError */
export async function getSettings(): Promise<Version> {
  const response = await fetchFromServer("GET", "api/settings");
  if (!response.ok) throw await problemOf(response);
  return { view: (await response.json()) as SettingsView, etag: etagOf(response) };
}

/** Sends a change of a known version. @throws ApiError if the server refuses it for another reason than its values */
export async function sendChange(
  method: string,
  path: string,
  body: object | undefined,
  etag: string,
): Promise<Answer> {
  const response = await fetchFromServer(method, `api/settings${path}`, body, { "if-match": etag });
  if (response.status === 422 || response.status === 409) {
    const { error, problems = [] } = (await response.json()) as { error: string; problems?: SettingProblem[] };
    if (problems.length === 0) throw new ApiError(error, response.status);
    return { kind: "invalid", problems };
  }
  if (!response.ok && response.status !== 412) throw await problemOf(response);
  const { settings, ...rest } = (await response.json()) as { settings: SettingsView; by: SettingsAuthor; at: string };
  const version = { view: settings, etag: etagOf(response) };
  return response.ok ? { kind: "saved", version } : { kind: "conflict", version, ...rest };
}

/** Returns the etag without the mark of a proxy that has compressed the answer. */
const etagOf = (response: Response): string => (response.headers.get("etag") ?? "*").replace(/^W\//, "");
