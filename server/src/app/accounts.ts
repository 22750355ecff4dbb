import { StartError } from "../common/errors.js";
import { isLoopback } from "../common/hosts.js";
import type { Settings } from "../config/options.js";
import { NO_ACCOUNTS, type Accounts } from "../security/accounts.js";
import { withGuests } from "../security/guests.js";
import { openAccounts } from "../security/users.js";

/**
 * Loads the accounts. When the server has no accounts, or runs with `--anonymous`, everybody has access.
 * @throws StartError if other machines can reach the server but nobody has an account
 */
export async function openServerAccounts(
  { data, log, host, anonymous, httpNames, guests }: Settings,
  atEnd: (step: () => unknown) => void,
): Promise<Accounts> {
  if (anonymous) return NO_ACCOUNTS;
  // With `http_names`, a reverse proxy on this machine may forward requests from others, so require accounts.
  const wide = !isLoopback(host) || httpNames.length > 0;
  const accounts = await openAccounts(data, log, wide ? { required: true } : {});
  atEnd(() => accounts.close());
  if (wide && accounts.size === 0)
    throw new StartError(
      `${exposureReason(host, httpNames)}, and nobody has an account; make one with "nightlight-server user add NAME ` +
        `--data ${data}", or add --anonymous if everybody there may switch the lights.`,
    );
  return withGuests(accounts, guests);
}

/** Explains why other machines may reach the server. */
function exposureReason(host: string, httpNames: readonly string[]): string {
  if (!isLoopback(host)) return `Others can reach this server at the address ${host} (--host)`;
  return `http_names (${httpNames.join(", ")}) means that others reach this server through a proxy`;
}
