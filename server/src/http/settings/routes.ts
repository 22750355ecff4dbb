import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { accountOf } from "../authorize.js";
import { HttpError } from "../errors.js";
import { matchesEtag, parseEtags } from "./etags.js";
import type {
  SettingsAuthor,
  SettingsChange,
  SettingsOutcome,
  SettingsSource,
  SettingsView,
  SettingValues,
} from "./source.js";

/** Maximum size of a request body, in bytes: a zone may have a thousand sensors. */
export const MAX_BODY_SIZE = 1_000_000;

type NameParams = { Params: { name: string } };
type IdParams = { Params: { "*": string } };

const NO_FILE_MESSAGE =
  "This server was started by another program, which sets its options. It has no configuration file that could be changed.";

/** The settings that the API shows for a server without a configuration file. */
export const VIEW_WITHOUT_FILE: SettingsView = {
  file: null,
  refusal: NO_FILE_MESSAGE,
  problems: [],
  unapplied: [],
  restart: [],
  settings: [],
  zones: {},
  devices: {},
  fields: { zone: [], device: [] },
};

/**
 * Adds the routes that show and change the settings of the configuration file.
 * @param source undefined for a server without a configuration file
 */
export function addSettingsRoutes(app: FastifyInstance, source: SettingsSource | undefined): void {
  /** Returns the source of the settings. @throws HttpError 404 for a server without a configuration file */
  function settings(): SettingsSource {
    if (!source) throw new HttpError(404, NO_FILE_MESSAGE);
    return source;
  }

  app.get("/api/settings", (_request, reply) => {
    const { view, etag } = source?.read() ?? { view: VIEW_WITHOUT_FILE, etag: "none" };
    return reply.header("etag", `"${etag}"`).send(view);
  });

  async function change(request: FastifyRequest, reply: FastifyReply, changing: SettingsChange): Promise<FastifyReply> {
    const condition = request.headers["if-match"];
    if (condition === undefined)
      throw new HttpError(
        428,
        'Send the ETag of GET /api/settings as If-Match, so that no change of another person is lost; "If-Match: *" overwrites it.',
      );
    const outcome = await settings().change(changing, authorOf(request), (etag) => matchesEtag(condition, etag), parseEtags(condition)); // prettier-ignore
    const { view, etag } = settings().read();
    return reply.header("etag", `"${etag}"`).code(statusOf(outcome)).send(responseBodyOf(outcome, view));
  }

  const options = { bodyLimit: MAX_BODY_SIZE };
  app.patch("/api/settings", options, (request, reply) =>
    change(request, reply, { kind: "merge", values: parseValues(request.body) }),
  );
  app.put<NameParams>("/api/settings/zones/:name", options, (request, reply) =>
    change(request, reply, {
      kind: "replace",
      path: ["zones", request.params.name],
      values: parseValues(request.body),
    }),
  );
  app.delete<NameParams>("/api/settings/zones/:name", (request, reply) =>
    change(request, reply, { kind: "replace", path: ["zones", request.params.name], values: undefined }),
  );
  app.put<NameParams>("/api/settings/zones/:name/name", options, (request, reply) => {
    const { name } = parseValues(request.body);
    if (typeof name !== "string") throw new HttpError(400, 'Send the new name of the zone: {"name": "…"}.');
    return change(request, reply, { kind: "rename", zone: request.params.name, name });
  });
  app.put<IdParams>("/api/settings/devices/*", options, (request, reply) =>
    change(request, reply, {
      kind: "replace",
      path: ["devices", request.params["*"]],
      values: parseValues(request.body),
    }),
  );
  app.delete<IdParams>("/api/settings/devices/*", (request, reply) =>
    change(request, reply, { kind: "replace", path: ["devices", request.params["*"]], values: undefined }),
  );
}

/** Returns the settings in a body. @throws HttpError 400 when the body is not a JSON object */
function parseValues(body: unknown): SettingValues {
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

/** Creates the body of a response. After a conflict, the body contains the current settings for comparison. */
function responseBodyOf(outcome: SettingsOutcome, settings: unknown): object {
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
