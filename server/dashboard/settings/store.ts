/** Store of the settings on the page. It saves changes, and keeps the changes of several people apart. */

import {
  getSettings,
  sendChange,
  type Answer,
  type SettingDescription,
  type SettingProblem,
  type SettingsAuthor,
  type Version,
} from "./client.js";

/** The new value of a setting; null returns it to its default. */
export interface Edit {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** A setting that two people have changed. */
export interface Conflict extends Edit {
  /** The value that somebody else has saved; undefined if it has its default. */
  readonly theirs: unknown;
}

/** Asks a person about conflicts. */
export type AskConflict = (
  conflicts: readonly Conflict[],
  by: SettingsAuthor | null,
  at: string,
) => Promise<"yours" | "theirs" | "continue">;

/** What became of a change. */
export type SaveResult =
  | { readonly kind: "saved" }
  /** The person wants the values that somebody else has saved, or wants to continue editing. */
  | { readonly kind: "theirs" | "continue" }
  | { readonly kind: "invalid"; readonly problems: readonly SettingProblem[] };

/** How often a change is sent again because others change other settings at the same time. */
const MAX_ATTEMPTS = 5;

export class Settings {
  /** The newest known version; undefined until it is loaded. */
  version?: Version;
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
  need(): void {
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
  changed(etag: string): void {
    if (this.version && this.version.etag !== `"${etag}"`) void this.load();
  }

  /** Must be called after each connect, because events may be lost. Loads the settings again if they are in use. */
  reconnected(): void {
    if (this.version || this.problem) void this.load();
  }

  /** Whether a person could change settings here. */
  get editable(): boolean {
    return this.version !== undefined && !this.version.view.refusal && this.version.view.problems.length === 0;
  }

  /**
   * Saves changes. If somebody else has changed other settings since, saves them all the same. If somebody else has
   * changed the same settings, asks.
   * @param base the version that the person has seen
   * @throws ApiError
   */
  async save(edits: readonly Edit[], base: Version): Promise<SaveResult> {
    let etag = base.etag;
    let seen = base;
    for (let attempt = 0; ; attempt++) {
      const answer = await sendChange("PATCH", "", patchOf(edits), etag);
      if (answer.kind === "saved") this.set(answer.version);
      if (answer.kind !== "conflict") return answer.kind === "saved" ? { kind: "saved" } : answer;
      const decision = await this.decide(edits, seen, answer, attempt);
      if (decision) return { kind: decision };
      ({ etag } = answer.version);
      seen = answer.version;
    }
  }

  /**
   * Sends a change of a whole zone: creates, renames or deletes it. If somebody else has changed settings since, sends it
   * again unless `path` has changed.
   * @throws ApiError
   */
  async send(
    method: string,
    route: string,
    body: object | undefined,
    path: readonly string[],
    base: Version,
  ): Promise<SaveResult> {
    // prettier-ignore
    let etag = base.etag;
    for (let attempt = 0; ; attempt++) {
      const answer = await sendChange(method, route, body, etag);
      if (answer.kind === "saved") this.set(answer.version);
      if (answer.kind !== "conflict") return answer.kind === "saved" ? { kind: "saved" } : answer;
      const decision = await this.decide([{ path, value: body ?? null }], base, answer, attempt);
      if (decision) return { kind: decision };
      ({ etag } = answer.version);
    }
  }

  /** Returns undefined if the change shall be sent again. */
  private async decide(
    edits: readonly Edit[],
    base: Version,
    answer: Answer & { kind: "conflict" },
    attempt: number,
  ): Promise<"theirs" | "continue" | undefined> {
    // prettier-ignore
    this.set(answer.version);
    const conflicts = edits
      .map((edit) => ({ ...edit, theirs: ownValue(answer.version, edit.path) }))
      .filter(({ path, theirs, value }) => !same(ownValue(base, path), theirs) && !same(value ?? undefined, theirs));
    if (conflicts.length === 0 && attempt < MAX_ATTEMPTS) return undefined;
    const choice = await this.ask(conflicts, answer.by, answer.at);
    return choice === "yours" ? undefined : choice;
  }

  private async loadOnce(): Promise<void> {
    try {
      this.set(await getSettings());
    } catch (e) {
      this.fail((e as Error).message);
    }
  }

  /** Shows why the settings cannot be read. */
  fail(problem: string): void {
    this.problem = problem;
    this.notify();
  }

  private set(version: Version): void {
    this.version = version;
    this.problem = "";
    this.notify();
  }

  /** Tells all subscribers that something has changed. */
  notify(): void {
    for (const changed of this.listeners) changed();
  }
}

/** Returns the value that the file gives a setting; undefined if it has its default. */
export function ownValue({ view }: Version, path: readonly string[]): unknown {
  const [kind, ...rest] = path;
  if (kind === "zones" || kind === "devices") return inside(view[kind], rest);
  const setting = view.settings.find((one) => one.path.join() === path.join());
  return setting === undefined || setting.origin.from === "default" ? undefined : setting.value;
}

/** Returns the value in effect of a setting outside zones and devices. */
export function valueOf({ view }: Version, path: readonly string[]): unknown {
  return view.settings.find((one) => one.path.join() === path.join())?.value;
}

export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function inside(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? (inner as Readonly<Record<string, unknown>>)[key] : undefined,
    value,
  );
}

/** Creates a JSON Merge Patch (RFC 7396). */
export function patchOf(edits: readonly Edit[]): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const { path, value } of edits) {
    let inner = patch;
    for (const key of path.slice(0, -1)) inner = (inner[key] ??= {}) as Record<string, unknown>;
    inner[path.at(-1)!] = value;
  }
  return patch;
}

/** Returns the value that a setting outside zones and devices has without one in the file. */
export function defaultOf(setting: SettingDescription, version: Version): unknown {
  if (setting.kind === "switch" && typeof setting.default === "object") return true;
  return setting.default ?? valueOf(version, setting.path.map(String));
}
