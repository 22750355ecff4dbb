/** A file system that can be full: a tmpfs of a few megabytes. Only root on Linux may mount one; other tests inject faults. */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import { missing } from "./programs.js";

export interface SmallDisk {
  readonly folder: string;
  /** Leaves no byte free. */
  fill(): void;
  /** Frees what `fill` took. */
  free(): void;
}

function mount(folder: string, options: string): boolean {
  return spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder]).status === 0;
}

function tryMount(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return undefined;
  const folder = mkdtempSync(path.join(tmpdir(), "nightlight-mount-"));
  const mounted = mount(folder, "size=64k");
  if (mounted) spawnSync("umount", [folder]);
  rmdirSync(folder);
  return mounted ? "mount" : undefined;
}

/** Whether tests that need such a disk are to be skipped. */
export const NO_SMALL_DISK = missing(tryMount(), "the right to mount a tmpfs (root on Linux)");

/** A disk of so many megabytes, unmounted after the test. */
export function smallDisk(megabytes: number): SmallDisk {
  const folder = mkdtempSync(path.join(tmpdir(), "nightlight-disk-"));
  if (!mount(folder, `size=${megabytes}m`)) throw new Error(`no tmpfs can be mounted on ${folder}`);
  onTestFinished(() => {
    // lazily, should a process that is ending still have a file open
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
