import { UsageError } from "../errors.js";
import { isLoopback, type Settings } from "../options.js";
import { openAccounts, type FileAccounts } from "./users.js";

/**
 * The accounts of a server: asked for when there is one, and always where it listens to more than this machine, unless
 * everybody there is to be let in.
 * @throws UsageError when it would listen wider and nobody could log in; StartError when the file is damaged
 */
export async function accountsFor({
  data,
  host,
  anonymous,
  log,
}: Pick<Settings, "data" | "host" | "anonymous" | "log">): Promise<FileAccounts> {
  const wide = !isLoopback(host);
  const accounts = await openAccounts(data, log, { required: anonymous ? false : wide || undefined });
  if (!wide || anonymous || accounts.size > 0) return accounts;
  accounts.close();
  throw new UsageError(
    `--host ${host} lets others on the network in, and there are no users in ${data}; add one with ` +
      `nightlight-server user add NAME, or leave --host out to serve this machine alone, or add --anonymous to let everybody in.`,
  );
}
