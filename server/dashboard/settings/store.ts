/** Store of the settings on the page. It saves changes, and keeps the changes of several people apart. */

import type { ApiError } from "../api.js";
import { message } from "../messages/message.js";
import {
  getSettings,
  sendChange,
  type Conflict,
  type SettingProblem,
  type SettingsAuthor,
  type SettingsVersion,
} from "./client.js";
import { createMergePatch, type SettingEdit } from "./merge-patch.js";
import { hasChanged, isSameValue, ownValue } from "./values.js";

export type { SettingEdit };

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

interface TheirValuesChosen {
  readonly kind: "theirs";
  /** The settings that two people have changed. */
  readonly conflicts: readonly SettingConflict[];
  /** The version with the values of somebody else. */
  readonly version: SettingsVersion;
}

/** The result of saving a change. */
export type SaveResult =
  | { readonly kind: "saved" }
  /** After a conflict, the user chose the values that somebody else saved. */
  | TheirValuesChosen
  /** After a conflict, the user chose to continue editing. */
  | { readonly kind: "continue" }
  | { readonly kind: "invalid"; readonly problems: readonly SettingProblem[] };

/** Interval in ms at which the settings are reloaded while the configuration file has mistakes. */
const CORRECTION_INTERVAL = 5000;

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
  private correctionTimer?: ReturnType<typeof setTimeout>;

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

  /**
   * Handles the event that somebody has changed the settings. Also loads them again if they are being loaded, because
   * that answer may be older than the event.
   */
  handleChange(etag: string): void {
    if (this.loading || (this.version && this.version.etag !== `"${etag}"`)) void this.load();
  }

  /** Must be called after each connect, because events may be lost. Loads the settings again if they are in use. */
  handleReconnect(): void {
    if (this.loading || this.version || this.problem) void this.load();
  }

  /** Whether settings can be changed on this page, apart from the user's permissions. */
  get isEditable(): boolean {
    return this.version !== undefined && this.obstacle === "";
  }

  /** Why nobody can change the loaded settings at present, as a sentence; "" if they can be changed. */
  get obstacle(): string {
    const { refusal = null, problems = [] } = this.version?.view ?? {};
    return refusal ?? (problems.length > 0 ? message("settings.mistakes") : "");
  }

  /**
   * Saves changes. If somebody else has changed other settings in the meantime, retries. If somebody else has changed
   * the same settings, asks the user. If the user takes the values of somebody else, saves the remaining changes.
   * @param base the version that the user has seen
   * @throws ApiError
   */
  async save(edits: readonly SettingEdit[], base: SettingsVersion): Promise<SaveResult> {
    const createPatch = (seen: SettingsVersion): object => createMergePatch(edits, (path) => ownValue(seen, path));
    const result = await this.sendUntilSettled("PATCH", "", createPatch, edits, base);
    if (result.kind !== "theirs") return result;
    const isDropped = ({ path }: SettingEdit): boolean =>
      result.conflicts.some((conflict) => isSameValue(conflict.path, path));
    const others = edits.filter((edit) => !isDropped(edit));
    return others.length > 0 ? this.save(others, result.version) : result;
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
    return this.sendUntilSettled(method, route, () => body, [{ path, value: body ?? null }], base);
  }

  /**
   * Sends a change, and repeats it after each conflict until it is saved or refused, or the user decides against it.
   * @param bodyFor returns the body of the request that changes a version
   */
  private async sendUntilSettled(
    method: string,
    route: string,
    bodyFor: (version: SettingsVersion) => object | undefined,
    edits: readonly SettingEdit[],
    base: SettingsVersion,
  ): Promise<SaveResult> {
    let seen = base;
    for (let attempt = 0; ; attempt++) {
      const before = this.version;
      const answer = await sendChange(method, route, bodyFor(seen), seen.etag).catch((error: unknown) => {
        // Somebody may have made mistakes in the configuration file since the page loaded the settings.
        if ((error as ApiError).status === 409) void this.load();
        throw error;
      });
      if (answer.kind === "saved") {
        // If another version has arrived meanwhile, only the server knows which one is newer.
        const isOrderUnknown = this.version !== before;
        this.setVersion(answer.version);
        if (isOrderUnknown) void this.load();
      }
      if (answer.kind !== "conflict") return answer.kind === "saved" ? { kind: "saved" } : answer;
      const decision = await this.decide(edits, seen, answer, attempt);
      if (decision) return decision;
      seen = answer.version;
    }
  }

  /** Handles a conflict, and asks the user if necessary. Returns undefined if the change must be sent again. */
  private async decide(
    edits: readonly SettingEdit[],
    base: SettingsVersion,
    answer: Conflict,
    attempt: number,
  ): Promise<TheirValuesChosen | { kind: "continue" } | undefined> {
    this.setVersion(answer.version);
    const conflicts = edits
      .map((edit) => ({ ...edit, theirs: ownValue(answer.version, edit.path) }))
      .filter(({ path, theirs, value }) => hasChanged(path, base, answer) && !isSameValue(value ?? undefined, theirs));
    if (conflicts.length === 0 && attempt < MAX_ATTEMPTS) return undefined;
    const choice = await this.ask(conflicts, answer.by, answer.at);
    if (choice === "yours") return undefined;
    return choice === "continue" ? { kind: choice } : { kind: choice, conflicts, version: answer.version };
  }

  private async loadOnce(): Promise<void> {
    const before = this.version;
    try {
      const loaded = await getSettings();
      // If a save has brought a version meanwhile, this answer may be older.
      if (this.version === before) this.setVersion(loaded);
      else this.reloadRequested = true;
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
    clearTimeout(this.correctionTimer);
    if (version.view.problems.length > 0)
      this.correctionTimer = setTimeout(() => void this.load(), CORRECTION_INTERVAL);
    this.notify();
  }

  /** Notifies all subscribers of a change. */
  notify(): void {
    for (const changed of this.listeners) changed();
  }
}
