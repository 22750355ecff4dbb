import { isIPv6 } from "node:net";
import { UsageError } from "../common/errors.js";
import { withoutBrackets } from "../common/hosts.js";
import { UPDATE_KEY_BYTES, type UpdateKeys } from "../security/update-keys.js";
import { updatePathOf } from "./update-path.js";

/** Longest update URL that a board can store: a setting has at most 200 bytes of JSON, with the quotes. */
const MAX_URL_LENGTH = 198;

/**
 * Returns the value of the board setting `UPDATE_URL`: address, device id and key.
 * @param server the URL of the server's HTTP port for the board, with the base path of a reverse proxy
 * @throws UsageError when the runtime of boards cannot use the URL
 */
export function createUpdateUrl(id: string, key: Buffer, server: URL): string {
  const { protocol, hostname, port, pathname } = server;
  const isSecure = protocol === "https:" || protocol === "wss:";
  if (isIPv6(withoutBrackets(hostname)))
    throw new UsageError(`Boards cannot use an IPv6 address (${hostname}); give a host name or an IPv4 address.`);
  const path = pathname.replace(/\/[^/]*$/, "") + updatePathOf(id);
  const host = `${hostname}:${port || (isSecure ? 443 : 80)}`;
  const url = `${isSecure ? "wss" : "ws"}://wssk:${key.toString("hex")}@${host}${path}`;
  if (url.length > MAX_URL_LENGTH)
    throw new UsageError(
      `The update URL of "${id}" would have ${url.length} characters, but boards can store ${MAX_URL_LENGTH}; give the board a shorter id, or the server a shorter address.`,
    );
  return url;
}

/**
 * Returns the update URL of a board, and creates the board's key if it has none.
 * @throws UsageError when boards cannot use the URL; then no key is created
 * @throws StartError when the keys cannot be read or written
 */
export async function obtainUpdateUrl(id: string, keys: Pick<UpdateKeys, "obtain">, server: URL): Promise<string> {
  // throws before a key is created
  createUpdateUrl(id, Buffer.alloc(UPDATE_KEY_BYTES), server);
  return createUpdateUrl(id, await keys.obtain(id), server);
}
