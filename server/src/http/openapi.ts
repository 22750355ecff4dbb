import { schemaReference, type Schema } from "./openapi-fields.js";
import { jsonResponse, pathsOf, type Paths } from "./openapi-operations.js";
import { DEVICE_AND_ZONE_PATHS } from "./openapi-paths.js";
import { COMPONENT_SCHEMAS } from "./openapi-schemas.js";
import { ACCOUNT_PATHS, ACCOUNT_SCHEMAS } from "./openapi-accounts.js";
import { ALERT_PATHS, ALERT_SCHEMAS } from "./openapi-alerts.js";
import { FLASHING_PATHS } from "./flashing/openapi.js";
import { CREATE_BOARD_KEY, UPDATE_PATHS, UPDATE_SCHEMAS } from "./updates/openapi.js";
import { SETTINGS_PATHS, SETTINGS_SCHEMAS } from "./settings/openapi.js";
import { MQTT_SESSION_PATHS, MQTT_SESSION_SCHEMAS } from "./openapi-mqtt-sessions.js";
import { REJECTION_PATHS, REJECTION_SCHEMAS } from "./openapi-rejections.js";

/** Describes a health check that answers 200 or 503. */
const createHealthCheck = (
  operationId: string,
  summary: string,
  healthy: string,
  unhealthy: string,
): Paths[string] => ({
  get: {
    operationId,
    summary,
    tag: "server",
    open: true,
    answers: {
      200: jsonResponse(healthy, schemaReference("Health")),
      503: jsonResponse(unhealthy, schemaReference("Health")),
    },
  },
});

/** Operations on the server itself, and on login sessions. */
const SERVER_PATHS: Paths = {
  "/healthz": createHealthCheck(
    "getHealth",
    "Check whether the server works",
    "The server works.",
    "The server is not connected to the broker.",
  ),
  "/readyz": createHealthCheck(
    "getReadiness",
    "Check whether the server is ready",
    "The server is ready.",
    "A part of the server is not ready; the error names it.",
  ),
  "/metrics": {
    get: {
      operationId: "getMetrics",
      summary: "Get metrics for Prometheus",
      tag: "server",
      answers: {
        200: {
          description: "The Prometheus text format, version 0.0.4.",
          type: "text/plain",
          schema: { type: "string" },
        },
      },
    },
  },
  "/api/status": {
    get: {
      operationId: "getStatus",
      summary: "Get the version, addresses and counters of the server",
      tag: "server",
      answers: { 200: jsonResponse("The current status.", schemaReference("Status")) },
    },
  },
  "/api/new-board": {
    post: CREATE_BOARD_KEY,
    get: {
      operationId: "getNewBoard",
      summary: "Get what a new board needs to connect",
      tag: "server",
      answers: {
        200: jsonResponse("Addresses of the broker, and how this server was started.", schemaReference("NewBoard")),
      },
    },
  },
  "/api/events": {
    get: {
      operationId: "followEvents",
      summary: "Follow changes as server-sent events",
      description:
        "The stream begins with `devices`, `zones` and `alerts`, then sends each change. The schema `Events` describes the data of each event. After a reconnect, the client receives the full current state again, so events have no ids.",
      tag: "server",
      answers: {
        200: {
          description: "A stream that stays open until the client or the server closes it.",
          type: "text/event-stream",
          schema: {
            type: "string",
            description: "A sequence of events: `event: <name>`, `data: <JSON>`, an empty line.",
          },
        },
      },
      errors: {
        429: "The account or address has reached its limit of streams; `retry-after` is the time to wait, in s.",
      },
    },
  },
  "/api/openapi.json": {
    get: {
      operationId: "getDescription",
      summary: "Get this document",
      tag: "server",
      answers: { 200: jsonResponse("An OpenAPI 3.1 document.", { type: "object" }) },
    },
  },
  "/api/login": {
    post: {
      operationId: "logIn",
      summary: "Log in and get a session cookie",
      tag: "accounts",
      open: true,
      body: "Login",
      answers: {
        200: jsonResponse(
          "The user who is logged in. The name is null on a server without accounts.",
          schemaReference("Session"),
        ),
      },
      errors: {
        400: "The body is invalid.",
        401: "The name or the password is wrong.",
        429: "There were too many wrong passwords; `retry-after` is the time to wait, in s.",
      },
    },
  },
  "/api/logout": {
    post: {
      operationId: "logOut",
      summary: "Log out and end the session",
      tag: "accounts",
      open: true,
      answers: { 204: { description: "There is no session any more." } },
    },
  },
  "/api/session": {
    get: {
      operationId: "getSession",
      summary: "Get the user who is logged in",
      tag: "accounts",
      open: true,
      answers: { 200: jsonResponse("The user, or null when nobody is logged in.", schemaReference("Session")) },
    },
  },
};

