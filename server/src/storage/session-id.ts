/**
 * The id of a client and its session within the broker. A session belongs to the account that made it [MQTT-3.1.2-4], so that
 * no account can take over or occupy the client ids of another; no client id contains U+0000.
 */
export function sessionId(account: string | undefined, clientId: string): string {
  return account === undefined ? clientId : `${account}\0${clientId}`;
}

export function partsOf(id: string): { account: string | null; clientId: string } {
  const end = id.indexOf("\0");
  return end < 0 ? { account: null, clientId: id } : { account: id.slice(0, end), clientId: id.slice(end + 1) };
}

/** A client in messages to people. */
export function titleOf(id: string): string {
  const { account, clientId } = partsOf(id);
  return account === null ? clientId : `${account} (${clientId})`;
}
