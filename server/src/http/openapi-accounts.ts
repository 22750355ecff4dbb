import { ROLES } from "../security/accounts.js";
import { END_REASONS } from "../security/login-record.js";
import type { ListedLoginSession, TokenView, UserView } from "../security/user-view.js";
import { FIRST_ADMINISTRATOR_FIELDS } from "./first-administrator.js";
import {
  countSchema,
  booleanSchema,
  listSchema,
  isoTimeSchema,
  objectSchema,
  choiceSchema,
  nullableSchema,
  schemaReference,
  fieldsSchema,
  textSchema,
  type Schema,
} from "./openapi-fields.js";
import { jsonResponse, createParameter, type Operation, type Paths } from "./openapi-operations.js";
import { USER_BODIES } from "./users.js";

const USER_NAME_PARAMETER = createParameter(
  "path",
  "name",
  { type: "string", examples: ["ann"] },
  "The name of a user.",
);
const TOKEN_ID_PARAMETER = createParameter(
  "path",
  "id",
  { type: "string", examples: ["Xb3-k9Qz"] },
  "The id of a token.",
);
const SESSION_ID_PARAMETER = createParameter("path", "id", { type: "string" }, "The id of a login session.");

const ANONYMOUS_DESCRIPTION = "The server runs with `--anonymous`, so accounts have no effect.";
const NO_ACCOUNT_DESCRIPTION = `Nobody has an account yet: create the first administrator first. Or: ${ANONYMOUS_DESCRIPTION}`;
const BUSY_DESCRIPTION = "A command is changing the users, or the users file cannot be read or written.";
const BAD_BODY_DESCRIPTION = "The body is invalid; nothing was changed.";
const NO_USER_DESCRIPTION = "There is no such user.";
const PASSWORD_RULES_DESCRIPTION =
  "It has 8 to 256 characters and must not be easy to guess. Leave it out to have one generated, which the response contains once.";

const tokenProperties = {
  id: textSchema("The id of the token, which reveals nothing about the token."),
  made: isoTimeSchema("When the token was made."),
  expires: nullableSchema(isoTimeSchema("When the token expires; null for never.")),
  expired: booleanSchema("Whether the token has expired."),
  last_used: nullableSchema(isoTimeSchema("When the token was last used, to the minute; null for never.")),
};
const userProperties = {
  name: textSchema("The user name."),
  role: choiceSchema(
    ROLES,
    "`admin` may do everything, `reader` may read everything, `home-assistant` is Home Assistant, and `device` is a board.",
  ),
  device: nullableSchema(textSchema("The device id of a board, whose topics its user may use; null for other users.")),
  tokens: listSchema(schemaReference("Token")),
};

