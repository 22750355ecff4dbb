/** Tests link attacks: root adds a user in another account's folder, which contains links instead of the users file. */
import { linkSync, renameSync, symlinkSync } from "node:fs";
import { chown, lstat, mkdir, readFile, readdir, stat, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { hashGeneratedPassword } from "../../../server/src/security/scrypt.js";
import { changeUsers, readUsers, usersFilePath } from "../../../server/src/security/users-file.js";
import { addUsers } from "../support/guarded.js";
import { createTemporaryFolder } from "../support/server.js";

const IS_WINDOWS = process.platform === "win32";
/** Whether this process is root, which alone can change the owner of a file. */
const IS_ROOT = process.getuid?.() === 0;
/** The user id of the account that owns the data folder in these tests. The account is not root. */
const OWNER_UID = 65534;

/** Creates a folder of another account with a users file, and a file and a folder that only root may change. */
async function createFolders(): Promise<{ folder: string; victim: string; elsewhere: string }> {
  const top = await createTemporaryFolder();
  const [folder, elsewhere] = [path.join(top, "data"), path.join(top, "root")];
  const victim = path.join(elsewhere, "victim");
  for (const made of [folder, elsewhere]) await mkdir(made);
  await writeFile(victim, "root's own", { mode: 0o600 });
  if (IS_ROOT) await chown(folder, OWNER_UID, OWNER_UID);
  await addUsers(folder, { ann: "admin" });
  return { folder, victim, elsewhere };
}

describe.skipIf(IS_WINDOWS)("root adds a user in the folder of another account", () => {
  test.skipIf(!IS_ROOT)("the new file belongs to the folder's owner, who alone can read the file", async () => {
    const { folder } = await createFolders();
    const { uid, gid, mode } = await stat(usersFilePath(folder));
    expect({ uid, gid, mode: mode & 0o777 }).toEqual({ uid: OWNER_UID, gid: OWNER_UID, mode: 0o600 });
  });

  test.each([
    ["symbolic link", symlinkSync],
    ["hard link", linkSync],
  ])(
    "if the owner swaps the new file for a %s, nothing else changes and the command reports the swap",
    async (_what, link) => {
      const { folder, victim } = await createFolders();
      const before = await stat(victim);
      const change = changeUsers(folder, (users) => {
        users.clear();
        renameSync(`${usersFilePath(folder)}.new`, path.join(folder, "aside"));
        link(victim, `${usersFilePath(folder)}.new`);
      });
      await expect(change).rejects.toThrow(/users\.json\.new was replaced by another file while it was written/);
      const { uid, gid, mode } = await stat(victim);
      expect({ uid, gid, mode }).toEqual({ uid: before.uid, gid: before.gid, mode: before.mode });
      expect(await readFile(victim, "utf8")).toBe("root's own");
      expect([...(await readUsers(folder)).keys()]).toEqual(["ann"]);
    },
  );

  test.skipIf(process.platform !== "linux")(
    "if the folder is swapped for a link to another folder, the other folder stays unchanged",
    async () => {
      const { folder, elsewhere } = await createFolders();
      const moved = `${folder}-moved`;
      await changeUsers(folder, (users) => {
        users.delete("ann");
        renameSync(folder, moved);
        symlinkSync(elsewhere, folder);
      });
      expect(await readdir(elsewhere)).toEqual(["victim"]);
      expect(await readUsers(moved)).toEqual(new Map());
    },
  );

  test("a symbolic link with the new file's name is neither followed nor removed", async () => {
    const { folder, victim } = await createFolders();
    await symlink(victim, `${usersFilePath(folder)}.new`);
    await expect(addUsers(folder, { bob: "admin" })).rejects.toThrow(/Another command is changing the users/);
    expect(await readFile(victim, "utf8")).toBe("root's own");
    expect((await lstat(`${usersFilePath(folder)}.new`)).isSymbolicLink()).toBe(true);
  });

  test("if users.json is a link to the users of another server, those users are not copied", async () => {
    const { folder } = await createFolders();
    const other = await createTemporaryFolder();
    await addUsers(other, { secret: "admin" });
    const linked = path.join(path.dirname(folder), "linked");
    await mkdir(linked);
    symlinkSync(usersFilePath(other), usersFilePath(linked));
    await expect(addUsers(linked, { bob: "admin" })).rejects.toThrow(/users\.json is a symbolic link.*--data/);
    expect((await lstat(usersFilePath(linked))).isSymbolicLink()).toBe(true);
    if (!IS_ROOT) return;
    const hard = path.join(path.dirname(folder), "hard");
    await mkdir(hard);
    linkSync(usersFilePath(folder), usersFilePath(hard));
    await expect(addUsers(hard, { bob: "admin" })).rejects.toThrow(/users\.json has a second name/);
  });

  test("a folder named users.json causes an error sentence", async () => {
    const folder = await createTemporaryFolder();
    await mkdir(usersFilePath(folder));
    await expect(addUsers(folder, { bob: "admin" })).rejects.toThrow(/users\.json is not a plain file/);
    expect(await readdir(folder)).toEqual(["users.json"]);
  });

  test("an attacker who keeps replacing links gets no file of root", async () => {
    const { folder, victim, elsewhere } = await createFolders();
    const attack = `
      const { renameSync, symlinkSync, unlinkSync } = require("node:fs");
      const [next, victim] = process.argv.slice(1);
      const attempt = (step) => { try { step(); return true; } catch { return false; } };
      console.log("ready");
      for (;;) if (attempt(() => renameSync(next, next + ".aside"))) {
        attempt(() => symlinkSync(victim, next));
        // waits up to 10 ms, which is sometimes long enough for a write to the disk
        for (const until = performance.now() + Math.random() * 10; performance.now() < until; );
        attempt(() => unlinkSync(next));
      }`;
    const attacker = spawn(process.execPath, ["-e", attack, `${usersFilePath(folder)}.new`, victim]);
    onTestFinished(() => void attacker.kill("SIGKILL"));
    await once(attacker.stdout, "data");
    let refused = 0;
    const deadline = performance.now() + 60_000;
    for (let n = 0; refused < 5 && performance.now() < deadline; n++) {
      const password = hashGeneratedPassword(`password ${n}`);
      await changeUsers(folder, (users) => users.set(`user-${n % 50}`, { role: "reader", password, tokens: [] })).catch(
        () => refused++,
      );
    }
    attacker.kill("SIGKILL");
    await once(attacker, "exit");
    expect(refused).toBe(5);
    const { uid, mode, size } = await stat(victim);
    expect({ uid, mode: mode & 0o777, size }).toEqual({ uid: process.getuid!(), mode: 0o600, size: 10 });
    expect(await readdir(elsewhere)).toEqual(["victim"]);
  });
});
