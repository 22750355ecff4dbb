import { clock } from "../time/monotonic-clock.js";
import { createHmac, randomBytes } from "node:crypto";
import { unwatchFile, watchFile } from "node:fs";
import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { textOf } from "../common/errors.js";
import type { Log } from "../observability/log.js";
import { UNKNOWN_TOKEN, type Account, type Accounts } from "./accounts.js";
import { passwordWeakness } from "./password-strength.js";
import { digest, NOBODY, verifyGenerated, verifyPassword } from "./scrypt.js";
import { Turns } from "./scrypt-turns.js";
import { TokenUses, type WriteDelays } from "./token-uses.js";
import { isExpired, toMinute, tokenId, type StoredToken } from "./tokens.js";
import { readUsers, usersFile, type StoredUser, type StoredUsers } from "./users-file.js";

/** How often the file is looked at, in ms. */
const LOOK = 1000;

/**
 * How many passwords are checked at once: it leaves a core to the server, and threads of Node's pool of four to the
 * database. How many more wait: at four a second, longer than anybody's patience.
 */
const AT_ONCE = Math.max(1, Math.min(2, availableParallelism() - 1));
const MOST_WAITING = 200;

/** How many pairs of name and password that were right are remembered: every board of a large installation. */
const MOST_REMEMBERED = 10_000;

/** No password is longer, in characters. */
export const LONGEST_PASSWORD = 256;

/** Accounts that follow a file. */
export interface FileAccounts extends Accounts {
  /** How many users there are. */
  readonly size: number;
  /** Looks at the file no more, and writes when tokens were last used. */
  close(): void;
}

interface User {
  readonly account: Account;
  readonly stored: StoredUser;
}

interface Token {
  readonly account: Account;
  readonly stored: StoredToken;
  /** Whether the log says already that it was used after its end. */
  refusalLogged: boolean;
}

export interface AccountsOptions {
  /** Whether accounts are asked for; by default when there is one. */
  readonly required?: boolean;
  /** How often the file is looked at, in ms. */
  readonly every?: number;
  /** How long uses of tokens may wait until they are written. */
  readonly writeDelays?: WriteDelays;
}

/**
 * The accounts in `<folder>/users.json`, read again when the file changes: `user add` works while the server runs. A
 * file that is damaged then is told in the log, and the accounts from before stay.
 *
 * Who was ever asked for an account is asked until the end of the process: that the last user is removed, or the file
 * with all of them, opens no door.
 * @throws StartError when the file is damaged
 */