/** Schemas of users, tokens and login sessions. */
export const ACCOUNT_SCHEMAS: Readonly<Record<string, Schema>> = {
  User: objectSchema<UserView>("A user: a person, a program or a board.", userProperties),
  UserAdded: objectSchema<UserView & { password: string | null }>("A new user.", {
    ...userProperties,
    password: nullableSchema(
      textSchema("The generated password, which is shown only now; null if the request contained one."),
    ),
  }),
  Token: objectSchema<TokenView>("A bearer token, without its secret.", tokenProperties),
  TokenMade: objectSchema<TokenView & { token: string }>("A new bearer token.", {
    ...tokenProperties,
    token: textSchema("The token itself, which is shown only now."),
  }),
  PasswordChanged: objectSchema<{ password: string | null; tokens_revoked: number }>("The effect of a new password.", {
    password: nullableSchema(
      textSchema("The generated password, which is shown only now; null if the request contained one."),
    ),
    tokens_revoked: countSchema("Number of tokens of the user that were revoked."),
  }),
  LoginSession: objectSchema<ListedLoginSession>("A login session of a browser.", {
    id: textSchema("The id of the session in this list. Nobody can log in with it."),
    name: textSchema("The user who logged in."),
    address: textSchema("The IP address of the browser at the login."),
    browser: textSchema("The `User-Agent` header of the browser at the login."),
    started: isoTimeSchema("When the user logged in."),
    last_used: isoTimeSchema("When the session was last used."),
    current: booleanSchema("Whether this request belongs to the session."),
  }),
  FirstAdministrator: fieldsSchema("The first administrator.", FIRST_ADMINISTRATOR_FIELDS, {
    code: "The one-time code from the log of the server. Case, spaces and hyphens do not matter.",
    name: "The user name.",
    password: "The password: 8 to 256 characters, and not easy to guess.",
  }),
  NewUser: fieldsSchema("A user to add.", USER_BODIES.newUser, {
    name: "The user name: a letter or digit, then up to 63 letters, digits and `. _ @ -`.",
    role: "What the user may do.",
    device: "The device id of a board; required for the role `device`, and only allowed there.",
    password: `The password. ${PASSWORD_RULES_DESCRIPTION}`,
  }),
  NewRole: fieldsSchema("Another role for a user.", USER_BODIES.role, {
    role: "What the user may do.",
    device: "The device id of a board; required for the role `device`, and only allowed there.",
  }),
  NewPassword: fieldsSchema("Another password for a user.", USER_BODIES.password, {
    password: `The password. ${PASSWORD_RULES_DESCRIPTION}`,
  }),
  NewToken: fieldsSchema("A token to make.", USER_BODIES.token, {
    expires: "When the token expires: a duration such as `90d`, a date such as `2027-01-01` (00:00 UTC), or never.",
  }),
};

/** Schema of the reason why a login session has ended. */
export const END_REASON_SCHEMA: Schema = choiceSchema(
  END_REASONS,
  "Why the session of the request has ended, for the login page: `idle` (12 h without use), `lifetime` (7 days old), `password` or `role` (changed), `removed` (the account), `administrator` (ended by one), `displaced` (by newer logins), `unknown` (to this server). Left out if the request has no session, or a valid one.",
);

