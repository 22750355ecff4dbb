import type { SessionView } from "../../../broker/api.js";
import { CommandError } from "../../../common/errors.js";
import { refusalError, sendRequest, type ServerAccess } from "../api-client.js";

/** Fetches the MQTT sessions of a running server. @throws CommandError when the request fails */
export async function fetchSessions(access: ServerAccess): Promise<SessionView[]> {
  const { status, body } = await sendRequest(access, "GET", "api/sessions");
  if (status === 200 && Array.isArray(body)) return body as SessionView[];
  throw refusalError(access, status, body);
}

/**
 * Ends an MQTT session.
 * @throws CommandError when the request fails, for example because the session has ended meanwhile
 */
export async function endSession(access: ServerAccess, { account, client_id }: SessionView): Promise<void> {
  const query = new URLSearchParams({ client_id, ...(account !== null && { account }) });
  const { status, body } = await sendRequest(access, "DELETE", `api/sessions?${query}`);
  if (status === 204) return;
  const problem = refusalError(access, status, body);
  throw status === 403 ? new CommandError(`${problem.message} Only an administrator may end a session.`) : problem;
}
