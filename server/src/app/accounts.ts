import { COMMAND_NAME } from "../common/command-name.js";
import { StartError } from "../common/errors.js";
import { isLoopback } from "../common/hosts.js";
import type { Settings } from "../config/options.js";
import type { People } from "../http/people.js";
import { NO_ACCOUNTS, type Accounts } from "../security/accounts.js";
import { FirstAdministratorSetup } from "../security/first-administrator.js";
import { withGuests } from "../security/guests.js";
import type { LoginRecord, LoginStore } from "../security/login-record.js";
import { LoginThrottle } from "../security/login-throttle.js";
import { createPasswordCheck, type PasswordCheck } from "../security/password-check.js";
import { UserDirectory } from "../security/user-directory.js";
import { openAccounts } from "../security/users.js";
import type { DataFolder } from "../storage/data-folder.js";

/** The accounts of the server, the check of their passwords, and the users that can be managed over HTTP. */
export interface ServerAccounts {
  readonly accounts: Accounts;
  /** Checks passwords. The broker and the HTTP server share this check, so that they count wrong passwords together. */
  readonly check: PasswordCheck;
  /** The users that administrators can manage over HTTP; undefined with `--anonymous`. */
  readonly people: People | undefined;
}

/**
 * Loads the accounts. When the server has no accounts, or runs with `--anonymous`, everybody has access. When other
 * machines can reach a server without accounts, nobody has access until the first administrator is created.
 * @throws StartError if other machines can reach the server, nobody has an account, and HTTP is off
 */
export async function openServerAccounts(
  { data, log, host, anonymous, http, httpNames, guests }: Settings,
  atEnd: (step: () => unknown) => void,
): Promise<ServerAccounts> {
  if (anonymous) return { accounts: NO_ACCOUNTS, check: createPasswordCheck(NO_ACCOUNTS), people: undefined };
  // With `http_names`, a reverse proxy on this machine may forward requests from other machines, so require accounts.
  const exposed = !isLoopback(host) || httpNames.length > 0;
  const users = await openAccounts(data, log, exposed ? { isLoginRequired: true } : {});
  atEnd(() => users.close());
  if (exposed && users.userCount === 0 && !http)
    throw new StartError(
      `${exposureReason(host, httpNames)}, and nobody has an account; make one with "${COMMAND_NAME} user add NAME ` +
        `--data ${data}", or add --anonymous if everybody there may switch the lights.`,
    );
  const accounts = withGuests(users, guests);
  const throttle = new LoginThrottle();
  const directory = new UserDirectory(data, users);
  const firstAdministrator = new FirstAdministratorSetup({ directory, throttle, log, exposed, dataFolder: data });
  return { accounts, check: createPasswordCheck(accounts, throttle), people: { directory, firstAdministrator } };
}

/** Explains why other machines may reach the server. */
function exposureReason(host: string, httpNames: readonly string[]): string {
  if (!isLoopback(host)) return `Others can reach this server at the address ${host} (--host)`;
  return `http_names (${httpNames.join(", ")}) means that others reach this server through a proxy`;
}

/** Prefix of the names under which the data folder stores login sessions. */
const LOGIN_KEY_PREFIX = "login:";

/** Stores login sessions in the data folder. */
export function loginStoreOf({ values, health }: Pick<DataFolder, "values" | "health">): LoginStore {
  let writing: Promise<unknown> = Promise.resolve();
  return {
    load: () => values.entriesWithPrefix<LoginRecord>(LOGIN_KEY_PREFIX),
    put: (hash, record) => void (writing = values.put(LOGIN_KEY_PREFIX + hash, record)),
    delete: (hash) => void (writing = values.delete(LOGIN_KEY_PREFIX + hash)),
    async whenStored() {
      await health.waitUnlessFailing(writing);
    },
  };
}
