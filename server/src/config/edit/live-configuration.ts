import type { Command } from "commander";
import type {
  SettingsAuthor,
  SettingsChange,
  SettingsEvent,
  SettingsOutcome,
  SettingsSource,
  SettingsView,
} from "../../http/settings/source.js";
import type { Log } from "../../observability/log.js";
import { DEFAULT_FILE, configFileOf } from "../flags.js";
import type { Environment } from "../../common/environment.js";
import { loadConfiguration, type LoadedConfiguration } from "../load.js";
import { isMapping, type Mapping } from "../paths.js";
import { toMaskedContents } from "../print.js";
import { ConfigurationError, type Problem } from "../problems.js";
import { applyConfiguration, listChangedSettings, problemsOfError, reload, type Reloadable } from "../reload.js";
import { applyChange, touchedPathsOf } from "./changed-data.js";
import { credentialRefusal, missingFileMessage, refusalOf, writeRefusal } from "./refusals.js";
import { ConfigurationFile, type FileVersion } from "./configuration-file.js";
import { editText } from "./edit-text.js";
import { Revisions } from "./revisions.js";
import { toProblemViews, createSettingsView } from "./settings-view.js";
import { parseData, UneditableError } from "./yaml-nodes.js";

export interface LiveConfigurationOptions {
  /** The command of the server, which has parsed the command line. */
  readonly command: Command;
  readonly env?: Environment;
  readonly log: Log;
  /** The configuration with which the server starts. */
  readonly current: LoadedConfiguration;
}

/** The configuration of a running server. It changes when the file is reloaded, and when people change settings. */
export class LiveConfiguration implements SettingsSource {
  readonly #options: LiveConfigurationOptions;
  readonly #file: ConfigurationFile;
  readonly #revisions = new Revisions();
  readonly #listeners: ((event: SettingsEvent) => void)[] = [];
  /** The configuration that is in effect, apart from settings that need a restart. */
  #current: LoadedConfiguration;
  /**
   * The parsed file from which `#current` comes; undefined until somebody reads the settings, because parsing takes
   * time.
   */
  #data: Mapping | undefined;
  #restart: readonly string[] = [];
  #server: Reloadable | undefined;
  /** Resolves when the pending changes are written. Changes are made one after the other. */
  #pending: Promise<unknown> = Promise.resolve();

  constructor(options: LiveConfigurationOptions) {
    const { command, env = process.env, current } = options;
    this.#options = options;
    this.#current = current;
    this.#file = new ConfigurationFile(configFileOf(command, env) ?? DEFAULT_FILE);
  }

  /** The configuration that is in effect, apart from settings that need a restart. */
  get current(): LoadedConfiguration {
    return this.#current;
  }

  /** Sets the server to which changes apply. Until this call, the API refuses changes. */
  connect(server: Reloadable): void {
    this.#server = server;
  }

