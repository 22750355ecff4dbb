/** Mosquitto, as it is good for many small messages: no disk, no delay, no window in the way of any peer. */
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { Program } from "./child.js";

export const CONFIGURATION = [
  "allow_anonymous true",
  "persistence false",
  "set_tcp_nodelay true",
  "max_inflight_messages 1000",
  "max_queued_messages 1000000",
  "log_type none",
];

/** On PATH, or where Debian puts it; undefined when there is none. */
export const MOSQUITTO = ["mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"].find(
  (command) => !spawnSync(command, ["-h"], { timeout: 10_000 }).error,
);

/** What to do when there is none. */
export const MOSQUITTO_MISSING = "apt-get install mosquitto, or brew install mosquitto";

export async function mosquitto(port: number, folder: string): Promise<Program> {
  const file = path.join(folder, "mosquitto.conf");
  await writeFile(file, [`listener ${port} 127.0.0.1`, "user root", ...CONFIGURATION, ""].join("\n"));
  return { command: MOSQUITTO!, args: ["-c", file] };
}

/** "mosquitto version 2.0.11" */
export function mosquittoVersion(): string {
  const { stdout } = spawnSync(MOSQUITTO!, ["-h"], { encoding: "utf8", timeout: 10_000 });
  return stdout.split("\n")[0].replace("mosquitto version", "Mosquitto");
}
