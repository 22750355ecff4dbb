import type { FastifyInstance } from "fastify";
import type { DeviceDirectory } from "../devices/directory.js";
import type { Log } from "../observability/log.js";

/** What a plug-in gets beside Fastify. */
export interface PluginContext {
  /** Sends `event: <name>` with `data` as JSON to everybody who follows `/api/events`. */
  publishEvent(name: string, data: unknown): void;
  /** Says that the server can do more now; of "simulator" GET /api/status tells. */
  provide(capability: string): void;
  readonly devices: DeviceDirectory;
  readonly log: Log;
}

/** An addition to the HTTP API: a Fastify plug-in with a context. Routes get the guards and the JSON errors of the rest. */
export type Plugin = (fastify: FastifyInstance, context: PluginContext) => void | Promise<void>;
