import type { EventEmitter } from "node:events";
import { Alerts } from "../alerts/alerts.js";
import type { Cluster } from "../cluster/cluster-parts.js";
import type { Settings } from "../config/options.js";
import type { History } from "../history/history.js";
import type { EventStream } from "../outputs/notifier.js";
import { SOLE_OWNERSHIP } from "../outputs/ownership.js";
import type { ServerEvents } from "../outputs/server-events.js";
import type { DataFolder } from "../storage/data-folder.js";
import { connectionProblem, type BrokerConnection } from "../transport/broker-connection.js";
import type { Parts } from "./parts.js";

export interface ServerAlertsOptions {
  readonly settings: Settings;
  readonly parts: Parts;
  readonly folder: DataFolder;
  readonly history: History;
  readonly link: BrokerConnection;
  readonly cluster: Cluster | undefined;
  readonly eventStream: EventStream;
  readonly emitter: EventEmitter<ServerEvents>;
}

/** Starts to raise alerts. Call this when the server is connected to the broker. */
export function startAlerts(options: ServerAlertsOptions): Alerts {
  const { settings, parts, folder, history, link, cluster, eventStream, emitter } = options;
  const { ownsZone } = cluster?.ownership ?? SOLE_OWNERSHIP;
  const alerts = new Alerts({
    settings: settings.alerts,
    log: settings.log,
    values: folder.values,
    devices: parts.devices,
    zones: parts.zones,
    ownsZone,
    health: folder.health,
    history,
    brokerProblem: () => connectionProblem(link),
    rolloutProblem: () => parts.rollouts.problem,
    isShared: cluster !== undefined,
    publish: (name, data) => eventStream.publish(name, data),
  });
  emitter.on("forgotten", (id) => alerts.forget(id));
  alerts.start();
  return alerts;
}
