import type { RejectionOrigin } from "../observability/recent-rejections.js";

/**
 * Returns the internal id of a client and its session, made of account and client id. A session belongs to the account that
 * created it, so that no account can take over or occupy the client ids of another. U+0000 separates the two parts,
 * because MQTT allows it in neither [MQTT-1.5.4-2].
 */
export function sessionIdOf(account: string | undefined, clientId: string): string {
  return account === undefined ? clientId : `${account}\0${clientId}`;
}

/** Splits an internal session id into account and client id. The account is null for a client without an account. */
export function splitSessionId(id: string): { account: string | null; clientId: string } {
  const end = id.indexOf("\0");
  return end < 0 ? { account: null, clientId: id } : { account: id.slice(0, end), clientId: id.slice(end + 1) };
}

/** Returns the account and the client id of an internal session id, for reports of rejected messages. */
export function originOfSession(id: string): RejectionOrigin {
  const { account, clientId } = splitSessionId(id);
  return { account: account ?? undefined, clientId };
}

/** Formats an internal session id for log lines and errors. */
export function formatSessionId(id: string): string {
  const { account, clientId } = splitSessionId(id);
  return account === null ? clientId : `${account} (${clientId})`;
}
