/** Store of the settings on the page. It saves changes, and keeps the changes of several people apart. */

import {
  getSettings,
  sendChange,
  type Conflict,
  type SettingDescription,
  type SettingProblem,
  type SettingsAuthor,
  type SettingsVersion,
} from "./client.js";

/** The new value of a setting; null returns it to its default. */
export interface SettingEdit {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** A setting that two people have changed. */
export interface SettingConflict extends SettingEdit {
  /** The value that somebody else has saved; undefined if it has its default. */
  readonly theirs: unknown;
}

/** Asks the user about conflicts. */
export type AskConflict = (
  conflicts: readonly SettingConflict[],
  by: SettingsAuthor | null,
  at: string,
) => Promise<"yours" | "theirs" | "continue">;

/** The result of saving a change. */
export type SaveResult =
  | { readonly kind: "saved" }
  /** After a conflict, the user chose the values that somebody else saved, or chose to continue editing. */
  | { readonly kind: "theirs" | "continue" }
  | { readonly kind: "invalid"; readonly problems: readonly SettingProblem[] };

/** Number of retries without asking the user, if other users change other settings at the same time. */
const MAX_ATTEMPTS = 5;

export class SettingsStore {
  /** The newest known version; undefined until it is loaded. */
  version?: SettingsVersion;
  /** Why the settings cannot be read, as a sentence; "" if they can. */
  problem = "";
  private readonly listeners = new Set<() => void>();
  private loading?: Promise<void>;
  private reloadRequested = false;

  constructor(private readonly ask: AskConflict) {}

  /** @param changed called after each change. Returns a function that ends the subscription. */
  subscribe(changed: () => void): () => void {
    this.listeners.add(changed);
    return () => this.listeners.delete(changed);
  }

  /** Loads the settings if they are not known yet. */
  ensureLoaded(): void {
    if (!this.version) void this.load();
  }

  /** Loads the settings again. */
  load(): Promise<void> {
    this.reloadRequested = this.loading !== undefined;
    this.loading ??= this.loadOnce().finally(() => {
      this.loading = undefined;
      if (this.reloadRequested) void this.load();
    });
    return this.loading;
  }

  /** Handles the event that somebody has changed the settings. */
  handleChange(etag: string): void {
    if (this.version && this.version.etag !== `"${etag}"`) void this.load();
  }

  /** Must be called after each connect, because events may be lost. Loads the settings again if they are in use. */
  handleReconnect(): void {
    if (this.version || this.problem) void this.load();
  }

  /** Whether settings can be changed on this page, apart from the user's permissions. */
  get isEditable(): boolean {
    return this.version !== undefined && !this.version.view.refusal && this.version.view.problems.length === 0;
  }

  /**
   * Saves changes. If somebody else has changed other settings in the meantime, retries. If somebody else has changed
   * the same settings, asks the user.
   * @param base the version that the user has seen
   * @throws ApiError
   */
  save(edits: readonly SettingEdit[], base: SettingsVersion): Promise<SaveResult> {
    return this.sendUntilSettled("PATCH", "", createMergePatch(edits), edits, base);
  }

  /**
   * Creates, renames or deletes a zone. If somebody else has changed settings in the meantime, retries. If the setting
   * at `path` has changed, asks the user.
   * @throws ApiError
   */
  send(
    method: string,
    route: string,
    body: object | undefined,
    path: readonly string[],
    base: SettingsVersion,
  ): Promise<SaveResult> {
    return this.sendUntilSettled(method, route, body, [{ path, value: body ?? null }], base);
  }

  /** Sends a change, again after each conflict, until it is saved or refused, or the user decides otherwise. */
  private async sendUntilSettled(
    method: string,
    route: string,
    body: object | undefined,
    edits: readonly SettingEdit[],
    base: SettingsVersion,
  ): Promise<SaveResult> {
    let seen = base;
    for (let attempt = 0; ; attempt++) {
      const answer = await sendChange(method, route, body, seen.etag);
      if (answer.kind === "saved") this.setVersion(answer.version);
      if (answer.kind !== "conflict") return answer.kind === "saved" ? { kind: "saved" } : answer;
      const decision = await this.decide(edits, seen, answer, attempt);
      if (decision) return { kind: decision };
      seen = answer.version;
    }
  }

  /** Handles a conflict, and asks the user if necessary. Returns undefined if the change must be sent again. */
  private async decide(
    edits: readonly SettingEdit[],
    base: SettingsVersion,
    answer: Conflict,
    attempt: number,
  ): Promise<"theirs" | "continue" | undefined> {
    this.setVersion(answer.version);
    const conflicts = edits
      .map((edit) => ({ ...edit, theirs: ownValue(answer.version, edit.path) }))
      .filter(({ path, theirs, value }) => hasChanged(path, base, answer) && !isSameValue(value ?? undefined, theirs));
    if (conflicts.length === 0 && attempt < MAX_ATTEMPTS) return undefined;
    const choice = await this.ask(conflicts, answer.by, answer.at);
    return choice === "yours" ? undefined : choice;
  }

  private async loadOnce(): Promise<void> {
    try {
      this.setVersion(await getSettings());
    } catch (e) {
      this.setProblem((e as Error).message);
    }
  }

  /** Sets why the settings cannot be read, as a sentence. */
  setProblem(problem: string): void {
    this.problem = problem;
    this.notify();
  }

  private setVersion(version: SettingsVersion): void {
    this.version = version;
    this.problem = "";
    this.notify();
  }

  /** Notifies all subscribers of a change. */
  notify(): void {
    for (const changed of this.listeners) changed();
  }
}

/** Returns the value that the file gives a setting; undefined if it has its default. */
export function ownValue({ view }: SettingsVersion, path: readonly string[]): unknown {
  const [kind, ...rest] = path;
  if (kind === "zones" || kind === "devices") return valueAtPath(view[kind], rest);
  const setting = view.settings.find((one) => one.path.join() === path.join());
  return setting === undefined || setting.origin.from === "default" ? undefined : setting.value;
}

/** Returns whether somebody else has changed a setting. Masked secrets look equal, so the server reports changed ones. */
function hasChanged(path: readonly string[], base: SettingsVersion, { version, changed }: Conflict): boolean {
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
      typeof inner === "object" && inner !== null ? (inner as Readonly<Record<string, unknown>>)[key] : undefined,
    value,
  );
}

/** Creates a JSON Merge Patch (RFC 7396). */
export function createMergePatch(edits: readonly SettingEdit[]): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const { path, value } of edits) {
    let inner = patch;
    for (const key of path.slice(0, -1)) inner = (inner[key] ??= {}) as Record<string, unknown>;
    inner[path.at(-1)!] = value;
  }
  return patch;
}

/** Returns the default value of a setting that belongs to no zone and no device. */
export function defaultOf(setting: SettingDescription, version: SettingsVersion): unknown {
  if (setting.kind === "switch" && typeof setting.default === "object") return true;
  return setting.default ?? valueOf(version, setting.path.map(String));
}
