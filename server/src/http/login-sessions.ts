import type { FastifyInstance } from "fastify";
import type { Log } from "../observability/log.js";
import type { LoginSessions } from "../security/login-sessions.js";
import type { ListedLoginSession } from "../security/user-view.js";
import { accountOf } from "./authorize.js";
import { HttpError } from "./errors.js";
import { sessionIdOf } from "./session-cookie.js";

/** Adds the routes that list and end login sessions. `requireAuthorization` restricts them to administrators. */
export function addLoginSessionRoutes(app: FastifyInstance, sessions: LoginSessions, log: Log): void {
  app.get("/api/login-sessions", (request): ListedLoginSession[] => {
    const id = sessionIdOf(request);
    const own = id === undefined ? undefined : sessions.publicIdOf(id);
    return sessions.list().map((session) => ({ ...session, current: session.id === own }));
  });

  app.delete<{ Params: { id: string } }>("/api/login-sessions/:id", async (request, reply) => {
    const name = sessions.endByPublicId(request.params.id);
    if (name === undefined)
      throw new HttpError(404, "There is no such session any more; GET /api/login-sessions lists the sessions.");
    await sessions.stored();
    const by = accountOf(request)?.name ?? "somebody";
    log.info("security", `${by} ended a session of ${name}.`, { by, user: name, address: request.ip });
    return reply.code(204).send();
  });
}
