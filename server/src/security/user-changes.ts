import { DEFAULT_PREFIX, idProblem, serverStatusTopic, topicOf } from "../../../contract/index.js";
import type { Role } from "./accounts.js";
import { sha256Of, generateToken, type StoredPassword } from "./scrypt.js";
import { parseExpiry, tokenIdOf, type StoredToken } from "./tokens.js";
import { UserError } from "./user-error.js";
import { changeUsers, USER_NAME_PATTERN, getUser, type StoredUser, type StoredUsers } from "./users-file.js";
import { UpdateKeys } from "./update-keys.js";
import type { Wording } from "./wording.js";

/** The role of a user. `device` is the device id of a board; only a user with the role `device` has one. */
export interface RoleAssignment {
  readonly role: Role;
  readonly device?: string;
}

/** Checks the name of a new user. @throws UserError when the name is not allowed */
export function checkUserName(name: string): void {
  if (!USER_NAME_PATTERN.test(name))
    throw new UserError(
      "invalid",
      `"${name}" cannot be a user name: it begins with a letter or digit, and has up to 64 letters, digits and . _ @ -`,
    );
}

/** Checks the device id of a user. @throws UserError when the id is not allowed */
export function checkDeviceId(device: string, wording: Wording): void {
  const problem = idProblem(device) || (device === DEFAULT_PREFIX ? "its status would be the server's own" : "");
  if (problem) throw new UserError("invalid", `${wording.deviceInput} "${device}" is not allowed: ${problem}.`);
}

/**
 * Rejects a device id if the status topic of one device would be the server status topic of another.
 * @throws UserError when the id is not allowed
 */
function checkStatusTopics(device: string, users: ReadonlyMap<string, StoredUser>, wording: Wording): void {
  for (const { device: other } of users.values())
    for (const [above, below] of [
      [device, other],
      [other, device],
    ])
      if (above && below && topicOf(above, "status") === serverStatusTopic(below))
        throw new UserError(
          "conflict",
          `${wording.deviceInput} "${device}" is not allowed: ${above}/status is the server status for ${below}; give one of them another id.`,
        );
}

/**
 * Checks the device id of an account that is about to be stored, and creates the key of its board for updates. The key
 * comes last, so that a refused change leaves none behind.
 * @throws UserError when the device id conflicts with another; StartError when the key cannot be stored
 */
async function prepareDevice(
  folder: string,
  device: string | undefined,
  others: ReadonlyMap<string, StoredUser>,
  wording: Wording,
): Promise<void> {
  if (device === undefined) return;
  checkStatusTopics(device, others, wording);
  await new UpdateKeys(folder).obtain(device);
}

/** Deletes the key of a board unless another account belongs to the board. */
async function removeUnusedKey(folder: string, device: string | undefined, users: StoredUsers): Promise<void> {
  if (device === undefined || [...users.values()].some((user) => user.device === device)) return;
  await new UpdateKeys(folder).remove(device);
}

/** The error for a new user whose name is taken. */
export function createUserExistsError(name: string, wording: Wording): UserError {
  return new UserError("conflict", `The user ${name} exists already; ${wording.changePasswordAdvice(name)}.`);
}

/** A user to add. The name and the device id have been checked. */
export interface UserToAdd extends RoleAssignment {
  readonly name: string;
  readonly password: StoredPassword;
}

/**
 * Adds a user. Returns whether this is the first user.
 * @param onlyFirst if true, refuses a user that is not the first
 * @throws UserError when the name is taken, or the device id conflicts with another
 */
export async function addUser(
  folder: string,
  { name, password, ...role }: UserToAdd,
  wording: Wording,
  onlyFirst = false,
): Promise<boolean> {
  let first = false;
  await changeUsers(folder, async (users) => {
    first = users.size === 0;
    if (onlyFirst && !first) throw new UserError("conflict", "There is an account already; log in with it.");
    if (users.has(name)) throw createUserExistsError(name, wording);
    await prepareDevice(folder, role.device, users, wording);
    users.set(name, { ...role, password, tokens: [] });
  });
  return first;
}

/**
 * Changes the password of a user, and revokes the user's tokens. Returns the number of revoked tokens.
 * @throws UserError when the user is unknown
 */
