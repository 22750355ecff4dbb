import { fileVariableOf, FLAGS } from "./flag-table.js";
import { nearest } from "../common/nearest.js";

/** The environment, as `process.env` is. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variable that names the configuration file. */
export const CONFIG_ENV = "NIGHTLIGHT_CONFIG";

const PREFIX = "NIGHTLIGHT_";

/** The variables of the server, and those of its subcommands. */
const KNOWN = new Set([
  CONFIG_ENV,
  "NIGHTLIGHT_TOKEN",
  ...FLAGS.flatMap((flag) => (flag.secret ? [flag.env, fileVariableOf(flag)] : [flag.env])),
]);

/**
 * Sentences about variables whose names look misspelt. Others may be of another program: Kubernetes, for one, sets
 * NIGHTLIGHT_PORT and NIGHTLIGHT_SERVICE_HOST for a service called nightlight.
 */
export function unknownVariables(env: Environment): string[] {
  const names = Object.keys(env).filter((name) => name.startsWith(PREFIX) && !KNOWN.has(name) && env[name]);
  const suffix = (name: string): string => name.slice(PREFIX.length);
  return names.flatMap((name) => {
    const meant = nearest(suffix(name), Array.from(KNOWN, suffix));
    return meant ? [`The variable ${name} is no setting; did you mean ${PREFIX}${meant}?`] : [];
  });
}
