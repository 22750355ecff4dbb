import { COMMAND_NAME } from "../common/command-name.js";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { idProblem } from "../../../contract/index.js";
import { codeOf, StartError, textOf } from "../common/errors.js";
import { ROLES } from "./accounts.js";
import { changeLockedFile } from "./locked-file.js";
import { isStoredPassword } from "./scrypt.js";
import { StoredToken } from "./tokens.js";
import { UserError } from "./user-error.js";

/** Pattern of a user name: only characters that are safe in topics, ACL patterns and command lines. */
export const USER_NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

const StoredUser = z.strictObject({
  role: z.enum(ROLES),
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
  const remedy = `put a copy of it back, or remove it and add the users again with ${COMMAND_NAME} user add.`;
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

/**
 * Changes the users atomically, see `changeLockedFile`.
 * @throws StartError when the file is damaged, a symbolic link, or not writable
 */
export async function changeUsers(folder: string, change: (users: Map<string, StoredUser>) => unknown): Promise<void> {
  await changeLockedFile(folder, USERS_FILE_NAME, "the users", async (text) => {
    const users = new Map(text === undefined ? [] : parseUsers(usersFilePath(folder), text));
    await change(users);
    const sorted = [...users].sort(([a], [b]) => (a < b ? -1 : 1));
    return JSON.stringify({ version: 1, users: Object.fromEntries(sorted) }, null, 2) + "\n";
  });
}
