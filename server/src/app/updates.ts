import type { EventEmitter } from "node:events";
import { textOf } from "../common/errors.js";
import { toLocalUrlHost } from "../common/hosts.js";
import type { Settings } from "../config/options.js";
import type { ServerEvents } from "../outputs/server-events.js";
import type { UpdateKeys } from "../security/update-keys.js";
import { UpdateEndpoint } from "../updates/endpoint.js";
import { DEFAULT_UPDATE_TIMEOUTS } from "../updates/timeouts.js";
import { obtainUpdateUrl } from "../updates/update-url.js";
import type { Parts } from "./parts.js";

export interface ServerUpdatesOptions {
  readonly settings: Settings;
  readonly parts: Parts;
  readonly keys: UpdateKeys;
  readonly emitter: EventEmitter<ServerEvents>;
  readonly addCleanupStep: (step: () => unknown) => void;
}

/**
 * Restores the updates of boards and starts to accept the boards' update adapters. Call it before the first message
 * arrives.
 */
export async function startUpdates(options: ServerUpdatesOptions): Promise<UpdateEndpoint> {
  const { settings, parts, keys, emitter, addCleanupStep } = options;
  const { log } = settings;
  const { updates, rollouts } = parts;
  const endpoint = new UpdateEndpoint({
    keys,
    isKnown: (id) => parts.devices.get(id) !== undefined,
    log,
    onConnect: (id, link) => updates.adapterConnected(id, link),
  });
  addCleanupStep(() => updates.close());
  emitter.on("forgotten", (id) => {
    updates.forget(id).catch((error: unknown) => log.error("update", textOf(error)));
  });
  await updates.restore();
  rollouts.restore();
  const { reconnection } = { ...DEFAULT_UPDATE_TIMEOUTS, ...settings.updates.timeouts };
  const timer = setTimeout(() => rollouts.continueRestored(), reconnection);
  addCleanupStep(() => {
    clearTimeout(timer);
    rollouts.close();
  });
  return endpoint;
}

/** Returns the update URL of a simulated board on this machine. @param http the URL of the HTTP server */
export function createLocalUpdateUrl(id: string, keys: UpdateKeys, host: string, http: string): Promise<string> {
  const { protocol, port } = new URL(http);
  const url = new URL(`${protocol}//${toLocalUrlHost(host)}:${port}`);
  return obtainUpdateUrl(id, keys, url);
}
