/** Reads CPU time and memory of processes from the operating system. */
import { readFileSync } from "node:fs";
import { cpus } from "node:os";

/** CPU time and memory of a process. */
export interface ProcessUsage {
  /** CPU time since the process started, in s. */
  readonly cpu: number;
  /** Resident memory, in bytes. */
  readonly memory: number;
  /** Largest resident memory since the process started, in bytes. */
  readonly peak: number;
}

/** Whether other processes can be measured. Only Linux has the necessary /proc file system. */
export const CAN_MEASURE_PROCESSES = process.platform === "linux";

/** Clock ticks per second in /proc: USER_HZ, which is 100 on every Linux that runs Node (man 5 proc). */
const TICKS_PER_SECOND = 100;

/** Returns the usage of another process, or undefined when the process has ended or cannot be measured. */
export function readUsage(pid: number): ProcessUsage | undefined {
  if (!CAN_MEASURE_PROCESSES) return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // the process name in parentheses may contain spaces and parentheses
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    const readKilobytes = (name: string): number =>
      Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)?.[1] ?? 0);
    return {
      cpu: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
      memory: readKilobytes("VmRSS") * 1024,
      peak: readKilobytes("VmHWM") * 1024,
    };
  } catch {
    return undefined;
  }
}

/** Returns the CPU time of all processors since the machine started, in s, without idle time. */
export function readTotalCpuTime(): number {
  const spent = cpus().map(({ times }) => times.user + times.nice + times.sys + times.irq);
  return spent.reduce((sum, ms) => sum + ms / 1000, 0);
}

/** Returns the name of a process, or `process <pid>` when the name cannot be read. */
export function readProcessName(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "latin1").trim();
  } catch {
    return `process ${pid}`;
  }
}

/** Returns CPU time and memory of the current process. */
export function readOwnUsage(): ProcessUsage {
  const { user, system } = process.cpuUsage();
  const { rss, maxRSS } = { ...process.memoryUsage(), ...process.resourceUsage() };
  return { cpu: (user + system) / 1e6, memory: rss, peak: maxRSS * 1024 };
}

/** Returns the memory that new programs can use without swapping, in bytes; undefined on systems other than Linux. */
export function readAvailableMemory(): number | undefined {
  if (!CAN_MEASURE_PROCESSES) return undefined;
  const kilobytes = /^MemAvailable:\s*(\d+)/m.exec(readFileSync("/proc/meminfo", "latin1"))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
