import { ref, type Schema } from "./openapi-fields.js";
import { json, pathsOf, type Paths } from "./openapi-operations.js";
import { LIGHT_PATHS } from "./openapi-paths.js";
import { SCHEMAS } from "./openapi-schemas.js";
import { MQTT_SESSION_PATHS, MQTT_SESSION_SCHEMAS } from "./openapi-sessions.js";

const health = (operationId: string, summary: string, well: string, ill: string): Paths[string] => ({
  get: {
    operationId,
    summary,
    tag: "server",
    open: true,
    answers: { 200: json(well, ref("Health")), 503: json(ill, ref("Health")) },
  },
});

/** What is described of the server itself, and of who is let in. */
const SERVER_PATHS: Paths = {
  "/healthz": health("getHealth", "Whether the server is at work", "It is.", "The link to the broker is down."),
  "/readyz": health("getReadiness", "Whether all parts are ready", "They are.", "One is not yet, and is named."),
  "/metrics": {
    get: {
      operationId: "getMetrics",
      summary: "Metrics for Prometheus",
      tag: "server",
      answers: { 200: { description: "Text format 0.0.4.", type: "text/plain", schema: { type: "string" } } },
    },
  },
  "/api/status": {
    get: {
      operationId: "getStatus",
      summary: "The server: version, addresses, counters",
      tag: "server",
      answers: { 200: json("As it is now.", ref("Status")) },
    },
  },
  "/api/events": {
    get: {
      operationId: "followEvents",
      summary: "Live changes, as server-sent events",
      description:
        "Begins with `devices` and `zones`, then tells what changes; the schema `Events` has the data of each. Who reconnects begins anew, and has missed nothing that is still so: events have no ids.",
      tag: "server",
      answers: {
        200: {
          description: "Goes on until one side ends it.",
          type: "text/event-stream",
          schema: { type: "string", description: "`event: <name>`, `data: <JSON>`, an empty line; and so on." },
        },
      },
      errors: {
        429: "The account, or the address, has as many streams as it may; `retry-after` says when to try again, in s.",
      },
    },
  },
  "/api/openapi.json": {
    get: {
      operationId: "getDescription",
      summary: "This document",
      tag: "server",
      answers: { 200: json("OpenAPI 3.1.", { type: "object" }) },
    },
  },
  "/api/login": {
    post: {
      operationId: "logIn",
      summary: "Log in, and get a session cookie",
      tag: "accounts",
      open: true,
      body: "Login",
      answers: { 200: json("Who is logged in now. Where nobody has an account, nobody.", ref("Session")) },
      errors: {
        400: "The body is not as described.",
        401: "The name or the password is wrong.",
        429: "There were too many wrong passwords; `retry-after` says when to try again, in s.",
      },
    },
  },
  "/api/logout": {
    post: {
      operationId: "logOut",
      summary: "End the session",
      tag: "accounts",
      open: true,
      answers: { 204: { description: "It is over, if there was one." } },
    },
  },
  "/api/session": {
    get: {
      operationId: "getSession",
      summary: "Who is logged in",
      tag: "accounts",
      open: true,
      answers: { 200: json("Who it is.", ref("Session")) },
    },
  },
};

/** The description of the API by OpenAPI 3.1, built of what the routes themselves go by. */
export function openApiDocument(version: string): Schema {
  return {
    openapi: "3.1.0",
    info: {
      title: "nightlight-server",
      version,
      summary: "Lights that follow light sensors, over MQTT",
      description:
        'Errors are `{"error": sentence}`. Times in queries and in history are ms since 1970, others ISO 8601. Where the server has accounts every request needs one, but for those without a lock; a reader may only GET.',
      license: { name: "MIT", identifier: "MIT" },
    },
    // relative to this document, so that it holds below a base path as well
    servers: [{ url: "..", description: "Where this document was found." }],
    tags: [
      { name: "devices", description: "Boards, and what reports like one." },
      { name: "zones", description: "Sensors that decide together for lamps." },
      { name: "history", description: "What was." },
      { name: "mqtt", description: "The embedded MQTT broker." },
      { name: "server", description: "The server itself." },
      { name: "accounts", description: "Who is let in." },
    ],
    // any one of them; none where there are no accounts
    security: [{ token: [] }, { session: [] }, { password: [] }, {}],
    paths: pathsOf({ ...LIGHT_PATHS, ...MQTT_SESSION_PATHS, ...SERVER_PATHS }),
    components: {
      schemas: { ...SCHEMAS, ...MQTT_SESSION_SCHEMAS },
      responses: {
        Fault: {
          description: "Anything else that is wrong.",
          content: { "application/json": { schema: ref("Error") } },
        },
      },
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description:
            "As `nightlight-server user token` prints it. A token that has expired or was revoked is answered with 401 and the reason, and event streams that it opened end.",
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
