import type { FastifyInstance } from "fastify";
import type { StorageHealth } from "../storage/health.js";
import type { ZoneDirectory } from "../decisions/zones/directory.js";
import type { ZoneView } from "../decisions/zones/view.js";
import { parseOverride } from "./request-body.js";
import { HttpError } from "./errors.js";

type ZoneParams = { Params: { name: string } };

/** Message of the error 507, which answers a change while the data folder cannot be written. */
export const NOT_STORED_PROBLEM = "The change took effect, but it is not stored yet; a restart may undo it.";

/** Adds the routes that show zones and set their modes. */
export function addZoneRoutes(app: FastifyInstance, zones: ZoneDirectory, storage: StorageHealth): void {
  /** Finds a zone by its name. @throws HttpError 404 when no zone has this name */
  function zoneOf(name: string): ZoneView {
    const zone = zones.get(name);
    if (!zone) throw new HttpError(404, `There is no zone "${name}"; GET /api/zones lists all zones.`);
    return zone;
  }

  app.get("/api/zones", () => zones.list());
  app.get<ZoneParams>("/api/zones/:name", (request) => zoneOf(request.params.name));
  app.put<ZoneParams>("/api/zones/:name/mode", async (request) => {
    const { name } = zoneOf(request.params.name);
    const override = parseOverride(request.body);
    await storage.waitUntilStored(zones.setMode(name, override.mode, override.for), NOT_STORED_PROBLEM);
    return zoneOf(name);
  });
}
