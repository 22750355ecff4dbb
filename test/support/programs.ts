/** Finds external programs for tests. Tests of a missing program are skipped, or fail with NIGHTLIGHT_TEST_ALL=1. */
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";

/** Whether tests that need a missing program fail. Otherwise, these tests are skipped. */
export const TEST_ALL = process.env.NIGHTLIGHT_TEST_ALL === "1";

/** Returns the path of a program given by name (searched on PATH) or absolute path; undefined when it does not exist. */
export function findProgram(name: string): string | undefined {
  const folders = path.isAbsolute(name) ? [""] : (process.env.PATH ?? "").split(path.delimiter);
  const file = process.platform === "win32" ? `${name}.exe` : name;
  return folders.map((folder) => path.join(folder, file)).find((candidate) => existsSync(candidate));
}

/** Returns the path of the first program that exists. */
function findFirstProgram(...names: string[]): string | undefined {
  return names.map(findProgram).find((found) => found !== undefined);
}

/** Path of Mosquitto, on PATH or in Debian's usual place; undefined when it is not installed. */
export const MOSQUITTO = findFirstProgram("mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto");

/** Path of `mosquitto_sub`, on PATH. Debian's package `mosquitto-clients` also contains `mosquitto_pub`. */
export const MOSQUITTO_CLIENTS = findProgram("mosquitto_sub");

/** Path of Redis or its fork Valkey, on PATH; undefined when neither is installed. */
export const REDIS = findFirstProgram("redis-server", "valkey-server");

/** Path of nginx, on PATH or in Debian's usual place; undefined when it is not installed. */
export const NGINX = findFirstProgram("nginx", "/usr/sbin/nginx");

/** Path of Caddy, on PATH; undefined when it is not installed. */
export const CADDY = findProgram("caddy");

/** Path of promtool, on PATH. Debian's package `prometheus` contains it. */
export const PROMTOOL = findProgram("promtool");

/** Path of Traefik, on PATH. NIGHTLIGHT_TEST_ALL=1 does not require Traefik, because Debian has no package of it. */
export const TRAEFIK = findProgram("traefik");

/** Path of PostgreSQL's `initdb`: on PATH, or the newest of Debian or Homebrew. `postgres` is in the same folder. */
export const POSTGRES = findFirstProgram(
  "initdb",
  ...listPostgresFolders().map((folder) => path.join(folder, "initdb")),
);

function listPostgresFolders(): string[] {
  return ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"].flatMap((above) => {
    const names = existsSync(above) ? readdirSync(above).filter((name) => /^(postgresql@)?\d+$/.test(name)) : [];
    return names
      .sort((a, b) => parseInt(b.replace(/\D/g, "")) - parseInt(a.replace(/\D/g, "")))
      .map((name) => path.join(above, name, "bin"));
  });
}

const warnedPrograms = new Set<string>();

/**
 * Returns whether to skip the tests that need a program, because it is missing; prints one warning per missing program.
 * Always false with NIGHTLIGHT_TEST_ALL=1, so that the tests fail. Usage: `describe.skipIf(isMissing(MOSQUITTO, "Mosquitto"))`.
 */
export function isMissing(program: string | undefined, name: string): boolean {
  if (program || TEST_ALL) return false;
  if (!warnedPrograms.has(name)) console.warn(`Skipping tests that need ${name}, because it is not installed.`);
  warnedPrograms.add(name);
  return true;
}
