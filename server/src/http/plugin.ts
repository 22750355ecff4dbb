import type { FastifyInstance } from "fastify";
import type { DeviceDirectory } from "../devices/directory.js";
import type { Log } from "../observability/log.js";

/** Functions that a plug-in can use in addition to the Fastify instance. */
export interface PluginContext {
  /** Sends `event: <name>` with `data` as JSON to all clients of `/api/events`. */
  publishEvent(name: string, data: unknown): void;
  /** Registers a capability of the server. `GET /api/status` reports only the capability "simulator". */
  provide(capability: string): void;
  readonly devices: DeviceDirectory;
  readonly log: Log;
}

/**
 * A Fastify plug-in that extends the HTTP API. The routes of the plug-in have the same authorization, security checks
 * and JSON errors as all other routes.
 */
export type Plugin = (fastify: FastifyInstance, context: PluginContext) => void | Promise<void>;
