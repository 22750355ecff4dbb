import type { Log } from "../observability/log.js";
import type { ServerOptions } from "./options.js";
import { textOf, UsageError } from "../common/errors.js";
import type { LoadedConfiguration } from "./load.js";
import { settingsOf, written } from "./print.js";
import { ConfigurationError, nameOf, type Problem } from "./problems.js";

/** A server that can take other options while it runs. */
export interface Reloadable {
  /** Goes by these from now on. Gives the settings that need a restart. @throws UsageError when an option is wrong */
  reload(options: ServerOptions): readonly string[];
}

export interface Reloading {
  readonly server: Reloadable;
  readonly log: Log;
  /** Reads the configuration again. @throws ConfigurationError */
  readonly load: () => LoadedConfiguration;
  /** What the server goes by now. */
  readonly current: LoadedConfiguration;
}

/** The settings of the log, which is created before the server, by option and name. */
const LOG = [
  ["log", "log"],
  ["logMessages", "log_messages"],
] as const;

/** The most settings that one line of the log names. */
const MOST_NAMED = 8;

/**
 * Lets a running server go by its configuration as it is now. What is wrong is logged, each by itself, and then the
 * server goes on as before. Never throws.
 * @returns what the server goes by from now on
 */
export function reload({ server, log, load, current }: Reloading): LoadedConfiguration {
  let next: LoadedConfiguration;
  let later: readonly string[];
  try {
    next = load();
    later = server.reload({ ...next.options, log });
  } catch (error) {
    for (const { text, ...place } of problemsOf(error)) log.error("config", text, place);
    log.warn("config", "The configuration was not taken: the server goes on with the one it has.");
    return current;
  }
  const changed = changes(current, next);
  const from = next.file ?? "the environment";
  log.info("config", `Configuration read again from ${from}: ${listed(changed)} changed.`, { changed });
  const ofLog = LOG.filter(([option]) => current.options[option] !== next.options[option]);
  const restart = [...later, ...ofLog.map(([, name]) => name)];
  if (restart.length > 0)
    log.warn("config", `Only a restart puts into effect what changed of ${listed(restart)}.`, { restart });
  return next;
}

function problemsOf(error: unknown): readonly Problem[] {
  if (error instanceof ConfigurationError) return error.problems;
  return [{ text: error instanceof UsageError ? error.message : `The configuration cannot be read: ${textOf(error)}` }];
}

/** The settings that are not the same. */
function changes(before: LoadedConfiguration, after: LoadedConfiguration): string[] {
  const [old, present] = [before, after].map(
    (loaded) => new Map(settingsOf(written(loaded)).map(([path, value]) => [nameOf(path), JSON.stringify(value)])),
  );
  const names = [...new Set([...old.keys(), ...present.keys()])].filter((name) => old.get(name) !== present.get(name));
  // it may be in a file
  const same = names.includes("broker > password") || before.options.password === after.options.password;
  return same ? names : [...names, "broker > password"];
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return "nothing";
  const more = names.length - MOST_NAMED;
  return names.slice(0, MOST_NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
