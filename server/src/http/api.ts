import type { FastifyInstance } from "fastify";
import type { Actions } from "../outputs/actions.js";
import type { Device, Devices } from "../devices/devices.js";
import type { History } from "../history/history.js";
import type { MetricsSources } from "./metrics/metrics.js";
import type { Mode } from "../devices/override.js";
import type { Recent } from "../history/recent.js";
import { actionRoutes, outcomeAt } from "./actions.js";
import { overrideOf } from "./api-body.js";
import { HttpError } from "./errors.js";
import { historyRoutes, type HistorySources } from "./history.js";
import { metricsRoutes } from "./metrics/route.js";
import { openApiDocument } from "./openapi.js";
import { readyRoutes, type ReadySources } from "./ready.js";
import { mqttSessionRoutes, type MqttSessionSources } from "./sessions-api.js";
import type { StorageHealth, StorageView } from "../storage/health.js";
import type { ZoneDirectory } from "../decisions/zones/directory.js";
import { NOT_STORED, zoneRoutes } from "./zones.js";

/** What the API shows and changes. */
export interface ApiSources extends ReadySources, MetricsSources, HistorySources, MqttSessionSources {
  readonly history: History;
  readonly storage: StorageHealth;
  readonly devices: Devices;
  readonly zones: ZoneDirectory;
  readonly recent: Recent;
  readonly actions: Actions;
  /** What plug-ins have added. */
  readonly capabilities: ReadonlySet<string>;
  /** Where clients connect. */
  broker(): { readonly url: string; readonly websocket: string | null; readonly embedded: boolean };
  /** A person's override, for so many ms or until it is changed. Fulfilled when it is stored. */
  setMode(device: Device, mode: Mode, forMs?: number): Promise<void>;
  /** Forgets a device and all that is known of it, until it is heard again. Fulfilled when that is stored. */
  forget(device: Device): Promise<void>;
}

/** What stands for an id and what may follow it: ids have slashes of their own, taken as they are or encoded. */
type Below = { Params: { "*": string } };

/** Adds the API's routes; `openapi.ts` describes them. */
export function apiRoutes(app: FastifyInstance, from: ApiSources): void {
  readyRoutes(app, from);
  metricsRoutes(app, from);
  statusRoutes(app, from);
  mqttSessionRoutes(app, from);
  decisionRoutes(app, from);
  historyRoutes(app, from);
}

/** Adds what is known and wanted of devices and zones. */
export function decisionRoutes(app: FastifyInstance, from: ApiSources): void {
  deviceRoutes(app, from);
  zoneRoutes(app, from.zones, from.storage);
}

function statusRoutes(app: FastifyInstance, from: ApiSources): void {
  const started = performance.now();
  app.get("/api/status", () => ({
    version: from.version,
    uptime: (performance.now() - started) / 1000,
    broker: from.broker(),
    contested_client_ids: from.contested(),
    ...from.counters,
    log_lines_lost: from.log.lost,
    damaged_files: from.damaged.count,
    storage: {
      problem: from.storage.problem || from.history.problem || null,
      failures: from.storage.failures,
      readings_unacknowledged: from.unacknowledged(),
    } satisfies StorageView,
    devices: from.devices.size,
    simulator: from.capabilities.has("simulator"),
  }));

  const document = openApiDocument(from.version);
  app.get("/api/openapi.json", () => document);
}

function deviceRoutes(app: FastifyInstance, from: ApiSources): void {
  const { devices, recent, actions } = from;

  function known(id: string): Device {
    const device = devices.get(id);
    if (!device) throw new HttpError(404, `No device "${id}" is known; GET /api/devices lists those that are.`);
    return device;
  }

  app.get("/api/devices", () => devices.list());
  app.get<Below>("/api/devices/*", (request, reply) => {
    const path = request.params["*"];
    return devices.get(path)?.view() ?? outcomeAt(path, actions, known, reply) ?? known(path);
  });
  app.put<Below>("/api/devices/*", async (request) => {
    const path = request.params["*"];
    if (!path.endsWith("/mode")) throw new HttpError(404, "Only /api/devices/<id>/mode can be changed.");
    const device = known(path.slice(0, -"/mode".length));
    const override = overrideOf(request.body);
    await from.storage.storedOrThrow(from.setMode(device, override.mode, override.for), NOT_STORED);
    return device.view();
  });
  app.delete<Below>("/api/devices/*", async (request, reply) => {
    await from.storage.storedOrThrow(from.forget(known(request.params["*"])), NOT_STORED);
    return reply.code(204).send();
  });
  actionRoutes(app, actions, known);

  app.get<{ Querystring: { device?: unknown } }>("/api/recent", (request) => {
    const { device } = request.query;
    if (typeof device !== "string") throw new HttpError(400, "Name one device: /api/recent?device=<id>.");
    return { points: recent.shown(known(device).id) };
  });
}
