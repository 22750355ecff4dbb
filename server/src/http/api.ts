import type { FastifyInstance } from "fastify";
import { messageProblem, OVERRIDE } from "../../../contract/index.js";
import type { Counters } from "../counters.js";
import type { Device, Devices, Mode } from "../devices.js";
import type { Recent } from "../recent.js";

/** What the API shows and changes. */
export interface ApiSources {
  readonly version: string;
  readonly devices: Devices;
  readonly recent: Recent;
  readonly counters: Counters;
  /** Where clients connect. */
  broker(): { readonly url: string; readonly websocket: string | null; readonly embedded: boolean };
  /** Why the server is not at work; "" when it is. */
  problem(): string;
  setMode(device: Device, mode: Mode): void;
}

/** An answer other than 200, as `{"error": sentence}`. */
export class HttpError extends Error {
  constructor(
    readonly statusCode: number,
    message: string,
  ) {
    super(message);
  }
}

/** Adds the API's routes. */
export function apiRoutes(app: FastifyInstance, from: ApiSources): void {
  const started = performance.now();

  function known(id: string): Device {
    const device = from.devices.get(id);
    if (!device) throw new HttpError(404, `No device "${id}" is known; GET /api/devices lists those that are.`);
    return device;
  }

  app.get("/healthz", (_request, reply) => {
    const problem = from.problem();
    return problem ? reply.code(503).send({ ok: false, error: problem }) : { ok: true };
  });

  app.get("/api/status", () => ({
    version: from.version,
    uptime: (performance.now() - started) / 1000,
    broker: from.broker(),
    ...from.counters,
    devices: from.devices.size,
  }));

  app.get("/api/devices", () => from.devices.list());

  // Ids have slashes of their own: taken as they are, or encoded.
  app.get<{ Params: { "*": string } }>("/api/devices/*", (request) => known(request.params["*"]).view());

  app.put<{ Params: { "*": string } }>("/api/devices/*", (request) => {
    const path = request.params["*"];
    if (!path.endsWith("/mode")) throw new HttpError(404, "Only /api/devices/<id>/mode can be changed.");
    const device = known(path.slice(0, -"/mode".length));
    const { body } = request;
    const problem =
      typeof body === "object" && body !== null ? messageProblem(OVERRIDE, body) : "the body is not a JSON object";
    if (problem) throw new HttpError(400, `The mode was not changed: ${problem}.`);
    from.setMode(device, (body as { mode: Mode }).mode);
    return device.view();
  });

  app.get<{ Querystring: { device?: unknown } }>("/api/recent", (request) => {
    const { device } = request.query;
    if (typeof device !== "string") throw new HttpError(400, "Name one device: /api/recent?device=<id>.");
    return { points: from.recent.of(known(device).id) };
  });
}
