import type { Account, Accounts } from "../security/accounts.js";
import type { Log } from "../log.js";
import { LoginThrottle } from "./login-throttle.js";

/** No name is longer, in characters. */
const LONGEST_NAME = 256;

/** The account, if name and password are right; or how long to wait before they may be tried, in s. */
export type Verdict = { readonly account?: Account; readonly wait?: undefined } | { readonly wait: number };

/** Checks a name and password that came from an address. */
export type PasswordCheck = (address: string, name: string, password: string) => Promise<Verdict>;

/** Checks passwords no faster than people mistype them, and tells the log of those that were wrong. */
export function passwordCheck(accounts: Accounts, log: Log, throttle = new LoginThrottle()): PasswordCheck {
  /** Being checked. Who sends the password with each request asks many times at once: that is one attempt. */
  const running = new Map<string, Promise<Verdict>>();

  async function check(address: string, name: string, password: string): Promise<Verdict> {
    const wait = throttle.attempt(address, name);
    if (wait > 0) return { wait: Math.ceil(wait / 1000) };
    let account: Account | undefined;
    try {
      account = await accounts.check(name, password, address);
    } catch (error) {
      throttle.withdrawn(address, name);
      throw error;
    }
    if (account) throttle.succeeded(address, name);
    // what is no name may be a password in the wrong field
    else if (accounts.byName(name))
      log.warn("http", `A login as ${name} from ${address} was refused.`, { user: name, address });
    else log.warn("http", `A login from ${address} with a name that nobody has was refused.`, { address });
    return { account };
  }

  return (address, name, password) => {
    const user = name.length > LONGEST_NAME ? "" : name;
    const key = JSON.stringify([address, user, password]);
    let verdict = running.get(key);
    if (!verdict) {
      verdict = check(address, user, password).finally(() => running.delete(key));
      running.set(key, verdict);
    }
    return verdict;
  };
}
