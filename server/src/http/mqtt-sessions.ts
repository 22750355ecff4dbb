import type { FastifyInstance } from "fastify";
import type { ContestedClientId, SessionDirectory, SessionView } from "../broker/api.js";
import { HttpError } from "./errors.js";

/** The MQTT sessions that the broker stores. Browsers that log in have other sessions: see `session-cookie.ts`. */
export interface MqttSessionSources {
  /** The embedded broker's sessions; undefined when the server has joined another broker. */
  mqttSessions(): SessionDirectory | undefined;
  /** Client ids that two clients currently use at the same time; empty when the server has joined another broker. */
  contestedClientIds(): readonly ContestedClientId[];
  broker(): { readonly url: string };
}

interface SessionQueryString {
  readonly client_id?: unknown;
  readonly account?: unknown;
}

/**
 * Adds the routes that list and end MQTT sessions. The client id is a query parameter, because a client id may contain
 * any character, slashes included.
 */
export function addMqttSessionRoutes(app: FastifyInstance, from: MqttSessionSources): void {
  /** Returns the sessions of the embedded broker. @throws HttpError 404 when the server has joined another broker */
  function directory(): SessionDirectory {
    const sessions = from.mqttSessions();
    if (sessions) return sessions;
    throw new HttpError(
      404,
      `This server has joined the broker ${from.broker().url}; list and end sessions with the tools of that broker.`,
    );
  }

  app.get("/api/sessions", () => directory().list().toSorted(compareSessions));

  app.delete<{ Querystring: SessionQueryString }>("/api/sessions", async (request, reply) => {
    const sessions = directory();
    const clientId = parameterOf(request.query, "client_id");
    const account = parameterOf(request.query, "account");
    if (clientId === null)
      throw new HttpError(400, "Name one session: /api/sessions?client_id=<client id>&account=<account>.");
    if (await sessions.end(account, clientId)) return reply.code(204).send();
    throw new HttpError(404, unknownSessionProblem(account, clientId, sessions.list()));
  });
}

/** Returns a query parameter; null for a missing or empty one. @throws HttpError 400 for a repeated parameter */
function parameterOf(query: SessionQueryString, name: keyof SessionQueryString): string | null {
  const value = query[name] ?? "";
  if (typeof value !== "string") throw new HttpError(400, `The parameter "${name}" is given more than once.`);
  return value || null;
}

/** Sorts sessions by account and client id. Sessions without an account come first. */
function compareSessions(a: SessionView, b: SessionView): number {
  return compareCodeUnits(a.account ?? "", b.account ?? "") || compareCodeUnits(a.client_id, b.client_id);
}

/** Compares by UTF-16 code units, so that the order is the same in every locale. */
function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function unknownSessionProblem(account: string | null, clientId: string, sessions: readonly SessionView[]): string {
  const problem =
    account === null
      ? `There is no session with the client id "${clientId}" and without an account`
      : `The account "${account}" has no session with the client id "${clientId}"`;
  const others = sessions.filter((session) => session.client_id === clientId);
  if (others.length === 0) return `${problem}; GET /api/sessions lists the sessions.`;
  const names = others.flatMap((other) => (other.account === null ? [] : `"${other.account}"`));
  const owners = [
    ...(names.length < others.length ? ["without an account"] : []),
    ...(names.length > 0 ? [`of ${names.join(", ")}`] : []),
  ];
  return `${problem}; there is one ${owners.join(", ")}: change the parameter "account".`;
}