/** Creates the OpenAPI 3.1 document of the HTTP API, with the limits and fields that the routes use. */
export function createOpenApiDocument(version: string): Schema {
  return {
    openapi: "3.1.0",
    info: {
      title: "nightlight-server",
      version,
      summary: "Lights that follow light sensors, over MQTT",
      description:
        'Errors are `{"error": sentence}`. Times in the history are in ms since 1970, all others in ISO 8601. On a server with accounts, every request needs one, except operations without security. A reader may only send GET, and only administrators may see users, login sessions and rejections.',
      license: { name: "MIT", identifier: "MIT" },
    },
    // A URL relative to this document is correct behind a reverse proxy with a base path.
    servers: [{ url: "..", description: "The server of this document." }],
    tags: [
      { name: "devices", description: "Boards, and programs that send the same messages." },
      { name: "zones", description: "Groups of sensors that together control lamps." },
      { name: "alerts", description: "Lasting problems, and the services that receive them." },
      { name: "settings", description: "The configuration file." },
      { name: "history", description: "Past readings and lamp switches." },
      { name: "flashing", description: "What the dashboard writes to boards over USB." },
      { name: "updates", description: "Program updates of boards over the air." },
      { name: "mqtt", description: "The embedded MQTT broker." },
      { name: "server", description: "The server itself." },
      { name: "accounts", description: "Login and logout, users, tokens and login sessions." },
    ],
    // A request needs one of these authentication schemes; {} means none, for servers without accounts.
    security: [{ token: [] }, { session: [] }, { password: [] }, {}],
    paths: pathsOf({
      ...DEVICE_AND_ZONE_PATHS,
      ...ALERT_PATHS,
      ...SETTINGS_PATHS,
      ...MQTT_SESSION_PATHS,
      ...REJECTION_PATHS,
      ...UPDATE_PATHS,
      ...FLASHING_PATHS,
      ...ACCOUNT_PATHS,
      ...SERVER_PATHS,
    }),
    components: {
      schemas: {
        ...COMPONENT_SCHEMAS,
        ...ALERT_SCHEMAS,
        ...SETTINGS_SCHEMAS,
        ...MQTT_SESSION_SCHEMAS,
        ...REJECTION_SCHEMAS,
        ...UPDATE_SCHEMAS,
        ...ACCOUNT_SCHEMAS,
      },
      responses: {
        Fault: {
          description: "Any other error.",
          content: { "application/json": { schema: schemaReference("Error") } },
        },
      },
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description:
            "A token that `POST /api/users/{name}/tokens` returns, or `nightlight-server user token` prints. With an expired or revoked token, the server answers 401 with the reason and closes event streams of the token.",
        },
        session: {
          type: "apiKey",
          in: "cookie",
          name: "nightlight-8080",
          description: "Set by `POST /api/login`. Its name ends with the port; over HTTPS it begins with `__Host-`.",
        },
        password: { type: "http", scheme: "basic", description: "The user's name and password." },
      },
    },
  };
}
