/** Tests when boards get their key for updates, and when they lose it. */
import { expect, test } from "vitest";
import { hashGeneratedPassword } from "../../../server/src/security/scrypt.js";
import { UpdateKeys } from "../../../server/src/security/update-keys.js";
import { addUser, changeRole, type RoleAssignment } from "../../../server/src/security/user-changes.js";
import { COMMAND_WORDING } from "../../../server/src/security/wording.js";
import { createTemporaryFolder } from "../support/server.js";

const PASSWORD = hashGeneratedPassword("x");

async function createFolder() {
  const folder = await createTemporaryFolder();
  const keys = new UpdateKeys(folder);
  return {
    hasKey: async (device: string) => (await keys.find(device)) !== undefined,
    addBoard: (name: string, device: string) =>
      addUser(folder, { name, role: "device", device, password: PASSWORD }, COMMAND_WORDING),
    change: (name: string, role: RoleAssignment) => changeRole(folder, name, role, COMMAND_WORDING),
  };
}

test("a refused account leaves no key behind", async () => {
  const { hasKey, addBoard, change } = await createFolder();
  await addBoard("porch", "nightlight/porch");
  await expect(addBoard("porch", "nightlight/shed")).rejects.toThrow("exists already");
  await expect(addBoard("shed", "nightlight/porch/status")).rejects.toThrow("is not allowed");
  await expect(change("nobody", { role: "device", device: "nightlight/shed" })).rejects.toThrow("no user nobody");
  expect(await hasKey("nightlight/porch")).toBe(true);
  expect(await hasKey("nightlight/shed")).toBe(false);
  expect(await hasKey("nightlight/porch/status")).toBe(false);
});

test("a user that becomes a board gets a key, which goes with the last account of the board", async () => {
  const { hasKey, addBoard, change } = await createFolder();
  await addBoard("porch", "nightlight/porch");
  await addBoard("spare", "nightlight/spare");
  await change("spare", { role: "device", device: "nightlight/shed" });
  expect(await hasKey("nightlight/spare")).toBe(false);
  expect(await hasKey("nightlight/shed")).toBe(true);
  await change("spare", { role: "device", device: "nightlight/porch" });
  expect(await hasKey("nightlight/shed")).toBe(false);
  await change("spare", { role: "reader" });
  expect(await hasKey("nightlight/porch"), "another account has the board").toBe(true);
});