  /** Reads the file again and applies it. Logs each problem of an invalid file. Returns whether the file is applied. */
  reload(): boolean {
    const { log } = this.#options;
    if (!this.#server) return false;
    const before = this.#current;
    const server: Reloadable = {
      reload: (options) => (this.#restart = this.#server!.reload(options)),
    };
    this.#current = reload({ server, log, load: () => this.#load(), current: before });
    if (this.#current === before) return false;
    if (this.#data) this.#remember(this.#file.read(), null);
    this.#changed(null, listChangedSettings(before, this.#current));
    return true;
  }

  read(): { view: SettingsView; etag: string } {
    const { now, next, problems } = this.#readFile();
    const data = next ? dataOfFile(now) : (this.#data ?? toMaskedContents(this.#current));
    if (now && next) this.#revisions.record(now.etag, data, null);
    if (next && !this.#data) this.#data = data;
    const view = createSettingsView(next ?? this.#current, data, {
      file: { path: this.#file.path, exists: now?.text !== undefined },
      refusal: this.#refusal || null,
      problems: toProblemViews(problems),
      unapplied: next ? listChangedSettings(this.#current, next) : [],
      restart: this.#restart,
    });
    return { view, etag: now?.etag ?? "unreadable" };
  }

  onChange(listener: (event: SettingsEvent) => void): void {
    this.#listeners.push(listener);
  }

  change(...args: Parameters<SettingsSource["change"]>): Promise<SettingsOutcome> {
    const changing = this.#pending.then(() => this.#change(...args));
    this.#pending = changing.catch(() => {});
    return changing;
  }

  async #change(...[change, by, isCurrent, known]: Parameters<SettingsSource["change"]>): Promise<SettingsOutcome> {
    if (this.#refusal) return { outcome: "refused", status: 409, error: this.#refusal };
    if (!this.#server) return { outcome: "refused", status: 503, error: "The server is still starting; try again in a moment." }; // prettier-ignore
    const { now, next: loaded, problems } = this.#readFile();
    if (!now || !loaded) {
      const isReadable = now?.text !== undefined;
      const error = isReadable
        ? `${this.#file.path} has mistakes. Correct them in the file before you change settings here:`
        : "Nothing was changed:";
      return { outcome: "refused", status: 409, error: [error, ...problems.map(({ text }) => text)].join("\n"), problems: toProblemViews(problems) }; // prettier-ignore
    }
    const data = dataOfFile(now);
    this.#revisions.record(now.etag, data, null);
    if (!isCurrent(now.etag)) return this.#conflict(now, data, known);
    const refusal = refusalOf(change, data, loaded, this.#file.path);
    if (refusal) return { outcome: "refused", ...refusal };

    let text: string;
    let next: LoadedConfiguration;
    try {
      text = this.#edited(now.text ?? "", data, change);
      next = this.#load(text);
    } catch (error) {
      if (error instanceof ConfigurationError) return { outcome: "invalid", problems: toProblemViews(error.problems) };
      if (!(error instanceof UneditableError)) throw error;
      const names = touchedPathsOf(change).map((path) => path.join(" > "));
      return { outcome: "refused", status: 409, error: `${this.#file.path} is written in a way that only a person can change without a loss (${error.message}); change ${names.join(", ")} in the file itself.` }; // prettier-ignore
    }
    const exposed = credentialRefusal(loaded, next, this.#file.path);
    if (exposed) return { outcome: "refused", ...exposed };
    return this.#store(now, text, next, by);
  }

  /** Writes a valid text to the file and applies it. */
  async #store(
    now: FileVersion,
    text: string,
    next: LoadedConfiguration,
    by: SettingsAuthor,
  ): Promise<SettingsOutcome> {
    const { log } = this.#options;
    const current = this.#current;
    try {
      if (text !== now.text) await this.#file.write(text);
    } catch (error) {
      return { outcome: "refused", ...writeRefusal(this.#file.path, error) };
    }
    const cause = `${authorNameOf(by)} changed settings in ${this.#file.name}`;
    const { changed, restart } = applyConfiguration({ server: this.#server!, log, current }, next, cause);
    this.#current = next;
    this.#restart = restart;
    this.#remember(this.#file.read(), by);
    this.#changed(by, changed);
    return { outcome: "applied", changed, restart };
  }

  #conflict(now: FileVersion, data: Mapping, known: readonly string[]): SettingsOutcome {
    const { by, at } = this.#revisions.get(now.etag)!;
    const changed = this.#revisions.listDifferencesSince(known.at(-1), data);
    const who = by ? authorNameOf(by) : `Somebody who edited ${this.#file.path}`;
    const what = changed ? `: ${changed.map(({ name }) => name).join(", ")}` : "";
    const error = `${who} has changed settings since you read them${what}. Nothing of your change was written; compare, and send it again with the new ETag.`;
    return { outcome: "conflict", error, by, at: at.toISOString(), changed };
  }

  #edited(text: string, data: Mapping, change: SettingsChange): string {
    const renamed = change.kind === "rename" ? { path: ["zones", change.zone], name: change.name } : undefined;
    return editText(text, applyChange(data, change), renamed);
  }

  #load(text?: string): LoadedConfiguration {
    const { command, env = process.env } = this.#options;
    return loadConfiguration(command, env, text === undefined ? configFileOf(command, env) : this.#file.name, text);
  }

  /**
   * Reads the file, which may have changed since the server loaded it. `next` is undefined if the file has mistakes, or
   * if somebody has removed it: a change would otherwise create a file without all other settings.
   */
  #readFile(): { now?: FileVersion; next?: LoadedConfiguration; problems: readonly Problem[] } {
    let now: FileVersion | undefined;
    try {
      now = this.#file.read();
    } catch {
      // `#load` reports why the file cannot be read.
    }
    if (now && now.text === undefined && this.#current.file === DEFAULT_FILE)
      return { now, problems: [{ file: this.#file.name, text: missingFileMessage(this.#file.path) }] };
    try {
      return { now, next: this.#load(now?.text), problems: [] };
    } catch (error) {
      return { now, problems: problemsOfError(error) };
    }
  }

  #remember(version: FileVersion, by: SettingsAuthor | null): void {
    this.#data = dataOfFile(version);
    this.#revisions.record(version.etag, this.#data, by);
  }

  #changed(by: SettingsAuthor | null, changed: readonly string[]): void {
    const { etag } = this.#file.read();
    for (const listener of this.#listeners) listener({ etag, by, changed });
  }

  /** Why the API can change no setting, as sentences; "" if it can change settings. */
  get #refusal(): string {
    if (this.#current.options.state === undefined) return "";
    return `This server shares its work with others (state), and each server has a file of its own. Change ${this.#file.path} on every server, and reload them.`;
  }
}

/** Returns the data of a file without mistakes. */
function dataOfFile(version: FileVersion | undefined): Mapping {
  const data = parseData(version?.text ?? "");
  return isMapping(data) ? data : {};
}

const authorNameOf = ({ name, address }: SettingsAuthor): string => name ?? `Somebody at ${address}`;
