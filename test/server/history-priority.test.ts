/** Tests that the history thread runs with a lower priority than the rest of the server. */
import { readdirSync, readFileSync } from "node:fs";
import os from "node:os";
import { describe, expect, test } from "vitest";
import { lowerThreadPriority } from "../../server/src/history/priority.js";
import { openSqliteHistory } from "./support/history.js";
import { createTemporaryFolder } from "./support/server.js";

/** Returns the niceness of each thread of this process, by thread id. */
function readNicenessByThread(): Map<string, number> {
  const found = new Map<string, number>();
  for (const id of readdirSync("/proc/self/task"))
    try {
      const stat = readFileSync(`/proc/self/task/${id}/stat`, "utf8");
      // field 2, the name in parentheses, may contain spaces; field 19 is the niceness (proc_pid_stat(5))
      found.set(id, Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]));
    } catch {
      // the thread has ended
    }
  return found;
}

describe.skipIf(process.platform !== "linux" || os.getPriority() >= 5)("on Linux", () => {
  test("only the history thread has a higher niceness", async () => {
    const before = readNicenessByThread();
    const kept = await openSqliteHistory(await createTemporaryFolder());
    const after = readNicenessByThread();
    // a thread of before may belong to another test file in this process
    expect([...after].filter(([id, nice]) => nice === 5 && !before.has(id))).toHaveLength(1);
    for (const [id, nice] of before) if (after.has(id)) expect(after.get(id)).toBe(nice);
    expect(after.get(String(process.pid))).toBe(os.getPriority());
    await kept.close();
  });
});

describe("another system", () => {
  const createFakeSystem = (platform: NodeJS.Platform, nice: number) => {
    const set: number[] = [];
    const setPriority = (...nice: number[]): void => void set.push(...nice);
    return { set, platform: () => platform, getPriority: () => nice, setPriority } as unknown as typeof os & {
      readonly set: number[];
    };
  };

  test("the priority stays unchanged on macOS and Windows, and when the server already has a high niceness", () => {
    for (const one of [
      createFakeSystem("darwin", 0),
      createFakeSystem("win32", 0),
      createFakeSystem("linux", 5),
      createFakeSystem("linux", 19),
    ]) {
      lowerThreadPriority(one);
      expect(one.set).toEqual([]);
    }
    const linux = createFakeSystem("linux", 0);
    lowerThreadPriority(linux);
    expect(linux.set).toEqual([5]);
  });

  test("an operating system that forbids the change is ignored", () => {
    const throwForbidden = (): never => {
      throw new Error("EACCES: permission denied");
    };
    expect(() => lowerThreadPriority({ ...createFakeSystem("linux", 0), setPriority: throwForbidden })).not.toThrow();
    expect(() => lowerThreadPriority({ ...createFakeSystem("linux", 0), getPriority: throwForbidden })).not.toThrow();
  });
});
