import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { idProblem } from "../../../contract/index.js";
import { codeOf, StartError, textOf } from "../common/errors.js";
import { FolderHandle } from "./folder-handle.js";
import { isStoredPassword } from "./scrypt.js";
import { StoredToken } from "./tokens.js";
import { UserError } from "./user-error.js";

/** Pattern of a user name: only characters that are safe in topics, ACL patterns and command lines. */
export const USER_NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

const StoredUser = z.strictObject({
  role: z.enum(["admin", "reader", "device"]),
  device: z
    .string()
    .refine((id) => !idProblem(id), "is no device id")
    .optional(),
  password: z.string().refine(isStoredPassword, "is no hash of a password"),
  tokens: z.array(StoredToken).default([]),
});

const UsersFile = z.strictObject({
  version: z.literal(1),
  users: z.record(z.string().regex(USER_NAME_PATTERN, "is no user name"), StoredUser),
});

/** A user in `users.json`. */
export type StoredUser = z.infer<typeof StoredUser>;

/** All users of the users file, by name. */
export type StoredUsers = ReadonlyMap<string, StoredUser>;

const USERS_FILE_NAME = "users.json";
/** Name of the new users file while a command writes it. The file also serves as a lock between commands. */
const NEW_USERS_FILE_NAME = `${USERS_FILE_NAME}.new`;

/** Returns the path of the users file in a data folder. */
export function usersFilePath(folder: string): string {
  return join(folder, USERS_FILE_NAME);
}

/**
 * Reads the users. A missing file means no users.
 * @throws StartError that says what is wrong with the file and what to do
 */
export async function readUsers(folder: string): Promise<StoredUsers> {
  const file = usersFilePath(folder);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return new Map();
    throw new StartError(`The users in ${file} cannot be read (${textOf(error)}); let this account read that file.`);
  }
  return parseUsers(file, text);
}

function parseUsers(file: string, text: string): StoredUsers {
  const remedy = "put a copy of it back, or remove it and add the users again with nightlight-server user add.";
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new StartError(`The users in ${file} are damaged (${textOf(error)}); ${remedy}`);
  }
  const { data, error } = UsersFile.safeParse(json);
  if (error) {
    const [{ path, message }] = error.issues;
    throw new StartError(`The users in ${file} are damaged (${path.join(".") || "the file"}: ${message}); ${remedy}`);
  }
  for (const [name, { role, device }] of Object.entries(data.users))
    if ((role === "device") !== (device !== undefined))
      throw new StartError(
        `The users in ${file} are damaged (${name}: a device, and nobody else, has a device id); ${remedy}`,
      );
  return new Map(Object.entries(data.users));
}

/** Finds a user by name. @throws UserError when no user has this name */
export function getUser(users: StoredUsers, name: string): StoredUser {
  const user = users.get(name);
  if (user) return user;
  const names = [...users.keys()].slice(0, 10).join(", ");
  throw new UserError("unknown", `There is no user ${name}${names ? `; there are: ${names}` : ", and no other"}.`);
}

/** How long a command waits while another command writes the file, in ms. After this time, the command fails. */
const LOCK_WAIT_TIME = 2000;

/**
 * Changes the users atomically, also with concurrent readers and writers. If `change` throws, nothing changes. Only the owner
 * can read the file; when root changes the file, the owner of the folder becomes its owner.
 * @throws StartError when the file is damaged, a symbolic link, or not writable
 */
export async function changeUsers(folder: string, change: (users: Map<string, StoredUser>) => void): Promise<void> {
  const file = usersFilePath(folder);
  const handle = await FolderHandle.open(folder);
  try {
    // the temporary file is the lock that keeps other commands out
    const output = await acquireLock(handle, folder);
    try {
      const text = await handle.readFile(USERS_FILE_NAME);
      const users = new Map(text === undefined ? [] : parseUsers(file, text));
      change(users);
      const sorted = [...users].sort(([a], [b]) => (a < b ? -1 : 1));
      await output.writeFile(JSON.stringify({ version: 1, users: Object.fromEntries(sorted) }, null, 2) + "\n");
      await output.sync();
      await handle.replaceFile(output, NEW_USERS_FILE_NAME, USERS_FILE_NAME);
    } catch (error) {
      await output.close();
      await handle.removeFile(NEW_USERS_FILE_NAME);
      throw error;
    }
  } catch (error) {
    throw codeOf(error)
      ? new StartError(`The users in ${file} cannot be written (${handle.messageOf(error)}).`)
      : error;
  } finally {
    await handle.close();
  }
}

async function acquireLock(handle: FolderHandle, folder: string) {
  const deadline = performance.now() + LOCK_WAIT_TIME;
  for (;;) {
    try {
      return await handle.createFile(NEW_USERS_FILE_NAME);
    } catch (error) {
      if (codeOf(error) !== "EEXIST")
        throw new StartError(
          `The data folder ${folder} cannot be written (${handle.messageOf(error)}); choose another with --data.`,
        );
      if (performance.now() > deadline)
        throw new StartError(
          `Another command is changing the users; try again. If none is, it was interrupted: delete ${join(folder, NEW_USERS_FILE_NAME)}.`,
        );
      await sleep(50);
    }
  }
}
