import { COMMAND_NAME } from "../common/command-name.js";
import { clock } from "../time/monotonic-clock.js";
import { createHmac, randomBytes } from "node:crypto";
import { unwatchFile, watchFile } from "node:fs";
import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { textOf } from "../common/errors.js";
import type { Log } from "../observability/log.js";
import type { Account, Accounts } from "./accounts.js";
import { UNKNOWN_TOKEN_PROBLEM } from "./wording.js";
import { MAX_PASSWORD_LENGTH } from "./new-password.js";
import { passwordWeakness } from "./password-strength.js";
import { sha256Of, DUMMY_HASH, verifyGeneratedPassword, verifyPassword } from "./scrypt.js";
import { FairQueue } from "./fair-queue.js";
import { TokenUses, type WriteDelays } from "./token-uses.js";
import { isExpired, shortenToMinute, tokenIdOf, type StoredToken } from "./tokens.js";
import { readUsers, usersFilePath, type StoredUser, type StoredUsers } from "./users-file.js";

/** Interval at which the users file is checked for changes, in ms. */
const FILE_CHECK_INTERVAL = 1000;

/**
 * Maximum number of concurrent password checks. Leaves one core to the server, and two of Node's four pool threads to
 * the database.
 */
const MAX_CONCURRENT_CHECKS = Math.max(1, Math.min(2, availableParallelism() - 1));
/** Maximum number of waiting password checks. If one more arrives, the client with the most checks loses its newest one. */
const MAX_WAITING_CHECKS = 200;

/** Size of the login cache, enough for every board of a large installation. A full cache drops its oldest login. */
const MAX_CACHED_LOGINS = 10_000;

/** Accounts from a file, which is reloaded when it changes. */
export interface FileAccounts extends Accounts {
  /** Number of users in the file. */
  readonly userCount: number;
  /** Reads the file now, unless it has not changed. Resolves when the users in the file are in effect. */
  reload(): Promise<void>;
  /** Registers a listener that is called after each change of the users. */
  onChange(listener: () => void): void;
  /** Returns when a token was last used, in ms since 1970; undefined for never. @param hash the hash of the token */
  lastUseOf(hash: string): number | undefined;
  /** Stops watching the file, and writes pending uses of tokens to disk. */
  close(): void;
}

interface User {
  readonly account: Account;
  readonly stored: StoredUser;
}

interface LoadedToken {
  readonly account: Account;
  readonly stored: StoredToken;
  /** Whether the use of this expired token has been logged. Each expired token is logged only once. */
  refusalLogged: boolean;
}

export interface AccountsOptions {
  /** Whether everybody must log in. Default: true once a user exists. */
  readonly isLoginRequired?: boolean;
  /** Replaces `FILE_CHECK_INTERVAL` in tests, in ms. */
  readonly checkInterval?: number;
  /** Delays before uses of tokens are written to disk. */
  readonly writeDelays?: WriteDelays;
}

/**
 * Loads the accounts from `<folder>/users.json`, and reloads them when the file changes. So `user add` works while the server
 * runs. If the changed file is damaged, logs an error and keeps the previous accounts.
 *
 * Once a login was required, it stays required until the process ends. Removing the last user, or the file, does
 * not open the server to everybody.
 * @throws StartError when the file is damaged
 */
