/** Mosquitto, tuned for many small messages: no persistence, no Nagle delay, and a large in-flight window. */
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { StartCommand } from "./child.js";

export const MOSQUITTO_CONFIGURATION = [
  "allow_anonymous true",
  "persistence false",
  "set_tcp_nodelay true",
  "max_inflight_messages 1000",
  "max_queued_messages 1000000",
  "log_type none",
];

/** The Mosquitto command, on PATH or in Debian's usual place; undefined when it is not installed. */
export const MOSQUITTO_COMMAND = ["mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"].find(
  (command) => !spawnSync(command, ["-h"], { timeout: 10_000 }).error,
);

/** Advice to the user when Mosquitto is not installed. */
export const MOSQUITTO_INSTALL_HINT = "apt-get install mosquitto, or brew install mosquitto";

/** Writes a configuration file and returns the command that starts Mosquitto on `port`. */
export async function configureMosquitto(port: number, folder: string): Promise<StartCommand> {
  const file = path.join(folder, "mosquitto.conf");
  await writeFile(file, [`listener ${port} 127.0.0.1`, "user root", ...MOSQUITTO_CONFIGURATION, ""].join("\n"));
  return { command: MOSQUITTO_COMMAND!, args: ["-c", file] };
}

/** Returns the installed version, such as "Mosquitto 2.0.11"; `-h` prints "mosquitto version 2.0.11". */
export function readMosquittoVersion(): string {
  const { stdout } = spawnSync(MOSQUITTO_COMMAND!, ["-h"], { encoding: "utf8", timeout: 10_000 });
  return stdout.split("\n")[0].replace("mosquitto version", "Mosquitto");
}
