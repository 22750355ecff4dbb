/** Starts Mosquitto with the files of docs/how-to/mosquitto, adapted to temporary paths and a free port. */
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startMosquitto, type Mosquitto } from "../../support/mosquitto.js";
import { MOSQUITTO } from "../../support/programs.js";
import { passwordOf } from "./guarded.js";

const DOCS_FOLDER = fileURLToPath(new URL("../../../docs/how-to/mosquitto/", import.meta.url));

/** Returns the lines of mosquitto.conf with paths in `folder`, except the lines that `startMosquitto` sets itself. */
async function readConfiguration(folder: string): Promise<string[]> {
  const text = await readFile(path.join(DOCS_FOLDER, "mosquitto.conf"), "utf8");
  return text
    .replaceAll("/etc/mosquitto/", `${folder}${path.sep}`)
    .replaceAll("/var/lib/mosquitto/", `${folder}${path.sep}`)
    .split(/\r?\n/)
    .filter((line) => !/^(listener|set_tcp_nodelay|max_queued_messages|persistence\b|#|$)/.test(line));
}

/** Returns the access control list of the documentation, nightlight.acl. */
export async function readDocumentedAcl(): Promise<string> {
  return readFile(path.join(DOCS_FOLDER, "nightlight.acl"), "utf8");
}

/**
 * Starts Mosquitto with these users, whose passwords come from `passwordOf`.
 * @param furtherAcl lines to append to nightlight.acl
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
  await writeFile(path.join(folder, "nightlight.acl"), `${await readDocumentedAcl()}\n${furtherAcl}`);
  const mosquitto = await startMosquitto({ persistent: false, lines: await readConfiguration(folder) });
  const remove = async (): Promise<void> => {
    await mosquitto.remove();
    await rm(folder, { recursive: true, force: true });
  };
  return { ...mosquitto, folder, remove };
}
