/** Mounts a small tmpfs to test a full disk. Only root on Linux may mount it, so other tests inject write errors. */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import { isMissing } from "./programs.js";

export interface SmallDisk {
  readonly folder: string;
  /** Fills the disk completely. */
  fill(): void;
  /** Frees the space that `fill` used. */
  free(): void;
}

function mountTmpfs(folder: string, options: string): boolean {
  return spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder]).status === 0;
}

function tryMount(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return undefined;
  const folder = mkdtempSync(path.join(tmpdir(), "nightlight-mount-"));
  const mounted = mountTmpfs(folder, "size=64k");
  if (mounted) spawnSync("umount", [folder]);
  rmdirSync(folder);
  return mounted ? "mount" : undefined;
}

/** Whether to skip tests that need a small disk. */
export const NO_SMALL_DISK = isMissing(tryMount(), "the right to mount a tmpfs (root on Linux)");

/** Mounts a disk of this size, in MB. The disk is unmounted after the test. */
export function mountSmallDisk(megabytes: number): SmallDisk {
  const folder = mkdtempSync(path.join(tmpdir(), "nightlight-disk-"));
  if (!mountTmpfs(folder, `size=${megabytes}m`)) throw new Error(`Mounting a tmpfs on ${folder} failed.`);
  onTestFinished(() => {
    // unmounts the disk lazily, because an exiting process may still have a file open
    spawnSync("umount", ["--lazy", folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  const filler = path.join(folder, "filler");
  return {
    folder,
    fill() {
      const fd = openSync(filler, "a");
      const block = Buffer.alloc(65_536);
      for (let size = block.length; size > 0;) {
        try {
          writeSync(fd, block, 0, size);
        } catch {
          size = Math.floor(size / 2);
        }
      }
      closeSync(fd);
    },
    free: () => rmSync(filler, { force: true }),
  };
}
