import { fileVariableOf, FLAGS } from "./flag-table.js";
import type { Environment } from "../common/environment.js";
import { findNearest } from "../common/nearest.js";

/** The variable that names the configuration file. */
export const CONFIG_ENV = "NIGHTLIGHT_CONFIG";

const VARIABLE_PREFIX = "NIGHTLIGHT_";

/**
 * All environment variables of the server and its subcommands. The server warns about an unknown variable whose name is
 * similar to one of these.
 */
const KNOWN_VARIABLES = new Set([
  CONFIG_ENV,
  "NIGHTLIGHT_TOKEN",
  ...FLAGS.flatMap((flag) => (flag.secret ? [flag.env, fileVariableOf(flag)] : [flag.env])),
]);

/**
 * Returns warnings about environment variables whose names look misspelled. Ignores other unknown names, which may
 * belong to another program: Kubernetes sets NIGHTLIGHT_PORT and NIGHTLIGHT_SERVICE_HOST for a service called
 * nightlight.
 */
export function misspelledVariableWarnings(env: Environment): string[] {
  const names = Object.keys(env).filter(
    (name) => name.startsWith(VARIABLE_PREFIX) && !KNOWN_VARIABLES.has(name) && env[name],
  );
  const suffixOf = (name: string): string => name.slice(VARIABLE_PREFIX.length);
  return names.flatMap((name) => {
    const meant = findNearest(suffixOf(name), Array.from(KNOWN_VARIABLES, suffixOf));
    return meant ? [`The variable ${name} is no setting; did you mean ${VARIABLE_PREFIX}${meant}?`] : [];
  });
}
