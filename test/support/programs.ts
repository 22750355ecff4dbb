/** Programs that a test needs beyond npm. Without one, the test says that it is skipped; under NIGHTLIGHT_TEST_ALL=1 it fails. */
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";

/** Whether a program that is missing fails the tests that need it. */
export const TEST_ALL = process.env.NIGHTLIGHT_TEST_ALL === "1";

/** Where a program is: on PATH, or at this very path; undefined when it is not there. */
export function programAt(name: string): string | undefined {
  const folders = path.isAbsolute(name) ? [""] : (process.env.PATH ?? "").split(path.delimiter);
  const file = process.platform === "win32" ? `${name}.exe` : name;
  return folders.map((folder) => path.join(folder, file)).find((candidate) => existsSync(candidate));
}

/** Where the first of these programs is that is there. */
function firstOf(...names: string[]): string | undefined {
  return names.map(programAt).find((found) => found !== undefined);
}

/** Mosquitto, on PATH or where Debian puts it. */
export const MOSQUITTO = firstOf("mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto");

/** `mosquitto_sub`, on PATH. Debian has it and `mosquitto_pub` in a package of their own. */
export const MOSQUITTO_CLIENTS = programAt("mosquitto_sub");

/** Redis, on PATH. */
export const REDIS = firstOf("redis-server", "valkey-server");

/** nginx, on PATH or where Debian puts it. */
export const NGINX = firstOf("nginx", "/usr/sbin/nginx");

/** Caddy, on PATH. */
export const CADDY = programAt("caddy");

/** Traefik, on PATH. Debian has no package of it, so that its tests are skipped even under NIGHTLIGHT_TEST_ALL=1. */
export const TRAEFIK = programAt("traefik");

/** PostgreSQL's initdb, on PATH or where Debian and Homebrew put it, the newest first; `postgres` is beside it. */
export const POSTGRES = firstOf("initdb", ...postgresFolders().map((folder) => path.join(folder, "initdb")));

function postgresFolders(): string[] {
  return ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"].flatMap((above) => {
    const names = existsSync(above) ? readdirSync(above).filter((name) => /^(postgresql@)?\d+$/.test(name)) : [];
    return names
      .sort((a, b) => parseInt(b.replace(/\D/g, "")) - parseInt(a.replace(/\D/g, "")))
      .map((name) => path.join(above, name, "bin"));
  });
}

const said = new Set<string>();

/**
 * For `describe.skipIf(missing(MOSQUITTO, "Mosquitto"))`: true when the program is missing and its tests are to be
 * skipped, which is said once; under NIGHTLIGHT_TEST_ALL=1 never true, so that they fail.
 */
export function missing(program: string | undefined, name: string): boolean {
  if (program || TEST_ALL) return false;
  if (!said.has(name)) console.warn(`skipped: tests that need ${name}, which is not installed here`);
  said.add(name);
  return true;
}
