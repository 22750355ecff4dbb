import type { FastifyInstance } from "fastify";
import type { Actions } from "../outputs/actions.js";
import { toDeviceView } from "../devices/describe-device.js";
import type { Device, Devices } from "../devices/devices.js";
import type { History } from "../history/history.js";
import type { MetricsSources } from "./metrics/metrics.js";
import type { Mode } from "../devices/override.js";
import type { RecentReadings } from "../history/recent.js";
import { addAlertChannelRoutes, addAlertRoutes, type AlertSource } from "./alerts.js";
import { addActionRoutes, sendOutcome } from "./actions.js";
import { parseOverride } from "./request-body.js";
import { HttpError } from "./errors.js";
import { addHistoryRoutes, type HistorySources } from "./history.js";
import { addMetricsRoutes } from "./metrics/route.js";
import { createOpenApiDocument } from "./openapi.js";
import type { NewBoardView } from "./new-board-view.js";
import { addReadyRoutes, type ReadySources } from "./ready.js";
import { addMqttSessionRoutes, type MqttSessionSources } from "./mqtt-sessions.js";
import type { StorageHealth, StorageView } from "../storage/health.js";
import { addRejectionRoutes, type RejectionSource } from "./rejections.js";
import { addSettingsRoutes } from "./settings/routes.js";
import { addUpdateRoutes, cancelUpdate, type UpdateSources } from "./updates/routes.js";
import { addFlashingRoutes, type FlashingSources } from "./flashing/routes.js";
import { addUpdateUrlRoute, type UpdateUrlSources } from "./updates/update-url.js";
import type { SettingsSource } from "./settings/source.js";
import type { ZoneDirectory } from "../decisions/zones/directory.js";
import { NOT_STORED_PROBLEM, addZoneRoutes } from "./zones.js";

/** The parts of the server that the HTTP API reads and changes. */
export interface ApiSources extends ReadySources, MetricsSources, HistorySources, MqttSessionSources, UpdateSources {
  readonly history: History;
  readonly storage: StorageHealth;
  readonly devices: Devices;
  readonly zones: ZoneDirectory;
  readonly alerts: AlertSource & MetricsSources["alerts"];
  readonly recent: RecentReadings;
  readonly actions: Actions;
  readonly rejections: RejectionSource;
  /** The settings of the configuration file; undefined for a server without one. */
  readonly settings: SettingsSource | undefined;
  /** Capabilities that plug-ins have added, such as "simulator". */
  readonly capabilities: ReadonlySet<string>;
  /** The broker's addresses for MQTT clients. `websocket` is null with an external broker. */
  broker(): { readonly url: string; readonly websocket: string | null; readonly embedded: boolean };
  /** Returns the data that a person needs to connect a new board. */
  newBoard(): Omit<NewBoardView, "simulator">;
  readonly updateUrl: UpdateUrlSources;
  readonly flashing: FlashingSources;
  /**
   * Sets a device's mode for `forMs` ms, or until somebody changes it when `forMs` is undefined. Resolves when the mode
   * is on disk.
   */
  setMode(device: Device, mode: Mode, forMs?: number): Promise<void>;
  /** Deletes a device with its state and history. Resolves when the deletion is on disk. */
  forget(device: Device): Promise<void>;
}

/** Path parameters of a wildcard route, because device ids contain slashes. Clients may encode the slashes or not. */
type WildcardPath = { Params: { "*": string } };

/** Adds all routes of the HTTP API. `openapi.ts` describes them. */
export function addApiRoutes(app: FastifyInstance, from: ApiSources): void {
  addReadyRoutes(app, from);
  addMetricsRoutes(app, from);
  addStatusRoutes(app, from);
  addUpdateUrlRoute(app, from.updateUrl);
  addUpdateRoutes(app, from);
  addFlashingRoutes(app, from.flashing);
  addMqttSessionRoutes(app, from);
  addRejectionRoutes(app, from.rejections);
  addDecisionRoutes(app, from);
  addHistoryRoutes(app, from);
  addSettingsRoutes(app, from.settings);
  addAlertChannelRoutes(app, from.alerts);
}

/** Adds the routes that show and change devices and zones, and that show alerts about them. */
export function addDecisionRoutes(app: FastifyInstance, from: ApiSources): void {
  addDeviceRoutes(app, from);
  addZoneRoutes(app, from.zones, from.storage);
  addAlertRoutes(app, from.alerts);
}

function addStatusRoutes(app: FastifyInstance, from: ApiSources): void {
  const started = performance.now();
  app.get("/api/status", () => ({
    version: from.version,
    uptime: (performance.now() - started) / 1000,
    broker: from.broker(),
    contested_client_ids: from.contestedClientIds(),
    ...from.counters,
    log_lines_lost: from.log.lost,
    damaged_files: from.damaged.count,
    storage: {
      problem: from.storage.problem || from.history.problem || null,
      failures: from.storage.failureCount,
      readings_unacknowledged: from.countUnacknowledged(),
    } satisfies StorageView,
    devices: from.devices.size,
    simulator: from.capabilities.has("simulator"),
  }));

  app.get("/api/new-board", () => ({ ...from.newBoard(), simulator: from.capabilities.has("simulator") }));

  const document = createOpenApiDocument(from.version);
  app.get("/api/openapi.json", () => document);
}

function addDeviceRoutes(app: FastifyInstance, from: ApiSources): void {
  const { devices, recent, actions } = from;

  /** Finds a device by its id. @throws HttpError 404 when the id is unknown */
  function deviceOf(id: string): Device {
    const device = devices.get(id);
    if (!device) throw new HttpError(404, `There is no device "${id}"; GET /api/devices lists all devices.`);
    return device;
  }

  app.get("/api/devices", () => devices.list());
  app.get<WildcardPath>("/api/devices/*", (request, reply) => {
    const path = request.params["*"];
    const device = devices.get(path);
    return device ? toDeviceView(device) : (sendOutcome(path, actions, deviceOf, reply) ?? deviceOf(path));
  });
  app.put<WildcardPath>("/api/devices/*", async (request) => {
    const path = request.params["*"];
    if (!path.endsWith("/mode")) throw new HttpError(404, "PUT works only for /api/devices/<id>/mode.");
    const device = deviceOf(path.slice(0, -"/mode".length));
    const override = parseOverride(request.body);
    await from.storage.waitUntilStored(from.setMode(device, override.mode, override.for), NOT_STORED_PROBLEM);
    return toDeviceView(device);
  });
  app.delete<WildcardPath>("/api/devices/*", async (request, reply) => {
    const path = request.params["*"];
    // a device whose id ends with /update can be forgotten, too
    if (path.endsWith("/update") && !devices.get(path))
      await cancelUpdate(from, deviceOf(path.slice(0, -"/update".length)));
    else await from.storage.waitUntilStored(from.forget(deviceOf(path)), NOT_STORED_PROBLEM);
    return reply.code(204).send();
  });
  addActionRoutes(app, from, deviceOf);

  app.get<{ Querystring: { device?: unknown } }>("/api/recent", (request) => {
    const { device } = request.query;
    if (typeof device !== "string") throw new HttpError(400, "Name one device: /api/recent?device=<id>.");
    return { points: recent.pointsForApi(deviceOf(device).id) };
  });
}
