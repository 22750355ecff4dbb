import type { FastifyInstance } from "fastify";
import type { StorageHealth } from "../storage/health.js";
import type { ZoneDirectory } from "../decisions/zones/directory.js";
import type { ZoneView } from "../decisions/zones/view.js";
import { overrideOf } from "./api-body.js";
import { HttpError } from "./errors.js";

type Named = { Params: { name: string } };

/** What a client is told while the disk is full. */
export const NOT_STORED = "This took effect, but is not stored yet, so that a restart may undo it.";

/** Adds what is known of the zones, and their override. */
export function zoneRoutes(app: FastifyInstance, zones: ZoneDirectory, storage: StorageHealth): void {
  function known(name: string): ZoneView {
    const zone = zones.get(name);
    if (!zone) throw new HttpError(404, `There is no zone "${name}"; GET /api/zones lists those that are.`);
    return zone;
  }

  app.get("/api/zones", () => zones.list());
  app.get<Named>("/api/zones/:name", (request) => known(request.params.name));
  app.put<Named>("/api/zones/:name/mode", async (request) => {
    const { name } = known(request.params.name);
    const override = overrideOf(request.body);
    await storage.storedOrThrow(zones.setMode(name, override.mode, override.for), NOT_STORED);
    return known(name);
  });
}