export async function changePassword(folder: string, name: string, password: StoredPassword): Promise<number> {
  let revoked = 0;
  await changeUsers(folder, (users) => {
    const user = getUser(users, name);
    revoked = user.tokens.length;
    users.set(name, { ...user, password, tokens: [] });
  });
  return revoked;
}

/**
 * Changes the role of a user. If the new role may not use the API, the user's tokens are deleted.
 * Creates the board's key for updates if the new role is that of a board, and deletes the key of a board without account.
 * @throws UserError when the user is unknown, or is the last administrator
 */
export async function changeRole(folder: string, name: string, role: RoleAssignment, wording: Wording): Promise<void> {
  let previous: string | undefined;
  let changed: StoredUsers = new Map();
  await changeUsers(folder, async (users) => {
    const { password, tokens, device } = getUser(users, name);
    if (role.role !== "admin") checkNotLastAdmin(users, name, "become another role");
    const others = new Map(users);
    others.delete(name);
    await prepareDevice(folder, role.device, others, wording);
    users.set(name, { ...role, password, tokens: mayHaveTokens(role) ? tokens : [] });
    previous = device;
    changed = users;
  });
  await removeUnusedKey(folder, previous, changed);
}

/**
 * Removes a user. Returns how many users remain.
 * @param keepsAdmin if true, refuses to remove the last administrator
 * @throws UserError when the user is unknown, or is the last administrator
 */
export async function removeUser(folder: string, name: string, keepsAdmin = false): Promise<number> {
  let device: string | undefined;
  let left: StoredUsers = new Map();
  await changeUsers(folder, (users) => {
    ({ device } = getUser(users, name));
    if (keepsAdmin) checkNotLastAdmin(users, name, "be removed");
    users.delete(name);
    left = users;
  });
  await removeUnusedKey(folder, device, left);
  return left.size;
}

/** Returns whether a user may have tokens, which are for the API. */
function mayHaveTokens({ role }: RoleAssignment): boolean {
  return role === "admin" || role === "reader";
}

function checkNotLastAdmin(users: ReadonlyMap<string, StoredUser>, name: string, change: string): void {
  for (const [other, { role }] of users) if (other !== name && role === "admin") return;
  if (users.get(name)?.role === "admin")
    throw new UserError(
      "conflict",
      `${name} is the last administrator and cannot ${change}, because nobody could manage the accounts then; add another administrator first.`,
    );
}

/** A new token, in plain text and as the server stores it. */
export interface NewToken {
  /** The token in plain text, which a person sees once. */
  readonly token: string;
  readonly stored: StoredToken;
}

/**
 * Creates a bearer token for a user.
 * @param expires when the token expires, see `parseExpiry`; undefined for never
 * @param now in ms since 1970
 * @throws UserError when the user is unknown or a board, or the expiry is not allowed
 */
export async function addToken(
  folder: string,
  name: string,
  expires: string | undefined,
  now: number,
  wording: Wording,
): Promise<NewToken> {
  const end = expires === undefined ? undefined : parseExpiry(expires, now, wording);
  const token = generateToken();
  const stored = { hash: sha256Of(token), made: new Date(now).toISOString(), ...(end && { expires: end }) };
  await changeUsers(folder, (users) => {
    const user = getUser(users, name);
    if (!mayHaveTokens(user))
      throw new UserError(
        "conflict",
        `${name} is ${user.role === "device" ? "a device" : "Home Assistant"}, which may do nothing over HTTP; give an administrator or a reader.`,
      );
    users.set(name, { ...user, tokens: [...user.tokens, stored] });
  });
  return { token, stored };
}

/**
 * Deletes the token of a user with this id, or all tokens of the user if `id` is undefined.
 * @throws UserError when the user or token is unknown
 */
export async function revokeTokens(
  folder: string,
  name: string,
  id: string | undefined,
  wording: Wording,
): Promise<void> {
  await changeUsers(folder, (users) => {
    const user = getUser(users, name);
    const tokens = user.tokens.filter((token) => id !== undefined && tokenIdOf(token) !== id);
    if (id !== undefined && tokens.length === user.tokens.length)
      throw new UserError("unknown", `${name} has no token ${id}; ${wording.listTokensAdvice}.`);
    users.set(name, { ...user, tokens });
  });
}
