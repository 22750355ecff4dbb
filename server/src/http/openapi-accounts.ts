import { END_REASONS } from "../security/login-record.js";
import type { TokenView, UserView } from "../security/user-directory.js";
import { FIRST_ADMINISTRATOR } from "./first-administrator.js";
import type { ListedLoginSession } from "./login-sessions.js";
import {
  count,
  flag,
  listOf,
  moment,
  objectOf,
  oneOf,
  orNull,
  ref,
  schemaOf,
  text,
  type Schema,
} from "./openapi-fields.js";
import { json, parameter, type Operation, type Paths } from "./openapi-operations.js";
import { USER_BODIES } from "./users.js";

const NAME = parameter("path", "name", { type: "string", examples: ["ann"] }, "The name of a user.");
const TOKEN_ID = parameter("path", "id", { type: "string", examples: ["Xb3-k9Qz"] }, "The id of a token.");
const SESSION_ID = parameter("path", "id", { type: "string" }, "The id of a login session.");

const ANONYMOUS = "The server runs with `--anonymous`, so accounts have no effect.";
const NO_ACCOUNT = `Nobody has an account yet: create the first administrator first. Or: ${ANONYMOUS}`;
const BUSY = "A command is changing the users, or the users file cannot be read or written.";
const BAD_BODY = "The body is invalid; nothing was changed.";
const NO_USER = "There is no such user.";
const PASSWORD_RULES =
  "It has 8 to 256 characters and must not be easy to guess. Leave it out to have one generated, which the response contains once.";

const token = {
  id: text("The id of the token, which reveals nothing about the token."),
  made: moment("When the token was made."),
  expires: orNull(moment("When the token expires; null for never.")),
  expired: flag("Whether the token has expired."),
  last_used: orNull(moment("When the token was last used, to the minute; null for never.")),
};
const user = {
  name: text("The user name."),
  role: oneOf(
    ["admin", "reader", "device"],
    "`admin` may do everything, `reader` may read everything, and `device` is a board.",
  ),
  device: orNull(text("The device id of a board, whose topics its user may use; null for other users.")),
  tokens: listOf(ref("Token")),
};

/** Schemas of users, tokens and login sessions. */
export const ACCOUNT_SCHEMAS: Readonly<Record<string, Schema>> = {
  User: objectOf<UserView>("A user: a person, a program or a board.", user),
  UserAdded: objectOf<UserView & { password: string | null }>("A new user.", {
    ...user,
    password: orNull(text("The generated password, which is shown only now; null if the request contained one.")),
  }),
  Token: objectOf<TokenView>("A bearer token, without its secret.", token),
  TokenMade: objectOf<TokenView & { token: string }>("A new bearer token.", {
    ...token,
    token: text("The token itself, which is shown only now."),
  }),
  PasswordChanged: objectOf<{ password: string | null; tokens_revoked: number }>("The effect of a new password.", {
    password: orNull(text("The generated password, which is shown only now; null if the request contained one.")),
    tokens_revoked: count("Number of tokens of the user that were revoked."),
  }),
  LoginSession: objectOf<ListedLoginSession>("A login session of a browser.", {
    id: text("The id of the session in this list. Nobody can log in with it."),
    name: text("The user who logged in."),
    address: text("The IP address of the browser at the login."),
    browser: text("The `User-Agent` header of the browser at the login."),
    started: moment("When the user logged in."),
    last_used: moment("When the session was last used."),
    current: flag("Whether this request belongs to the session."),
  }),
  FirstAdministrator: schemaOf("The first administrator.", FIRST_ADMINISTRATOR, {
    code: "The one-time code from the log of the server. Case, spaces and hyphens do not matter.",
    name: "The user name.",
    password: "The password: 8 to 256 characters, and not easy to guess.",
  }),
  NewUser: schemaOf("A user to add.", USER_BODIES.newUser, {
    name: "The user name: a letter or digit, then up to 63 letters, digits and `. _ @ -`.",
    role: "What the user may do.",
    device: "The device id of a board; required for the role `device`, and only allowed there.",
    password: `The password. ${PASSWORD_RULES}`,
  }),
  NewRole: schemaOf("Another role for a user.", USER_BODIES.role, {
    role: "What the user may do.",
    device: "The device id of a board; required for the role `device`, and only allowed there.",
  }),
  NewPassword: schemaOf("Another password for a user.", USER_BODIES.password, {
    password: `The password. ${PASSWORD_RULES}`,
  }),
  NewToken: schemaOf("A token to make.", USER_BODIES.token, {
    expires: "When the token expires: a duration such as `90d`, a date such as `2027-01-01` (00:00 UTC), or never.",
  }),
};

/** The reasons for which sessions end, for the schema of the session. */
export const ENDED: Schema = oneOf(
  END_REASONS,
  "Why the session of the request has ended, for the login page: `idle` (12 h without use), `lifetime` (7 days old), `password` or `role` (changed), `removed` (the account), `administrator` (ended by one), `displaced` (by newer logins), `unknown` (to this server). Left out if the request has no session, or a valid one.",
);

