import type { Log } from "../observability/log.js";
import type { Account, Accounts } from "./accounts.js";
import { LoginThrottle } from "./login-throttle.js";

/** Longest user name that is looked up, in characters. Longer names count as unknown. */
const MAX_NAME_LENGTH = 256;

/**
 * The result of a password check: the account, undefined when name or password is wrong, or the delay before the next
 * attempt, in s.
 */
export type PasswordCheckResult = { readonly account?: Account; readonly wait?: undefined } | { readonly wait: number };

/**
 * Checks a name and password that came from an IP address.
 * @throws BusyError when too many checks are waiting already
 */
export type PasswordCheck = (address: string, name: string, password: string) => Promise<PasswordCheckResult>;

/**
 * Creates a password check that limits how fast passwords can be guessed. HTTP and MQTT must share one check, so that an
 * attacker cannot use both to guess twice as fast.
 */
export function createPasswordCheck(accounts: Accounts, throttle = new LoginThrottle()): PasswordCheck {
  /** Running checks. Concurrent requests with the same credentials share one check and count as one attempt. */
  const running = new Map<string, Promise<PasswordCheckResult>>();

  async function check(address: string, name: string, password: string): Promise<PasswordCheckResult> {
    const wait = throttle.getWaitTime(address, name);
    if (wait > 0) return { wait: Math.ceil(wait / 1000) };
    const attempt = throttle.beginAttempt(address, name);
    let account: Account | undefined;
    try {
      account = await accounts.authenticate(name, password, address);
    } catch (error) {
      attempt.withdraw();
      throw error;
    }
    if (account) attempt.succeed();
    else attempt.fail();
    return { account };
  }

  return async (address, name, password) => {
    const user = name.length > MAX_NAME_LENGTH ? "" : name;
    // do not throttle generated passwords, because nobody can guess them
    const account = accounts.authenticateGenerated(user, password);
    if (account) return { account };
    const key = JSON.stringify([address, user, password]);
    let verdict = running.get(key);
    if (!verdict) {
      verdict = check(address, user, password).finally(() => running.delete(key));
      running.set(key, verdict);
    }
    return verdict;
  };
}

/** Wraps a password check and logs failed logins. Concurrent requests that share a check are logged once. */
export function withFailureLog(check: PasswordCheck, accounts: Accounts, log: Log): PasswordCheck {
  const logged = new WeakSet<PasswordCheckResult>();

  return async (address, name, password) => {
    const result = await check(address, name, password);
    if (result.wait !== undefined || result.account || logged.has(result)) return result;
    logged.add(result);
    if (accounts.findByName(name))
      log.warn("security", `Refused a login as ${name} from ${address}: wrong password.`, { user: name, address });
    // the name is not logged, because it may be a password in the wrong field
    else log.warn("security", `Refused a login from ${address}: no user has the name that was given.`, { address });
    return result;
  };
}
