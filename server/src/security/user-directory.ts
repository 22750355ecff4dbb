import { clock } from "../time/monotonic-clock.js";
import { generateNewPassword, hashChosenPassword, type NewPassword } from "./new-password.js";
import { isExpired, tokenIdOf, type StoredToken } from "./tokens.js";
import {
  addToken,
  addUser,
  changePassword,
  changeRole,
  checkDeviceId,
  checkUserName,
  removeUser,
  revokeTokens,
  type NewToken,
  type RoleAssignment,
} from "./user-changes.js";
import type { TokenView, UserView } from "./user-view.js";
import type { FileAccounts } from "./users.js";
import { readUsers, getUser, type StoredUser } from "./users-file.js";
import { API_WORDING, FIRST_ADMINISTRATOR_WORDING, type Wording } from "./wording.js";

/** A new user, whose password is generated if it is undefined. */
export interface NewUser extends RoleAssignment {
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
    return this.#accounts.userCount === 0;
  }

  /** Reloads the accounts after a command-line program has changed the users file. */
  reload(): Promise<void> {
    return this.#accounts.reload();
  }

  /** Registers a listener that is called after each change of the users, also by a command-line program. */
  onChange(listener: () => void): void {
    this.#accounts.onChange(listener);
  }

  /** Lists the users, sorted by name. */
  async list(): Promise<UserView[]> {
    return Array.from(await readUsers(this.#folder), ([name, user]) => this.#viewOf(name, user));
  }

  async get(name: string): Promise<UserView> {
    return this.#viewOf(name, getUser(await readUsers(this.#folder), name));
  }

  /** Adds a user. @param onlyFirst if true, refuses a user that is not the first */
  async add({ password, ...user }: NewUser, onlyFirst = false): Promise<UserWithPassword> {
    checkUserName(user.name);
    checkRole(user);
    const { stored, generated } = await createPassword(
      user.name,
      password,
      onlyFirst ? FIRST_ADMINISTRATOR_WORDING : API_WORDING,
    );
    await addUser(this.#folder, { ...user, password: stored }, API_WORDING, onlyFirst);
    await this.#accounts.reload();
    return { user: await this.get(user.name), generated };
  }

  /**
   * Changes the password, which also revokes the user's tokens. Generates a password if `password` is undefined.
   * @returns the generated password, and the number of revoked tokens
   */
  async changePassword(
    name: string,
    password: string | undefined,
  ): Promise<{ generated: string | undefined; revoked: number }> {
    getUser(await readUsers(this.#folder), name);
    const { stored, generated } = await createPassword(name, password, API_WORDING);
    const revoked = await changePassword(this.#folder, name, stored);
    await this.#accounts.reload();
    return { generated, revoked };
  }

  async changeRole(name: string, role: RoleAssignment): Promise<UserView> {
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

  /** Creates a token. @param expires when it expires, such as `90d`; undefined for never */
  async addToken(name: string, expires: string | undefined): Promise<{ token: string; view: TokenView }> {
    const newToken: NewToken = await addToken(this.#folder, name, expires, clock.wallNow(), API_WORDING);
    await this.#accounts.reload();
    return { token: newToken.token, view: this.#tokenView(newToken.stored) };
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
    const used = this.#accounts.lastUseOf(token.hash);
    return {
      id: tokenIdOf(token),
      made: token.made,
      expires: token.expires ?? null,
      expired: isExpired(token, clock.wallNow()),
      last_used: used === undefined ? null : new Date(used).toISOString(),
    };
  }
}

function checkRole({ device }: RoleAssignment): void {
  if (device !== undefined) checkDeviceId(device, API_WORDING);
}

async function createPassword(name: string, password: string | undefined, wording: Wording): Promise<NewPassword> {
  return password === undefined ? generateNewPassword() : hashChosenPassword(name, password, wording);
}
