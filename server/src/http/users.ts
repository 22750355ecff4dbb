import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Fields, Message } from "../../../contract/index.js";
import type { Log } from "../observability/log.js";
import { ROLES, type Accounts } from "../security/accounts.js";
import type { LoginSessions } from "../security/login-sessions.js";
import type { UserDirectory } from "../security/user-directory.js";
import type { RoleAssignment } from "../security/user-changes.js";
import { accountOf } from "./authorize.js";
import { HttpError } from "./errors.js";
import { ANONYMOUS_PROBLEM } from "./first-administrator.js";
import { withUserErrors, type People } from "./people.js";
import { parseBody } from "./request-body.js";
import { originOf, sessionIdOf, setSessionCookie } from "./session-cookie.js";

const ROLE_FIELDS = {
  role: { type: "string", required: true, values: ROLES },
  device: { type: "string", maxLength: 256 },
} as const satisfies Fields;

const PASSWORD_FIELDS = { password: { type: "string", maxLength: 4096 } } as const satisfies Fields;

/** Fields of the bodies of requests that change users. */
export const USER_BODIES = {
  newUser: { name: { type: "string", required: true, maxLength: 256 }, ...ROLE_FIELDS, ...PASSWORD_FIELDS },
  role: ROLE_FIELDS,
  password: PASSWORD_FIELDS,
  token: { expires: { type: "string", maxLength: 64 } },
} as const satisfies Record<string, Fields>;

/** The parts of the server that the routes for users use. */
export interface UserSources {
  /** The users that administrators can manage; undefined when the server runs with `--anonymous`. */
  readonly people: People | undefined;
  readonly accounts: Accounts;
  readonly sessions: LoginSessions;
  readonly log: Log;
}

type NameParams = { Params: { name: string } };
type TokenParams = { Params: { name: string; id: string } };

/** Error for changes while nobody has an account. */
const NO_ACCOUNT_PROBLEM =
  "Nobody has an account yet; create the first administrator first, with the one-time code from the log of the server.";

/** Adds the routes that list and change users and tokens. `requireAuthorization` restricts them to administrators. */
export function addUserRoutes(app: FastifyInstance, { people, accounts, sessions, log }: UserSources): void {
  /** Returns the users. @throws HttpError 409 if accounts have no effect */
  function readable(): UserDirectory {
    if (!people) throw new HttpError(409, ANONYMOUS_PROBLEM);
    return people.directory;
  }

  /**
   * Runs a change of the users.
   * @throws HttpError 409 if accounts have no effect, or the first administrator is missing
   */
  function change<T>(request: FastifyRequest, operation: (directory: UserDirectory) => Promise<T>): Promise<T> {
    return withUserErrors(async () => {
      const directory = readable();
      await directory.reload();
      // An administrator of Home Assistant may add users to a server that has none.
      if (directory.isEmpty && !accountOf(request)) throw new HttpError(409, NO_ACCOUNT_PROBLEM);
      return operation(directory);
    });
  }

  function logChange(request: FastifyRequest, change: string, user: string): void {
    const by = accountOf(request)?.name ?? "somebody";
    log.info("security", `${by} ${change}`, { by, user, address: request.ip });
  }

  app.get("/api/users", () => withUserErrors(() => readable().list()));

  app.post("/api/users", async (request, reply) => {
    const body = parseBody(USER_BODIES.newUser, request.body, "No user was added");
    const role = roleOf(body, "No user was added");
    const { name, password } = body;
    const { user, generated } = await change(request, (users) => users.add({ name, ...role, password }));
    logChange(request, `added the user ${name} with the role ${role.role}.`, name);
    return reply.code(201).send({ ...user, password: generated ?? null });
  });

  app.get<NameParams>("/api/users/:name", ({ params }) => withUserErrors(() => readable().get(params.name)));

  app.put<NameParams>("/api/users/:name", async (request) => {
    const role = roleOf(
      parseBody(USER_BODIES.role, request.body, "The user was not changed"),
      "The user was not changed",
    );
    const { name } = request.params;
    const user = await change(request, (users) => users.changeRole(name, role));
    logChange(request, `changed the role of ${name} to ${role.role}.`, name);
    return user;
  });

  app.delete<NameParams>("/api/users/:name", async (request, reply) => {
    const { name } = request.params;
    await change(request, (users) => users.remove(name));
    logChange(request, `removed the user ${name}.`, name);
    return reply.code(204).send();
  });

  app.put<NameParams>("/api/users/:name/password", async (request, reply) => {
    const { password } = parseBody(USER_BODIES.password, request.body, "The password was not changed");
    const { name } = request.params;
    const wasOwnSession = accountOf(request)?.name === name && sessionIdOf(request) !== undefined;
    const { generated, revoked } = await change(request, (users) => users.changePassword(name, password));
    logChange(request, `changed the password of ${name}.`, name);
    // The change ended all sessions of the user, so the browser that requested the change gets a new session.
    const account = accounts.findByName(name);
    if (wasOwnSession && account) setSessionCookie(request, reply, sessions.create(account, originOf(request)));
    return { password: generated ?? null, tokens_revoked: revoked };
  });

  app.post<NameParams>("/api/users/:name/tokens", async (request, reply) => {
    const { expires } = parseBody(USER_BODIES.token, request.body, "No token was made");
    const { name } = request.params;
    const { token, view } = await change(request, (users) => users.addToken(name, expires));
    logChange(request, `made the token ${view.id} for ${name}.`, name);
    return reply.code(201).send({ ...view, token });
  });

  app.delete<NameParams>("/api/users/:name/tokens", async (request, reply) => {
    const { name } = request.params;
    await change(request, (users) => users.revokeTokens(name));
    logChange(request, `revoked all tokens of ${name}.`, name);
    return reply.code(204).send();
  });

  app.delete<TokenParams>("/api/users/:name/tokens/:id", async (request, reply) => {
    const { name, id } = request.params;
    await change(request, (users) => users.revokeTokens(name, id));
    logChange(request, `revoked the token ${id} of ${name}.`, name);
    return reply.code(204).send();
  });
}

/** Returns the role in a body. @throws HttpError 400 if a board has no device id, or another user has one */
function roleOf({ role, device }: Message<typeof ROLE_FIELDS>, refusal: string): RoleAssignment {
  if (role === "device" && device === undefined)
    throw new HttpError(400, `${refusal}: a user with the role "device" needs the device id of its board in "device".`);
  if (role !== "device" && device !== undefined)
    throw new HttpError(400, `${refusal}: only a user with the role "device" has a device id.`);
  return device === undefined ? { role } : { role, device };
}
