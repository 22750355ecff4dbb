import type { Log } from "../observability/log.js";
import type { ServerOptions } from "./options.js";
import { textOf, UsageError } from "../common/errors.js";
import type { LoadedConfiguration } from "./load.js";
import { listSettings, toFileContents } from "./print.js";
import { ConfigurationError, nameOf, type Problem } from "./problems.js";

/** A server that can change its options while it runs. */
export interface Reloadable {
  /** Applies new options. Returns the settings that need a restart. @throws UsageError when an option is invalid */
  reload(options: ServerOptions): readonly string[];
}

/** The server to which a configuration is applied, its log and its current configuration. */
interface ApplyOptions {
  readonly server: Reloadable;
  readonly log: Log;
  /** The configuration that is in effect now. */
  readonly current: LoadedConfiguration;
}

export interface ReloadOptions extends ApplyOptions {
  /** Loads the configuration again from file, environment and flags. @throws ConfigurationError if it is invalid */
  readonly load: () => LoadedConfiguration;
}

/** The effect of a new configuration. */
export interface AppliedChanges {
  /** The names of the settings that changed. */
  readonly changed: readonly string[];
  /** The names of the changed settings that take effect only when the server restarts. */
  readonly restart: readonly string[];
}

/**
 * Options of the log, with their names in the file. They need a restart, because the log is created before the server.
 */
const LOG_OPTIONS = [
  ["log", "log"],
  ["logMessages", "log_messages"],
] as const;

/** Secrets that may come from a file of their own, by the name of their setting. */
const SECRET_OPTIONS: readonly [name: string, read: (options: LoadedConfiguration["options"]) => string | undefined][] =
  [
    ["broker > password", ({ password }) => password],
    ["alerts > webhook_authorization", ({ alerts }) => alerts.webhook?.authorization],
    ["alerts > ntfy_token", ({ alerts }) => alerts.ntfy?.token],
  ];

/** Maximum number of settings that one log line names. */
const MAX_LISTED_SETTINGS = 8;

/**
 * Reloads the configuration of a running server. If the new configuration is invalid, logs each problem and keeps the
 * current configuration. Never throws an error.
 * @returns the configuration that is now in effect
 */
export function reload({ server, log, load, current }: ReloadOptions): LoadedConfiguration {
  try {
    const next = load();
    applyConfiguration({ server, log, current }, next, `Configuration reloaded from ${next.file ?? "the environment"}`);
    return next;
  } catch (error) {
    for (const { text, file, line, column } of problemsOfError(error))
      log.error("config", text, { file, line, column });
    log.warn(
      "config",
      "The configuration was not applied: the server keeps the current one. Correct these problems, then reload again.",
    );
    return current;
  }
}

/**
 * Applies a configuration to a running server, and logs what changed.
 * @param cause the beginning of the log line, such as "Configuration reloaded from nightlight.yaml"
 * @throws UsageError if the server refuses the configuration; then nothing changes
 */
export function applyConfiguration(
  { server, log, current }: ApplyOptions,
  next: LoadedConfiguration,
  cause: string,
): AppliedChanges {
  const needRestart = server.reload({ ...next.options, log });
  const changed = listChangedSettings(current, next);
  log.info("config", `${cause}: ${formatNames(changed)} changed.`, { changed });
  // leaves out `log_messages` if only its default has changed, which depends on `log`
  const isGiven = (name: string): boolean => [current, next].some(({ origin }) => origin([name]) !== undefined);
  const ofLog = LOG_OPTIONS.filter(
    ([option, name]) => current.options[option] !== next.options[option] && isGiven(name),
  );
  const restart = [...needRestart, ...ofLog.map(([, name]) => name)];
  if (restart.length > 0) log.warn("config", `Restart the server to apply: ${formatNames(restart)}.`, { restart });
  return { changed, restart };
}

/** Converts an error that loading or applying a configuration has thrown to problems. */
export function problemsOfError(error: unknown): readonly Problem[] {
  if (error instanceof ConfigurationError) return error.problems;
  return [{ text: error instanceof UsageError ? error.message : `The configuration cannot be read: ${textOf(error)}` }];
}

/** Returns the names of the settings whose values differ between two configurations. */
export function listChangedSettings(before: LoadedConfiguration, after: LoadedConfiguration): string[] {
  const [old, present] = [before, after].map(
    (loaded) =>
      new Map(listSettings(toFileContents(loaded)).map(([path, value]) => [nameOf(path), JSON.stringify(value)])),
  );
  const names = [...new Set([...old.keys(), ...present.keys()])].filter((name) => old.get(name) !== present.get(name));
  // Compare the secrets too: the content of a secret's file may have changed although no setting has.
  const secrets = SECRET_OPTIONS.filter(
    ([name, read]) => !names.includes(name) && read(before.options) !== read(after.options),
  );
  return [...names, ...secrets.map(([name]) => name)];
}

function formatNames(names: readonly string[]): string {
  if (names.length === 0) return "nothing";
  const more = names.length - MAX_LISTED_SETTINGS;
  return names.slice(0, MAX_LISTED_SETTINGS).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
