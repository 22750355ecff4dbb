/** A lock file that lets one process at a time build the firmware. */
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT } from "../lib/repository.js";

const LOCK_FILE = path.join(ROOT, ".devicescript", "building");
/**
 * Age in ms after which a lock is stale. A killed build leaves its lock behind, and its process id alone does not show
 * this, because another process may get the same id.
 */
const STALE_LOCK_AGE = 120_000;

/** Waits until no other process builds the firmware, then runs a build. */
export async function withBuildLock(build: () => Promise<void>): Promise<void> {
  await mkdir(path.dirname(LOCK_FILE), { recursive: true });
  for (let attempt = 0; ; attempt++) {
    const error = await writeFile(LOCK_FILE, String(process.pid), { flag: "wx" }).catch(
      (e: NodeJS.ErrnoException) => e,
    );
    if (!error) break;
    if (error.code !== "EEXIST") throw error;
    if (attempt === 10) console.error("Waiting for another build of the firmware to finish …");
    if (await isHeld()) await sleep(100);
    else await rm(LOCK_FILE, { force: true });
  }
  try {
    await build();
  } finally {
    await rm(LOCK_FILE, { force: true });
  }
}

/** Returns the id of the process that wrote the lock; 0 if the lock is empty or gone. */
const readHolder = (): Promise<number> => readFile(LOCK_FILE, "utf8").then(Number, () => 0);

/** Returns whether the process that wrote the lock still runs, and the lock is not stale. */
async function isHeld(): Promise<boolean> {
  const holder = await readHolder();
  // A lock that has just vanished is not stale. Deleting it could delete the lock of a further process.
  const written = await stat(LOCK_FILE).then((info) => info.mtimeMs, () => Infinity); // prettier-ignore
  if (Date.now() - written > STALE_LOCK_AGE) return false;
  try {
    // Signal 0 tests whether a process exists. Process 0 (this process group) always exists.
    return process.kill(holder, 0);
  } catch (error) {
    // a further process may have the lock by now
    return (error as NodeJS.ErrnoException).code === "EPERM" || (await readHolder()) !== holder;
  }
}