export async function openAccounts(folder: string, log: Log, options: AccountsOptions = {}): Promise<FileAccounts> {
  const file = usersFile(folder);
  const secret = randomBytes(32);
  const turns = new Turns(AT_ONCE, MOST_WAITING);
  /** Pairs that were right, as HMAC, so that they cannot be read from memory; the latest at the end. */
  const known = new Map<string, Account>();
  /** Checks under way: the same pair once more waits for the same answer. */
  const checking = new Map<string, Promise<boolean>>();
  let users = new Map<string, User>();
  /** By hash. */
  let tokens = new Map<string, Token>();
  let required = options.required ?? false;

  function use(stored: StoredUsers): void {
    const next = new Map<string, User>();
    const nextTokens = new Map<string, Token>();
    for (const [name, user] of stored) {
      const before = users.get(name);
      const account = before && same(before.stored, user) ? before.account : accountOf(name, user);
      next.set(name, { account, stored: user });
      for (const token of user.tokens) nextTokens.set(token.hash, { account, stored: token, refusalLogged: false });
    }
    users = next;
    tokens = nextTokens;
    if (options.required === undefined && users.size > 0) required = true;
  }

  async function readAgain(): Promise<void> {
    try {
      const stored = await readUsers(folder);
      // that there is still nobody is no news
      if (users.size === 0 && stored.size === 0) return;
      use(stored);
      log.info("security", `The users in ${file} were read again: ${users.size}.`, { users: users.size });
      await warnOfReaders(file, log);
    } catch (error) {
      log.error("security", `${textOf(error)} The users from before stay.`);
    }
  }

  use(await readUsers(folder));
  const uses = new TokenUses(folder, log, (hash) => tokens.has(hash), options.writeDelays);
  await warnOfReaders(file, log);
  let reading = Promise.resolve();
  const changed = (): void => void (reading = reading.then(readAgain));
  watchFile(file, { persistent: false, interval: options.every ?? LOOK }, changed);

  async function isRight(key: string, user: User | undefined, password: string, from: string): Promise<boolean> {
    const generated = user && verifyGenerated(password, user.stored.password);
    if (generated) return true;
    // what is wrong takes the same time whether the name is anybody's or not
    const stored = user && generated === undefined ? user.stored.password : NOBODY;
    let check = checking.get(key);
    if (!check) {
      check = turns.take(from, () => verifyPassword(password, stored));
      checking.set(key, check);
      const done = (): void => void checking.delete(key);
      check.then(done, done);
    }
    return check;
  }

  /** Accounts whose password the log has called weak. */
  const weak = new WeakSet<Account>();

  function warnOfWeakness({ account, stored }: User, password: string): void {
    if (weak.has(account) || verifyGenerated(password, stored.password)) return;
    if (!passwordWeakness(password, [account.name])) return;
    weak.add(account);
    const { name } = account;
    log.warn(
      "security",
      `The password of ${name}, who logged in, is easy to guess; change it with nightlight-server user password ${name}.`,
    );
  }

  function byToken(text: string): Account | undefined {
    const token = tokens.get(digest(text));
    if (!token) return undefined;
    if (!isExpired(token.stored, clock.wallNow())) {
      uses.add(token.stored.hash);
      return token.account;
    }
    if (!token.refusalLogged) log.warn("security", `Refused the token ${tokenId(token.stored)}. ${endOf(token)}`);
    token.refusalLogged = true;
    return undefined;
  }

  function tokenProblem(text: string): string {
    const token = tokens.get(digest(text));
    return token && isExpired(token.stored, clock.wallNow()) ? endOf(token) : UNKNOWN_TOKEN;
  }

  return {
    get required() {
      return required;
    },
    get size() {
      return users.size;
    },
    async check(name, password, from = "") {
      if (password.length > LONGEST_PASSWORD) return undefined;
      const user = users.get(name);
      const key = createHmac("sha256", secret).update(`${name}\0${password}`).digest("base64url");
      if (user && known.get(key) === user.account) return user.account;
      if (!(await isRight(key, user, password, from)) || !user) return undefined;
      // removed, or given another password, while this one was checked
      if (users.get(name)?.account !== user.account) return undefined;
      if (known.size >= MOST_REMEMBERED) known.delete(known.keys().next().value!);
      known.set(key, user.account);
      warnOfWeakness(user, password);
      return user.account;
    },
    byGeneratedPassword(name, password) {
      const user = users.get(name);
      if (!user || password.length > LONGEST_PASSWORD) return undefined;
      return verifyGenerated(password, user.stored.password) ? user.account : undefined;
    },
    byToken,
    tokenProblem,
    byName: (name) => users.get(name)?.account,
    close() {
      unwatchFile(file, changed);
      uses.close();
    },
  };
}

function accountOf(name: string, { role, device }: StoredUser): Account {
  return device === undefined ? { name, role } : { name, role, device };
}

/** When a token of an account expired, and how to get another. */
function endOf({ account, stored }: Token): string {
  return `This token of ${account.name} expired on ${toMinute(stored.expires!)}; make another with nightlight-server user token ${account.name}.`;
}

function same(a: StoredUser, b: StoredUser): boolean {
  return a.role === b.role && a.device === b.device && a.password === b.password;
}

async function warnOfReaders(file: string, log: Log): Promise<void> {
  // Windows has no such bits
  if (process.platform === "win32") return;
  const { mode } = await stat(file).catch(() => ({ mode: 0 }));
  if ((mode & 0o077) !== 0)
    log.warn(
      "security",
      `Others on this machine may read ${file}, the hashes of passwords (mode 0${(mode & 0o777).toString(8)}); chmod 600 ${file}`,
    );
}
