import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { accountOf } from "../authorize.js";
import { HttpError } from "../errors.js";
import { matchesEtag, knownEtags } from "./etags.js";
import type {
  SettingsAuthor,
  SettingsChange,
  SettingsOutcome,
  SettingsSource,
  SettingsView,
  SettingValues,
} from "./source.js";

/** Maximum size of a request body, in bytes: a zone may have a thousand sensors. */
export const MAX_BODY = 1_000_000;

type ByName = { Params: { name: string } };
type ById = { Params: { "*": string } };

const NO_SETTINGS =
  "This server was started by another program, which sets its options. It has no configuration file that could be changed.";

/** The answer of a server without a configuration file. */
export const WITHOUT_FILE: SettingsView = {
  file: null,
  refusal: NO_SETTINGS,
  problems: [],
  unapplied: [],
  restart: [],
  settings: [],
  zones: {},
  devices: {},
  fields: { zone: [], device: [] },
};

/** Adds the routes that show and change the settings of the configuration file. @param source undefined without a file */
export function settingsRoutes(app: FastifyInstance, source: SettingsSource | undefined): void {
  /** @throws HttpError 404 for a server without a configuration file */
  function settings(): SettingsSource {
    if (!source) throw new HttpError(404, NO_SETTINGS);
    return source;
  }

  app.get("/api/settings", (_request, reply) => {
    const { view, etag } = source?.read() ?? { view: WITHOUT_FILE, etag: "none" };
    return reply.header("etag", `"${etag}"`).send(view);
  });

  async function change(request: FastifyRequest, reply: FastifyReply, changing: SettingsChange): Promise<FastifyReply> {
    const condition = request.headers["if-match"];
    if (condition === undefined)
      throw new HttpError(
        428,
        'Send the ETag of GET /api/settings as If-Match, so that no change of another person is lost; "If-Match: *" overwrites it.',
      );
    const outcome = await settings().change(changing, authorOf(request), (etag) => matchesEtag(condition, etag), knownEtags(condition)); // prettier-ignore
    const { view, etag } = settings().read();
    return reply.header("etag", `"${etag}"`).code(statusOf(outcome)).send(bodyOf(outcome, view));
  }

  const options = { bodyLimit: MAX_BODY };
  app.patch("/api/settings", options, (request, reply) =>
    change(request, reply, { kind: "merge", values: valuesOf(request.body) }),
  );
  app.put<ByName>("/api/settings/zones/:name", options, (request, reply) =>
    change(request, reply, { kind: "replace", path: ["zones", request.params.name], values: valuesOf(request.body) }),
  );
  app.delete<ByName>("/api/settings/zones/:name", (request, reply) =>
    change(request, reply, { kind: "replace", path: ["zones", request.params.name], values: undefined }),
  );
  app.put<ByName>("/api/settings/zones/:name/name", options, (request, reply) => {
    const { name } = valuesOf(request.body);
    if (typeof name !== "string") throw new HttpError(400, 'Send the new name of the zone: {"name": "…"}.');
    return change(request, reply, { kind: "rename", zone: request.params.name, name });
  });
  app.put<ById>("/api/settings/devices/*", options, (request, reply) =>
    change(request, reply, { kind: "replace", path: ["devices", request.params["*"]], values: valuesOf(request.body) }),
  );
  app.delete<ById>("/api/settings/devices/*", (request, reply) =>
    change(request, reply, { kind: "replace", path: ["devices", request.params["*"]], values: undefined }),
  );
}

/** @throws HttpError 400 when the body is not a JSON object */
function valuesOf(body: unknown): SettingValues {
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return body as SettingValues;
  throw new HttpError(400, 'The settings were not changed: send a JSON object, such as {"rule": {"threshold": 250}}.');
}

function authorOf(request: FastifyRequest): SettingsAuthor {
  return { name: accountOf(request)?.name ?? null, address: request.ip };
}

function statusOf(outcome: SettingsOutcome): number {
  if (outcome.outcome === "refused") return outcome.status;
  return { applied: 200, conflict: 412, invalid: 422 }[outcome.outcome];
}

/** Creates the body of a response. After a conflict it has the current settings, so that the client can compare. */
function bodyOf(outcome: SettingsOutcome, settings: unknown): object {
  switch (outcome.outcome) {
    case "applied":
      return { changed: outcome.changed, restart: outcome.restart, settings };
    case "conflict": {
      const { error, by, at, changed } = outcome;
      return { error, by, at, changed, settings };
    }
    case "invalid":
      return { error: outcome.problems.map(({ text }) => text).join("\n"), problems: outcome.problems };
    case "refused":
      return { error: outcome.error, ...(outcome.status === 409 && { problems: outcome.problems ?? [] }) };
  }
}
