import { clock } from "../time/monotonic-clock.js";
import type { Role } from "./accounts.js";
import { generateNewPassword, hashChosenPassword, type NewPassword } from "./new-password.js";
import { isExpired, tokenId, type StoredToken } from "./tokens.js";
import {
  addToken,
  addUser,
  changePassword,
  changeRole,
  checkDevice,
  checkName,
  removeUser,
  revokeTokens,
  type NewToken,
  type RoleOfUser,
} from "./user-changes.js";
import type { FileAccounts } from "./users.js";
import { readUsers, userOf, type StoredUser } from "./users-file.js";
import { API_WORDING } from "./wording.js";

/** A bearer token in the API, without the token itself. */
export interface TokenView {
  readonly id: string;
  /** When the token was made, in ISO 8601. */
  readonly made: string;
  /** When the token expires, in ISO 8601; null for never. */
  readonly expires: string | null;
  readonly expired: boolean;
  /** When the token was last used, to the minute, in ISO 8601; null for never. */
  readonly last_used: string | null;
}

/** A user in the API. */
export interface UserView {
  readonly name: string;
  readonly role: Role;
  /** The device id of a board; null for other users. */
  readonly device: string | null;
  readonly tokens: readonly TokenView[];
}

/** A new user, whose password is generated if it is undefined. */
export interface NewUser extends RoleOfUser {
  readonly name: string;
  readonly password?: string;
}

/** A user, and the password that was generated for it. */
export interface UserWithPassword {
  readonly user: UserView;
  /** The generated password in plain text; undefined if a person chose the password. */
  readonly generated: string | undefined;
}

/**
 * Lists and changes the users in a data folder. The server applies each change before the method resolves. Commands may
 * change the same users at the same time: each change locks the file, and starts from its current contents.
 *
 * All methods throw a UserError when the change is refused, and a StartError when the file cannot be read or written.
 */
export class UserDirectory {
  readonly #folder: string;
  readonly #accounts: FileAccounts;

  constructor(folder: string, accounts: FileAccounts) {
    this.#folder = folder;
    this.#accounts = accounts;
  }

  /** Whether no user exists. */
  get isEmpty(): boolean {
    return this.#accounts.size === 0;
  }

  /** Applies changes that commands have made. */
  reload(): Promise<void> {
    return this.#accounts.reload();
  }

  /** Registers a listener that is called after each change of the users, also by commands. */
  onChange(listener: () => void): void {
    this.#accounts.onChange(listener);
  }

  /** Lists the users, sorted by name. */
  async list(): Promise<UserView[]> {
    return Array.from(await readUsers(this.#folder), ([name, user]) => this.#viewOf(name, user));
  }

  async get(name: string): Promise<UserView> {
    return this.#viewOf(name, userOf(await readUsers(this.#folder), name));
  }

  /** Adds a user. @param onlyFirst whether the user is refused unless it is the first */
  async add({ password, ...user }: NewUser, onlyFirst = false): Promise<UserWithPassword> {
    checkName(user.name);
    checkRole(user);
    const { stored, generated } = await newPassword(user.name, password);
    await addUser(this.#folder, { ...user, password: stored }, API_WORDING, onlyFirst);
    await this.#accounts.reload();
    return { user: await this.get(user.name), generated };
  }

  /**
   * Changes the password, which also revokes the user's tokens. Generates one if `password` is undefined.
   * @returns the generated password, and the number of revoked tokens
   */
  async changePassword(
    name: string,
    password: string | undefined,
  ): Promise<{ generated: string | undefined; revoked: number }> {
    userOf(await readUsers(this.#folder), name);
    const { stored, generated } = await newPassword(name, password);
    const revoked = await changePassword(this.#folder, name, stored);
    await this.#accounts.reload();
    return { generated, revoked };
  }

  async changeRole(name: string, role: RoleOfUser): Promise<UserView> {
    checkRole(role);
    await changeRole(this.#folder, name, role, API_WORDING);
    await this.#accounts.reload();
    return this.get(name);
  }

  /** Removes a user, unless it is the last administrator. */
  async remove(name: string): Promise<void> {
    await removeUser(this.#folder, name, true);
    await this.#accounts.reload();
  }

  /** Creates a token. @param expires such as `90d`; undefined for never */
  async addToken(name: string, expires: string | undefined): Promise<{ token: string; view: TokenView }> {
    const made: NewToken = await addToken(this.#folder, name, expires, clock.wallNow(), API_WORDING);
    await this.#accounts.reload();
    return { token: made.token, view: this.#tokenView(made.stored) };
  }

  /** Deletes a token, or all tokens of the user if `id` is undefined. */
  async revokeTokens(name: string, id?: string): Promise<void> {
    await revokeTokens(this.#folder, name, id, API_WORDING);
    await this.#accounts.reload();
  }

  #viewOf(name: string, { role, device, tokens }: StoredUser): UserView {
    return { name, role, device: device ?? null, tokens: tokens.map((token) => this.#tokenView(token)) };
  }

  #tokenView(token: StoredToken): TokenView {
    const used = this.#accounts.lastUse(token.hash);
    return {
      id: tokenId(token),
      made: token.made,
      expires: token.expires ?? null,
      expired: isExpired(token, clock.wallNow()),
      last_used: used === undefined ? null : new Date(used).toISOString(),
    };
  }
}

function checkRole({ device }: RoleOfUser): void {
  if (device !== undefined) checkDevice(device, API_WORDING);
}

async function newPassword(name: string, password: string | undefined): Promise<NewPassword> {
  return password === undefined ? generateNewPassword() : hashChosenPassword(name, password, API_WORDING);
}
