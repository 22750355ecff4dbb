/** Tests what a process that is killed while it changes the users or the update keys leaves behind. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { readFile, readdir, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { changeLockedFile } from "../../../server/src/security/locked-file.js";
import { UpdateKeys } from "../../../server/src/security/update-keys.js";
import { readUsers } from "../../../server/src/security/users-file.js";
import { ROOT } from "../../../scripts/lib/repository.js";
import { addUsers } from "../support/guarded.js";
import { createTemporaryFolder } from "../support/server.js";

/** A file of the data folder that commands change, and a change of it. */
interface LockedFile {
  readonly name: string;
  change(folder: string): Promise<unknown>;
  list(folder: string): Promise<string[]>;
}

const USERS: LockedFile = {
  name: "users.json",
  change: (folder) => addUsers(folder, { ann: "admin" }),
  list: async (folder) => [...(await readUsers(folder)).keys()],
};
const KEYS: LockedFile = {
  name: "update-keys.json",
  change: (folder) => new UpdateKeys(folder).obtain("n/1"),
  list: async (folder) => ((await new UpdateKeys(folder).find("n/1")) ? ["n/1"] : []),
};

/** Kills a process with SIGKILL while it has written half of a file. */
async function killWhileWriting(folder: string, name: string): Promise<void> {
  const lock = path.join(folder, `${name}.new`);
  const script = `
    import { writeFileSync } from "node:fs";
    const { changeLockedFile } = await import("./server/src/security/locked-file.ts");
    await changeLockedFile(process.argv[1], process.argv[2], "the test", () => {
      writeFileSync(process.argv[1] + "/" + process.argv[2] + ".new", '{"version"');
      console.log("writing");
      for (;;);
    });`;
  const args = ["--import", "tsx", "--input-type=module", "-e", script, folder, name];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(existsSync(lock)).toBe(true);
}

/** Lets a file look as if it was written some seconds ago. */
async function age(file: string, seconds: number): Promise<void> {
  const time = Date.now() / 1000 - seconds;
  await utimes(file, time, time);
}

test.each([USERS, KEYS])("a process that is killed while it writes $name blocks nobody for ever", async (file) => {
  const folder = await createTemporaryFolder();
  await file.change(folder);
  const before = await readFile(path.join(folder, file.name), "utf8");
  await killWhileWriting(folder, file.name);
  const lock = path.join(folder, `${file.name}.new`);
  // what was complete is still there, and a lock that is new could belong to a process that works
  expect(await readFile(path.join(folder, file.name), "utf8")).toBe(before);
  expect(await file.list(folder)).toHaveLength(1);
  const change = () => changeLockedFile(folder, file.name, "the test", (text) => text!);
  await expect(change()).rejects.toThrow("Another command is changing the test; try again in 10 s.");
  expect(existsSync(lock)).toBe(true);
  await age(lock, 11);
  await change();
  expect(await file.list(folder)).toHaveLength(1);
  expect(await readdir(folder)).toEqual([file.name]);
});

test("a clock that was set back does not keep the lock of a killed process", async () => {
  const folder = await createTemporaryFolder();
  const lock = path.join(folder, "users.json.new");
  await writeFile(lock, "");
  await age(lock, -3600);
  await USERS.change(folder);
  expect(await USERS.list(folder)).toEqual(["ann"]);
});

test("commands that wait for an abandoned lock together lose no change", async () => {
  const folder = await createTemporaryFolder();
  const lock = path.join(folder, "numbers.new");
  await writeFile(lock, "");
  await age(lock, 11);
  const add = (number: number) =>
    changeLockedFile(folder, "numbers", "the numbers", (text = "") => `${text}${number}\n`);
  await Promise.all([1, 2, 3, 4, 5].map(add));
  const text = await readFile(path.join(folder, "numbers"), "utf8");
  expect(text.split("\n").filter(Boolean).sort().join("")).toBe("12345");
  expect(await readdir(folder)).toEqual(["numbers"]);
});

test("a process whose lock was removed reports that, and leaves the lock of its successor alone", async () => {
  const folder = await createTemporaryFolder();
  const file = path.join(folder, "numbers");
  const lock = `${file}.new`;
  const slow = changeLockedFile(folder, "numbers", "the numbers", () => {
    // as if this process had stood still for long, and another one had removed its lock and created its own
    rmSync(lock);
    writeFileSync(lock, "other");
    return "slow";
  });
  await expect(slow).rejects.toThrow("was replaced by another file while it was written");
  expect(existsSync(file)).toBe(false);
  expect(await readFile(lock, "utf8")).toBe("other");
});
