/** Mosquitto with the files of docs/how-to/mosquitto, with other paths and another port. */
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startMosquitto, type Mosquitto } from "../../support/mosquitto.js";
import { MOSQUITTO } from "../../support/programs.js";
import { passwordOf } from "./guarded.js";

const DOCS = fileURLToPath(new URL("../../../docs/how-to/mosquitto/", import.meta.url));

/** The lines of mosquitto.conf that are not about where things are. */
async function configuration(folder: string): Promise<string[]> {
  const text = await readFile(path.join(DOCS, "mosquitto.conf"), "utf8");
  return text
    .replaceAll("/etc/mosquitto/", `${folder}${path.sep}`)
    .replaceAll("/var/lib/mosquitto/", `${folder}${path.sep}`)
    .split(/\r?\n/)
    .filter((line) => !/^(listener|set_tcp_nodelay|max_queued_messages|persistence\b|#|$)/.test(line));
}

/** The lines of nightlight.acl. */
export async function documentedAcl(): Promise<string> {
  return readFile(path.join(DOCS, "nightlight.acl"), "utf8");
}

/**
 * Starts it with these users, whose passwords are those of `as`.
 * @param furtherAcl added to nightlight.acl
 */
export async function startDocumentedMosquitto(
  users: readonly string[],
  furtherAcl = "",
): Promise<Mosquitto & { readonly folder: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), "nightlight-acl-"));
  const passwords = path.join(folder, "nightlight.passwd");
  const program = MOSQUITTO!.replace(/^.*mosquitto$/, "mosquitto_passwd");
  users.forEach((name, n) => {
    const create = n === 0 ? ["-c"] : [];
    const { status, stderr } = spawnSync(program, [...create, "-b", passwords, name, passwordOf(name)]);
    if (status !== 0) throw new Error(`mosquitto_passwd failed: ${String(stderr)}`);
  });
  await writeFile(path.join(folder, "nightlight.acl"), `${await documentedAcl()}\n${furtherAcl}`);
  const mosquitto = await startMosquitto({ persistent: false, lines: await configuration(folder) });
  const remove = async (): Promise<void> => {
    await mosquitto.remove();
    await rm(folder, { recursive: true, force: true });
  };
  return { ...mosquitto, folder, remove };
}