/** Completes an operation on users, which only administrators may use. */
const forAdmins = (operation: Omit<Operation, "tag">): Operation => ({
  ...operation,
  tag: "accounts",
  description: [operation.description, "Only administrators may do this."].filter(Boolean).join(" "),
});

/** Operations on users, tokens and login sessions. */
export const ACCOUNT_PATHS: Paths = {
  "/api/first-administrator": {
    post: {
      operationId: "createFirstAdministrator",
      summary: "Create the first administrator and log in",
      description:
        "While nobody has an account, the log of the server shows a one-time code, which this operation needs. Ten wrong codes replace it by another. From then on everybody must log in, including boards.",
      tag: "accounts",
      open: true,
      body: "FirstAdministrator",
      answers: { 201: json("The administrator, who is logged in.", ref("Session")) },
      errors: {
        400: "The body is invalid, or the name or password is not allowed. The code stays valid.",
        401: "The code is wrong.",
        409: `There is an account already. Or: ${ANONYMOUS}`,
        429: "There were too many wrong codes; `retry-after` is the time to wait, in s.",
        503: BUSY,
      },
    },
  },
  "/api/users": {
    get: forAdmins({
      operationId: "listUsers",
      summary: "List the users and their tokens, sorted by name",
      answers: { 200: json("The users.", listOf(ref("User"))) },
      errors: { 409: ANONYMOUS, 503: BUSY },
    }),
    post: forAdmins({
      operationId: "addUser",
      summary: "Add a user",
      description: "A board gets a user with the role `device`.",
      body: "NewUser",
      answers: { 201: json("The user.", ref("UserAdded")) },
      errors: {
        400: BAD_BODY,
        409: `The name is taken, or the device id conflicts with that of another user. Or: ${NO_ACCOUNT}`,
        503: BUSY,
      },
    }),
  },
  "/api/users/{name}": {
    get: forAdmins({
      operationId: "getUser",
      summary: "Get a user",
      parameters: [NAME],
      answers: { 200: json("The user.", ref("User")) },
      errors: { 404: NO_USER, 409: ANONYMOUS, 503: BUSY },
    }),
    put: forAdmins({
      operationId: "changeRole",
      summary: "Change the role of a user",
      description: "Ends the sessions and connections of the user.",
      parameters: [NAME],
      body: "NewRole",
      answers: { 200: json("The user.", ref("User")) },
      errors: {
        400: BAD_BODY,
        404: NO_USER,
        409: `The user is the last administrator, or the device id conflicts with that of another user. Or: ${NO_ACCOUNT}`,
        503: BUSY,
      },
    }),
    delete: forAdmins({
      operationId: "removeUser",
      summary: "Remove a user",
      description: "Ends the sessions, connections and tokens of the user.",
      parameters: [NAME],
      answers: { 204: { description: "The user is removed." } },
      errors: { 404: NO_USER, 409: `The user is the last administrator. Or: ${NO_ACCOUNT}`, 503: BUSY },
    }),
  },
  "/api/users/{name}/password": {
    put: forAdmins({
      operationId: "changePassword",
      summary: "Change the password of a user",
      description:
        "Revokes the tokens of the user, and ends its sessions and connections, except the session that sends this request.",
      parameters: [NAME],
      body: "NewPassword",
      answers: { 200: json("The password is changed.", ref("PasswordChanged")) },
      errors: { 400: BAD_BODY, 404: NO_USER, 409: NO_ACCOUNT, 503: BUSY },
    }),
  },
  "/api/users/{name}/tokens": {
    post: forAdmins({
      operationId: "makeToken",
      summary: "Make a bearer token for a user",
      parameters: [NAME],
      body: "NewToken",
      answers: { 201: json("The token.", ref("TokenMade")) },
      errors: {
        400: BAD_BODY,
        404: NO_USER,
        409: `The user is a board, which has no tokens. Or: ${NO_ACCOUNT}`,
        503: BUSY,
      },
    }),
    delete: forAdmins({
      operationId: "revokeTokens",
      summary: "Revoke all tokens of a user",
      parameters: [NAME],
      answers: { 204: { description: "The user has no tokens any more." } },
      errors: { 404: NO_USER, 409: NO_ACCOUNT, 503: BUSY },
    }),
  },
  "/api/users/{name}/tokens/{id}": {
    delete: forAdmins({
      operationId: "revokeToken",
      summary: "Revoke a token",
      parameters: [NAME, TOKEN_ID],
      answers: { 204: { description: "The token is not valid any more." } },
      errors: { 404: "There is no such user or token.", 409: NO_ACCOUNT, 503: BUSY },
    }),
  },
  "/api/login-sessions": {
    get: forAdmins({
      operationId: "listLoginSessions",
      summary: "List the login sessions, by user name and then the latest login first",
      answers: { 200: json("The sessions.", listOf(ref("LoginSession"))) },
    }),
  },
  "/api/login-sessions/{id}": {
    delete: forAdmins({
      operationId: "endLoginSession",
      summary: "End a login session",
      description: "The login page of that browser says that an administrator has ended the session.",
      parameters: [SESSION_ID],
      answers: { 204: { description: "The session has ended." } },
      errors: { 404: "There is no such session." },
    }),
  },
};
