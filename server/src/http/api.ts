import type { FastifyInstance } from "fastify";
import { messageProblem, OVERRIDE } from "../../../contract/index.js";
import type { Counters } from "../counters.js";
import type { Device, Devices, Mode } from "../devices.js";
import type { Recent } from "../recent.js";
import type { Actions } from "../actions.js";
import { actionRoutes, outcomeAt } from "./actions.js";
import { HttpError } from "./errors.js";

/** What the API shows and changes. */
export interface ApiSources {
  readonly version: string;
  readonly devices: Devices;
  readonly recent: Recent;
  readonly counters: Counters;
  readonly actions: Actions;
  /** What plug-ins have added. */
  readonly capabilities: ReadonlySet<string>;
  /** Where clients connect. */
  broker(): { readonly url: string; readonly websocket: string | null; readonly embedded: boolean };
  /** Why the server is not at work; "" when it is. */
  problem(): string;
  setMode(device: Device, mode: Mode): Promise<void>;
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
    simulator: from.capabilities.has("simulator"),
  }));

  app.get("/api/devices", () => from.devices.list());

  // Ids have slashes of their own: taken as they are, or encoded.
  app.get<{ Params: { "*": string } }>("/api/devices/*", (request, reply) => {
    const path = request.params["*"];
    const device = from.devices.get(path);
    return device?.view() ?? outcomeAt(path, from.actions, known, reply) ?? known(path);
  });
  actionRoutes(app, from.actions, known);

  app.put<{ Params: { "*": string } }>("/api/devices/*", async (request) => {
    const path = request.params["*"];
    if (!path.endsWith("/mode")) throw new HttpError(404, "Only /api/devices/<id>/mode can be changed.");
    const device = known(path.slice(0, -"/mode".length));
    const { body } = request;
    const problem =
      typeof body === "object" && body !== null ? messageProblem(OVERRIDE, body) : "the body is not a JSON object";
    if (problem) throw new HttpError(400, `The mode was not changed: ${problem}.`);
    await from.setMode(device, (body as { mode: Mode }).mode);
    return device.view();
  });

  app.get<{ Querystring: { device?: unknown } }>("/api/recent", (request) => {
    const { device } = request.query;
    if (typeof device !== "string") throw new HttpError(400, "Name one device: /api/recent?device=<id>.");
    return { points: from.recent.of(known(device).id) };
  });
}