/** Completes an operation on users, which only administrators may use. */
const toAdminOperation = (operation: Omit<Operation, "tag">): Operation => ({
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
      answers: { 201: jsonResponse("The administrator, who is logged in.", schemaReference("Session")) },
      errors: {
        400: "The body is invalid, or the name or password is not allowed. The code stays valid.",
        401: "The code is wrong.",
        409: `There is an account already. Or: ${ANONYMOUS_DESCRIPTION}`,
        429: "There were too many wrong codes; `retry-after` is the time to wait, in s.",
        503: BUSY_DESCRIPTION,
      },
    },
  },
  "/api/users": {
    get: toAdminOperation({
      operationId: "listUsers",
      summary: "List the users and their tokens, sorted by name",
      answers: { 200: jsonResponse("The users.", listSchema(schemaReference("User"))) },
      errors: { 409: ANONYMOUS_DESCRIPTION, 503: BUSY_DESCRIPTION },
    }),
    post: toAdminOperation({
      operationId: "addUser",
      summary: "Add a user",
      description: "A board gets a user with the role `device`.",
      body: "NewUser",
      answers: { 201: jsonResponse("The user.", schemaReference("UserAdded")) },
      errors: {
        400: BAD_BODY_DESCRIPTION,
        409: `The name is taken, or the device id conflicts with that of another user. Or: ${NO_ACCOUNT_DESCRIPTION}`,
        503: BUSY_DESCRIPTION,
      },
    }),
  },
  "/api/users/{name}": {
    get: toAdminOperation({
      operationId: "getUser",
      summary: "Get a user",
      parameters: [USER_NAME_PARAMETER],
      answers: { 200: jsonResponse("The user.", schemaReference("User")) },
      errors: { 404: NO_USER_DESCRIPTION, 409: ANONYMOUS_DESCRIPTION, 503: BUSY_DESCRIPTION },
    }),
    put: toAdminOperation({
      operationId: "changeRole",
      summary: "Change the role of a user",
      description: "Ends the sessions and connections of the user.",
      parameters: [USER_NAME_PARAMETER],
      body: "NewRole",
      answers: { 200: jsonResponse("The user.", schemaReference("User")) },
      errors: {
        400: BAD_BODY_DESCRIPTION,
        404: NO_USER_DESCRIPTION,
        409: `The user is the last administrator, or the device id conflicts with that of another user. Or: ${NO_ACCOUNT_DESCRIPTION}`,
        503: BUSY_DESCRIPTION,
      },
    }),
    delete: toAdminOperation({
      operationId: "removeUser",
      summary: "Remove a user",
      description: "Ends the sessions, connections and tokens of the user.",
      parameters: [USER_NAME_PARAMETER],
      answers: { 204: { description: "The user is removed." } },
      errors: {
        404: NO_USER_DESCRIPTION,
        409: `The user is the last administrator. Or: ${NO_ACCOUNT_DESCRIPTION}`,
        503: BUSY_DESCRIPTION,
      },
    }),
  },
  "/api/users/{name}/password": {
    put: toAdminOperation({
      operationId: "changePassword",
      summary: "Change the password of a user",
      description:
        "Revokes the tokens of the user, and ends its sessions and connections, except the session that sends this request.",
      parameters: [USER_NAME_PARAMETER],
      body: "NewPassword",
      answers: { 200: jsonResponse("The password is changed.", schemaReference("PasswordChanged")) },
      errors: {
        400: BAD_BODY_DESCRIPTION,
        404: NO_USER_DESCRIPTION,
        409: NO_ACCOUNT_DESCRIPTION,
        503: BUSY_DESCRIPTION,
      },
    }),
  },
  "/api/users/{name}/tokens": {
    post: toAdminOperation({
      operationId: "makeToken",
      summary: "Make a bearer token for a user",
      parameters: [USER_NAME_PARAMETER],
      body: "NewToken",
      answers: { 201: jsonResponse("The token.", schemaReference("TokenMade")) },
      errors: {
        400: BAD_BODY_DESCRIPTION,
        404: NO_USER_DESCRIPTION,
        409: `The user is a board, which has no tokens. Or: ${NO_ACCOUNT_DESCRIPTION}`,
        503: BUSY_DESCRIPTION,
      },
    }),
    delete: toAdminOperation({
      operationId: "revokeTokens",
      summary: "Revoke all tokens of a user",
      parameters: [USER_NAME_PARAMETER],
      answers: { 204: { description: "The user has no tokens any more." } },
      errors: { 404: NO_USER_DESCRIPTION, 409: NO_ACCOUNT_DESCRIPTION, 503: BUSY_DESCRIPTION },
    }),
  },
  "/api/users/{name}/tokens/{id}": {
    delete: toAdminOperation({
      operationId: "revokeToken",
      summary: "Revoke a token",
      parameters: [USER_NAME_PARAMETER, TOKEN_ID_PARAMETER],
      answers: { 204: { description: "The token is not valid any more." } },
      errors: { 404: "There is no such user or token.", 409: NO_ACCOUNT_DESCRIPTION, 503: BUSY_DESCRIPTION },
    }),
  },
  "/api/login-sessions": {
    get: toAdminOperation({
      operationId: "listLoginSessions",
      summary: "List the login sessions, by user name and then the latest login first",
      answers: { 200: jsonResponse("The sessions.", listSchema(schemaReference("LoginSession"))) },
    }),
  },
  "/api/login-sessions/{id}": {
    delete: toAdminOperation({
      operationId: "endLoginSession",
      summary: "End a login session",
      description: "The login page of that browser says that an administrator has ended the session.",
      parameters: [SESSION_ID_PARAMETER],
      answers: { 204: { description: "The session has ended." } },
      errors: { 404: "There is no such session." },
    }),
  },
};
