/** Copies the programs for boards into the package of the server. */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";

/** The files of a program in the package. */
const PROGRAM_FILES = ["program.devs", "firmware.json"];

/**
 * Makes `target` contain the programs in `source`, each in a folder with its description. Writes and deletes only what
 * differs, because a server or another command may be reading `target`.
 */
export async function copyPrograms(source: string, target: string): Promise<void> {
  const names = await readdir(source).catch((): string[] => []);
  // only the firmware of boards has a description, unlike other programs for simulated boards
  const programs = names.filter((name) => existsSync(path.join(source, name, "firmware.json")));
  for (const name of await readdir(target).catch((): string[] => []))
    if (!programs.includes(name)) await rm(path.join(target, name), { recursive: true, force: true });
  for (const name of programs) {
    await mkdir(path.join(target, name), { recursive: true });
    for (const file of PROGRAM_FILES) await copyIfChanged(path.join(source, name, file), path.join(target, name, file));
  }
}

/** Copies a file, unless the copy is up to date. Replaces the copy atomically. */
async function copyIfChanged(from: string, to: string): Promise<void> {
  const content = await readFile(from);
  const copied = await readFile(to).catch(() => undefined);
  if (copied?.equals(content)) return;
  const temporary = `${to}.${process.pid}`;
  await writeFile(temporary, content);
  await rename(temporary, to);
}
