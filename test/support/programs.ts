/** Programs that a test needs beyond npm. Without one, the test says that it is skipped; under NIGHTLIGHT_TEST_ALL=1 it fails. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";

/** Whether a program that is missing fails the tests that need it. */
export const TEST_ALL = process.env.NIGHTLIGHT_TEST_ALL === "1";

/** The first of `candidates` that runs with `args`, by exit code 0 or any output; undefined when none does. */
function firstThatRuns(candidates: string[], args: string[]): string | undefined {
  return candidates.find((name) => {
    const { error, status } = spawnSync(name, args, { timeout: 10_000 });
    return !error && status !== null && status <= 3;
  });
}

/** Mosquitto, on PATH or where Debian puts it. */
export const MOSQUITTO = firstThatRuns(["mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"], ["-h"]);

/** `mosquitto_sub`, on PATH. Debian has it and `mosquitto_pub` in a package of their own. */
export const MOSQUITTO_CLIENTS = firstThatRuns(["mosquitto_sub"], ["--help"]);

/** Redis, on PATH. */
export const REDIS = firstThatRuns(["redis-server", "valkey-server"], ["--version"]);

/** nginx, on PATH or where Debian puts it. */
export const NGINX = firstThatRuns(["nginx", "/usr/sbin/nginx"], ["-v"]);

/** Caddy, on PATH. */
export const CADDY = firstThatRuns(["caddy"], ["version"]);

/** Traefik, on PATH. Debian has no package of it, so that its tests are skipped even under NIGHTLIGHT_TEST_ALL=1. */
export const TRAEFIK = firstThatRuns(["traefik"], ["version"]);

/** PostgreSQL's initdb, on PATH or where Debian and Homebrew put it, the newest first; `postgres` is beside it. */
export const POSTGRES = firstThatRuns(
  ["initdb", ...postgresFolders().map((folder) => path.join(folder, "initdb"))],
  ["--version"],
);

function postgresFolders(): string[] {
  return ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"].flatMap((above) => {
    const names = existsSync(above) ? readdirSync(above).filter((name) => /^(postgresql@)?\d+$/.test(name)) : [];
    return names
      .sort((a, b) => parseInt(b.replace(/\D/g, "")) - parseInt(a.replace(/\D/g, "")))
      .map((name) => path.join(above, name, "bin"));
  });
}

/** A Python that has Paho, which the lesson's programs use. */
export const PYTHON_WITH_PAHO = ["python3", "/usr/bin/python3", "python"].find(
  (name) => spawnSync(name, ["-c", "import paho.mqtt.client"], { timeout: 10_000 }).status === 0,
);

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
