/** Types for the routes of the settings. The names of the fields are those of the HTTP API. */

/** Keys from the top of the configuration file to a setting: `["zones", "hall", "threshold"]`. */
export type SettingPath = readonly (string | number)[];

/** Settings in the form of the configuration file, such as `{ threshold: 300, min_on: "10 s" }`. */
export type SettingValues = Readonly<Record<string, unknown>>;

/** The kind of a setting, from which a page derives its input. */
export type SettingKind =
  "switch" | "number" | "integer" | "duration" | "time" | "choice" | "text" | "list" | "mapping";

/** The description of a setting, from the schema of the configuration file. */
export interface SettingDescription {
  readonly path: SettingPath;
  readonly description: string;
  readonly kind: SettingKind;
  /** The smallest value: a number, or a duration such as "1 s". */
  readonly minimum?: number | string;
  readonly maximum?: number | string;
  /** The values from which to choose. */
  readonly values?: readonly string[];
  readonly default?: unknown;
  /** Whether a change takes effect only when the server restarts. */
  readonly restart: boolean;
  /** Whether the value is secret: its view is masked, and only the unmasked value can be written. */
  readonly secret: boolean;
}

/** Where the value of a setting comes from. `name` is a flag, a variable, or a line such as `nightlight.yaml:3`. */
export interface SettingOrigin {
  readonly from: "default" | "file" | "flag" | "variable";
  readonly name: string | null;
}

/** A setting and its value. Secrets are masked. */
export interface SettingView extends SettingDescription {
  readonly value: unknown;
  readonly origin: SettingOrigin;
  /** Whether the API can change the setting. */
  readonly editable: boolean;
}

/** A mistake in the configuration, with the text of `nightlight-server config check`. */
export interface SettingProblem {
  readonly text: string;
  /** The setting that is wrong; null for a mistake that belongs to no setting. */
  readonly path: SettingPath | null;
  readonly line: number | null;
  readonly column: number | null;
}

/** The settings of the configuration file. */
export interface SettingsView {
  /**
   * The file to which changes are written. If this file is missing, `exists` is false until the first change. Null for
   * a server that another program has started with options of its own.
   */
  readonly file: { readonly path: string; readonly exists: boolean } | null;
  /** Why the API can change no setting, as a sentence; null when it can. */
  readonly refusal: string | null;
  /** The mistakes in the file. While the file has mistakes, the other fields show the settings that are in effect. */
  readonly problems: readonly SettingProblem[];
  /** Names of settings that differ in the file from those in effect, because somebody edited the file. */
  readonly unapplied: readonly string[];
  /** Names of settings that have changed but take effect only when the server restarts. */
  readonly restart: readonly string[];
  readonly settings: readonly SettingView[];
  /** The zones as the file defines them. A missing setting has its default. */
  readonly zones: Readonly<Record<string, SettingValues>>;
  /** The devices with settings of their own, by id. */
  readonly devices: Readonly<Record<string, SettingValues>>;
  /** Descriptions of the settings that each zone can have, and of the settings that each device can have. */
  readonly fields: { readonly zone: readonly SettingDescription[]; readonly device: readonly SettingDescription[] };
}

/** The person or program that changed settings over HTTP. */
export interface SettingsAuthor {
  /** The account; null on a server without accounts. */
  readonly name: string | null;
  readonly address: string;
}

/** A change of settings. */
export type SettingsChange =
  /** Merges values into the settings (RFC 7396). Null returns a setting to its default. */
  | { readonly kind: "merge"; readonly values: SettingValues }
  /** Replaces the settings of a zone or a device; undefined deletes them. */
  | { readonly kind: "replace"; readonly path: readonly [string, string]; readonly values: SettingValues | undefined }
  | { readonly kind: "rename"; readonly zone: string; readonly name: string };

/** A setting that has changed since a client read it. */
export interface SettingDifference {
  readonly path: SettingPath;
  readonly name: string;
  readonly before: unknown;
  readonly now: unknown;
}

/** The result of a change of the settings. */
export type SettingsOutcome =
  | { readonly outcome: "applied"; readonly changed: readonly string[]; readonly restart: readonly string[] }
  | { readonly outcome: "conflict"; readonly error: string; readonly by: SettingsAuthor | null; readonly at: string | null; readonly changed: readonly SettingDifference[] | null } // prettier-ignore
  | { readonly outcome: "invalid"; readonly problems: readonly SettingProblem[] }
  | { readonly outcome: "refused"; readonly status: 403 | 404 | 409 | 503 | 507; readonly error: string; readonly problems?: readonly SettingProblem[] }; // prettier-ignore

/** The settings after a change, for clients of the live events. */
export interface SettingsEvent {
  readonly etag: string;
  /** Who made the change over HTTP; null if somebody edited the file. */
  readonly by: SettingsAuthor | null;
  readonly changed: readonly string[];
}

/** The settings that the HTTP API shows and changes. */
export interface SettingsSource {
  /** Returns the settings and their version. */
  read(): { readonly view: SettingsView; readonly etag: string };
  /**
   * Writes a change to the file and applies it.
   * @param isCurrent returns whether the client has read the version with this etag
   * @param known the etags that the client has sent, the newest last
   */
  change(change: SettingsChange, by: SettingsAuthor, isCurrent: (etag: string) => boolean, known: readonly string[]): Promise<SettingsOutcome>; // prettier-ignore
  /** Calls a function after every change of the settings in effect. */
  onChange(listener: (event: SettingsEvent) => void): void;
}
