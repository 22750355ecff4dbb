/** What processes take of the machine, as far as the system tells. */
import { readFileSync } from "node:fs";
import { cpus } from "node:os";

/** CPU time in s, memory in bytes, since it started. */
export interface Usage {
  readonly cpu: number;
  readonly memory: number;
  readonly peak: number;
}

/** Whether other processes can be looked at: Linux shows them in /proc. */
export const CAN_WATCH = process.platform === "linux";

/** Ticks a second of the times in /proc: USER_HZ, which is 100 on every Linux that runs Node (man 5 proc). */
const TICKS = 100;

/** What another process has taken; undefined when it is gone, or cannot be looked at here. */
export function usageOf(pid: number): Usage | undefined {
  if (!CAN_WATCH) return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // the name, in parentheses, may contain anything
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)?.[1] ?? 0);
    return {
      cpu: (Number(fields[11]) + Number(fields[12])) / TICKS,
      memory: kilobytes("VmRSS") * 1024,
      peak: kilobytes("VmHWM") * 1024,
    };
  } catch {
    return undefined;
  }
}

/** How long all processors together were busy since the machine started, in s. */
export function busyTime(): number {
  const spent = cpus().map(({ times }) => times.user + times.nice + times.sys + times.irq);
  return spent.reduce((sum, ms) => sum + ms / 1000, 0);
}

/** The name of a process; its number when it cannot be looked at. */
export function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "latin1").trim();
  } catch {
    return `process ${pid}`;
  }
}

/** What this process has taken. */
export function ownUsage(): Usage {
  const { user, system } = process.cpuUsage();
  const { rss, maxRSS } = { ...process.memoryUsage(), ...process.resourceUsage() };
  return { cpu: (user + system) / 1e6, memory: rss, peak: maxRSS * 1024 };
}

/** Memory that new programs can have without swapping, in bytes. */
export function availableMemory(): number | undefined {
  if (!CAN_WATCH) return undefined;
  const kilobytes = /^MemAvailable:\s*(\d+)/m.exec(readFileSync("/proc/meminfo", "latin1"))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