export async function openAccounts(folder: string, log: Log, options: AccountsOptions = {}): Promise<FileAccounts> {
  const file = usersFilePath(folder);
  const secret = randomBytes(32);
  const queue = new FairQueue(MAX_CONCURRENT_CHECKS, MAX_WAITING_CHECKS);
  /** Cache of successful logins, oldest first. Keys are HMACs, so that a memory dump reveals no password. */
  const cache = new Map<string, Account>();
  /** Running password checks. A second check of the same name and password waits for the first and shares its result. */
  const checking = new Map<string, Promise<boolean>>();
  let users = new Map<string, User>();
  /** Tokens of all users, including expired ones, by the hash of the token. */
  let tokens = new Map<string, LoadedToken>();
  let required = options.isLoginRequired ?? false;

  function applyUsers(stored: StoredUsers): void {
    const next = new Map<string, User>();
    const nextTokens = new Map<string, LoadedToken>();
    for (const [name, user] of stored) {
      const before = users.get(name);
      const account = before && isSameUser(before.stored, user) ? before.account : accountOf(name, user);
      next.set(name, { account, stored: user });
      for (const token of user.tokens) nextTokens.set(token.hash, { account, stored: token, refusalLogged: false });
    }
    users = next;
    tokens = nextTokens;
    if (options.isLoginRequired === undefined && users.size > 0) required = true;
  }

  /** Identifies the version of the file that was read last. */
  let version = "";
  const listeners: (() => void)[] = [];

  async function readChanges(): Promise<void> {
    try {
      const next = await fileVersionOf(file);
      if (next === version) return;
      const stored = await readUsers(folder);
      version = next;
      // an installation without users needs no log line about reloaded users
      if (users.size === 0 && stored.size === 0) return;
      applyUsers(stored);
      log.info("security", `The users in ${file} were reloaded: ${users.size}.`, { users: users.size });
      for (const listener of listeners) listener();
      await warnOfExposure(file, log);
    } catch (error) {
      log.error("security", `${textOf(error)} The previous users stay in effect.`);
    }
  }

  version = await fileVersionOf(file);
  applyUsers(await readUsers(folder));
  const uses = new TokenUses(folder, log, (hash) => tokens.has(hash), options.writeDelays);
  await warnOfExposure(file, log);
  let reading = Promise.resolve();
  const reload = (): Promise<void> => (reading = reading.then(readChanges));
  const onFileChange = (): void => void reload();
  watchFile(file, { persistent: false, interval: options.checkInterval ?? FILE_CHECK_INTERVAL }, onFileChange);

  async function isPasswordRight(
    key: string,
    user: User | undefined,
    password: string,
    from: string,
  ): Promise<boolean> {
    const generated = user && verifyGeneratedPassword(password, user.stored.password);
    if (generated) return true;
    // verify unknown names against a dummy hash, so that the time does not reveal which names exist
    const stored = user && generated === undefined ? user.stored.password : DUMMY_HASH;
    let check = checking.get(key);
    if (!check) {
      check = queue.run(from, () => verifyPassword(password, stored));
      checking.set(key, check);
      const removeCheck = (): void => void checking.delete(key);
      check.then(removeCheck, removeCheck);
    }
    return check;
  }

  /** Accounts for which a warning about a weak password was logged. Each account is warned about only once. */
  const warnedAccounts = new WeakSet<Account>();

  function warnOfWeakness({ account, stored }: User, password: string): void {
    if (warnedAccounts.has(account) || verifyGeneratedPassword(password, stored.password)) return;
    if (!passwordWeakness(password, [account.name])) return;
    warnedAccounts.add(account);
    const { name } = account;
    log.warn(
      "security",
      `The password of ${name}, who logged in, is easy to guess; change it with ${COMMAND_NAME} user password ${name}.`,
    );
  }

  function authenticateToken(text: string): Account | undefined {
    const token = tokens.get(sha256Of(text));
    if (!token) return undefined;
    if (!isExpired(token.stored, clock.wallNow())) {
      uses.recordUse(token.stored.hash);
      return token.account;
    }
    if (!token.refusalLogged)
      log.warn("security", `Refused the token ${tokenIdOf(token.stored)}. ${describeExpiry(token)}`);
    token.refusalLogged = true;
    return undefined;
  }

  function tokenProblem(text: string): string {
    const token = tokens.get(sha256Of(text));
    return token && isExpired(token.stored, clock.wallNow()) ? describeExpiry(token) : UNKNOWN_TOKEN_PROBLEM;
  }

  return {
    get isLoginRequired() {
      return required;
    },
    get userCount() {
      return users.size;
    },
    async authenticate(name, password, from = "") {
      if (password.length > MAX_PASSWORD_LENGTH) return undefined;
      const user = users.get(name);
      const key = createHmac("sha256", secret).update(`${name}\0${password}`).digest("base64url");
      if (user && cache.get(key) === user.account) return user.account;
      if (!(await isPasswordRight(key, user, password, from)) || !user) return undefined;
      // the user was removed or got another password during the check
      if (users.get(name)?.account !== user.account) return undefined;
      if (cache.size >= MAX_CACHED_LOGINS) cache.delete(cache.keys().next().value!);
      cache.set(key, user.account);
      warnOfWeakness(user, password);
      return user.account;
    },
    authenticateGenerated(name, password) {
      const user = users.get(name);
      if (!user || password.length > MAX_PASSWORD_LENGTH) return undefined;
      return verifyGeneratedPassword(password, user.stored.password) ? user.account : undefined;
    },
    authenticateToken: authenticateToken,
    tokenProblem,
    findByName: (name) => users.get(name)?.account,
    fingerprintOf({ name }) {
      const user = users.get(name);
      return user && sha256Of(user.stored.password);
    },
    reload,
    onChange: (listener) => void listeners.push(listener),
    lastUseOf: (hash) => uses.lastUseOf(hash),
    close() {
      unwatchFile(file, onFileChange);
      uses.close();
    },
  };
}

/** Returns a text that differs between versions of a file, because each change replaces the file. */
async function fileVersionOf(file: string): Promise<string> {
  const stats = await stat(file).catch(() => undefined);
  return stats ? `${stats.ino} ${stats.mtimeMs} ${stats.ctimeMs} ${stats.size}` : "missing";
}

function accountOf(name: string, { role, device }: StoredUser): Account {
  return device === undefined ? { name, role } : { name, role, device };
}

/** Returns a sentence for the log: when a token expired, and which command creates another. */
function describeExpiry({ account, stored }: LoadedToken): string {
  return `This token of ${account.name} expired on ${shortenToMinute(stored.expires!)}; make another with ${COMMAND_NAME} user token ${account.name}.`;
}

function isSameUser(a: StoredUser, b: StoredUser): boolean {
  return a.role === b.role && a.device === b.device && a.password === b.password;
}

async function warnOfExposure(file: string, log: Log): Promise<void> {
  // Windows has no Unix file modes, so there is nothing to check
  if (process.platform === "win32") return;
  const { mode } = await stat(file).catch(() => ({ mode: 0 }));
  if ((mode & 0o077) !== 0)
    log.warn(
      "security",
      `Other users of this machine can read ${file}, which contains password hashes (mode 0${(mode & 0o777).toString(8)}); chmod 600 ${file}`,
    );
}
