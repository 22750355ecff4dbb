import { COMMAND_NAME } from "../../../common/command-name.js";
import type { SessionView } from "../../../broker/api.js";
import { findMostSimilar } from "../../../common/nearest.js";
import { UsageError } from "../../../common/errors.js";
import { escapeControlCharacters } from "./table.js";

/** The name from `--account NAME`; false for `--no-account`; undefined if the user gave neither flag. */
export type AccountFlag = string | false | undefined;

/** Maximum number of client ids that an error message lists. */
const MAX_LISTED_CLIENT_IDS = 5;

/**
 * Finds a session by client id and account. Accepts the client id itself, or the escaped form that `sessions list`
 * prints.
 * @throws UsageError when there is no such session, or more than one
 */
export function chooseSession(sessions: readonly SessionView[], clientId: string, account: AccountFlag): SessionView {
  const exact = sessions.filter((session) => session.client_id === clientId);
  const same =
    exact.length > 0 ? exact : sessions.filter((session) => escapeControlCharacters(session.client_id) === clientId);
  if (same.length === 0) throw new UsageError(unknownClientIdProblem(sessions, clientId));
  const owner = account === false ? null : account;
  const mine = owner === undefined ? same : same.filter((session) => session.account === owner);
  if (mine.length === 1) return mine[0];
  const id = escapeControlCharacters(clientId);
  if (mine.length > 1)
    throw new UsageError(
      `Several sessions have the client id ${id}: ${ownersOf(same)}. Choose with ${describeChoices(same)}.`,
    );
  const problem =
    owner === null
      ? `There is no session with the client id ${id} and without an account`
      : `The account ${owner} has no session with the client id ${id}`;
  throw new UsageError(`${problem}; there is one ${ownersOf(same)}.`);
}

/**
 * Describes the owners of several sessions in error messages, for example `of ann, bob`, or `without an account, of
 * ann`.
 */
function ownersOf(sessions: readonly SessionView[]): string {
  const names = sessions.flatMap(({ account }) => account ?? []);
  const nameless = names.length < sessions.length ? ["without an account"] : [];
  return [...nameless, ...(names.length > 0 ? [`of ${names.join(", ")}`] : [])].join(", ");
}

function describeChoices(sessions: readonly SessionView[]): string {
  return sessions.some(({ account }) => account === null) ? "--account NAME or --no-account" : "--account NAME";
}

function unknownClientIdProblem(sessions: readonly SessionView[], clientId: string): string {
  const problem = `There is no session with the client id ${escapeControlCharacters(clientId)}`;
  if (sessions.length === 0) return `${problem}, and no other session.`;
  const ids = [...new Set(sessions.map((session) => session.client_id))];
  const alike = findMostSimilar(clientId, ids, MAX_LISTED_CLIENT_IDS);
  if (alike.length > 0) return `${problem}. Similar: ${alike.map(escapeControlCharacters).join(", ")}.`;
  if (ids.length <= MAX_LISTED_CLIENT_IDS)
    return `${problem}. There are: ${ids.map(escapeControlCharacters).join(", ")}.`;
  return `${problem}. ${COMMAND_NAME} sessions list shows all ${sessions.length}.`;
}
