import { collectDefaultMetrics, Registry, type Metric } from "prom-client";
import type { Alerts } from "../../alerts/alerts.js";
import type { Counters, Rejection } from "../../observability/counters.js";
import type { History } from "../../history/history.js";
import type { Log } from "../../observability/log.js";
import type { DamagedFiles } from "../../storage/damage.js";
import type { DecisionTimes, MetricSample } from "../../observability/decision-times.js";
import type { StorageHealth } from "../../storage/health.js";
import type { UpdateOutcome } from "../../updates/board-update.js";
import { ROLLOUT_STATES } from "../../updates/stored-rollout.js";
import type { RolloutView } from "../../updates/rollout-view.js";
import { REJECTION_TEXTS } from "./rejections.js";

/** Values that the server computes only when Prometheus scrapes. */
export interface Gauges {
  readonly devicesOnline: number;
  readonly devicesOffline: number;
  /** Number of devices that run another program than the newest one for their type of board. */
  readonly devicesOutdated: number;
  /** Number of updates of devices' programs that have ended, by outcome. */
  readonly updates: Readonly<Record<UpdateOutcome, number>>;
  /** The last update of all devices; null if there was none. */
  readonly rollout: RolloutView | null;
  /** Number of readings that never arrived, summed over all boards, since the last start of each board. */
  readonly readingsMissing: number;
  /** Number of readings that the boards have dropped, summed over all boards, since the last start of each board. */
  readonly readingsDropped: number;
  /** Whether the link to the broker is up. */
  readonly linkUp: boolean;
  /** Number of open streams of `/api/events`. */
  readonly eventStreams: number;
  /** Number of clients connected to the embedded broker; undefined with an external broker. */
  readonly brokerClients?: number;
  /** Number of messages that the embedded broker has queued for clients; undefined with an external broker. */
  readonly brokerQueued?: number;
}

/** The parts of the server that provide the values of the metrics. */
export interface MetricsSources {
  readonly version: string;
  readonly counters: Readonly<Counters>;
  readonly decisionTimes: DecisionTimes;
  readonly history: Pick<History, "stats">;
  readonly log: Pick<Log, "lost">;
  readonly alerts: Pick<Alerts, "counts" | "deliveryCounts">;
  readonly damaged: Pick<DamagedFiles, "count">;
  readonly storage: Pick<StorageHealth, "isFailing" | "failureCount">;
  /** Number of readings that the server has not acknowledged, because it could not store them yet. */
  countUnacknowledged(): number;
  gauges(): Gauges;
}

/** Metrics in the Prometheus text format, version 0.0.4. */
export interface Exposition {
  readonly contentType: string;
  /** Reads all current values and returns them in the Prometheus text format. */
  formatMetrics(): Promise<string>;
}

/**
 * Creates the metrics of one server in a registry of its own, and adds those of the Node process. Values are read at
 * each scrape.
 */
export function exposeMetrics(from: MetricsSources): Exposition {
  const { counters, decisionTimes, history, log, storage } = from;
  const registry = new Registry();

  function add(
    type: "counter" | "gauge" | "histogram",
    name: string,
    help: string,
    samples: () => MetricSample[],
  ): void {
    const aggregator = "sum";
    const get = async () => ({ name, help, type, aggregator, values: samples() });
    registry.registerMetric({ name, help, type, aggregator, get } as unknown as Metric);
  }
  const addCounter = (name: string, help: string, value: () => number): void =>
    add("counter", name, help, () => [{ value: value() }]);
  /** Adds a gauge, which the output omits while `read` returns undefined. */
  const addGauge = (name: string, help: string, read: () => number | undefined): void =>
    add("gauge", name, help, () => {
      const value = read();
      return value === undefined ? [] : [{ value }];
    });

  add("gauge", "nightlight_build_info", "Always 1; the label is the version of the server.", () => [
    { labels: { version: from.version }, value: 1 },
  ]);
  addCounter(
    "nightlight_messages_received_total",
    "Valid messages from devices and apps, duplicates included.",
    () => counters.received,
  );
  add(
    "counter",
    "nightlight_messages_rejected_total",
    "Rejected messages by reason; docs/reference/api.md explains the reasons.",
    () =>
      (Object.keys(REJECTION_TEXTS) as Rejection[]).map((reason) => ({
        labels: { reason },
        value: counters.rejected[reason] ?? 0,
      })),
  );
  addCounter("nightlight_duplicates_total", "Readings that were delivered more than once.", () => counters.duplicates);
  addCounter("nightlight_commands_sent_total", "Commands published to lamps.", () => counters.sent);
  add(
    "histogram",
    "nightlight_decision_seconds",
    "Time from the arrival of a reading to the command for its lamp.",
    () => decisionTimes.toSamples("nightlight_decision_seconds"),
  );
  add("gauge", "nightlight_devices", "Devices by state.", () => {
    const { devicesOnline, devicesOffline } = from.gauges();
    return [
      { labels: { state: "online" }, value: devicesOnline },
      { labels: { state: "offline" }, value: devicesOffline },
    ];
  });
  addGauge(
    "nightlight_readings_missing",
    "Readings since the last start of each board that never arrived.",
    () => from.gauges().readingsMissing,
  );
  addGauge(
    "nightlight_readings_dropped",
    "Readings since the last start of each board that it lost because its memory was full.",
    () => from.gauges().readingsDropped,
  );
  add("gauge", "nightlight_alerts", "Open alerts by kind; docs/how-to/alerts.md explains the kinds.", () =>
    Object.entries(from.alerts.counts()).map(([kind, value]) => ({ labels: { kind }, value })),
  );
  add("counter", "nightlight_alert_messages_total", "Messages about alerts by channel and outcome.", () =>
    [...from.alerts.deliveryCounts].flatMap(([channel, { delivered, failed }]) => [
      { labels: { channel, outcome: "delivered" }, value: delivered },
      { labels: { channel, outcome: "failed" }, value: failed },
    ]),
  );
  addGauge(
    "nightlight_devices_outdated",
    "Devices that do not run the newest program for their type of board.",
    () => from.gauges().devicesOutdated,
  );
  add(
    "counter",
    "nightlight_updates_total",
    "Ends of updates of devices' programs by outcome. An update whose outcome changes later counts twice.",
    () => Object.entries(from.gauges().updates).map(([outcome, value]) => ({ labels: { outcome }, value })),
  );
  add(
    "gauge",
    "nightlight_rollout",
    "State of the last update of all devices: 1 for the present state, 0 for the others.",
    () => {
      const current = from.gauges().rollout?.state;
      return ROLLOUT_STATES.map((state) => ({ labels: { state }, value: Number(state === current) }));
    },
  );
  add("gauge", "nightlight_rollout_devices", "Devices of the last update of all devices, by outcome.", () => {
    const { total = 0, updating = 0, done = 0, failed = 0, skipped = 0 } = from.gauges().rollout ?? {};
    const counts = { pending: total - updating - done - failed - skipped, updating, done, failed, skipped };
    return Object.entries(counts).map(([outcome, value]) => ({ labels: { outcome }, value }));
  });
  addGauge("nightlight_link_up", "Whether the server is connected to the broker: 1 or 0.", () =>
    Number(from.gauges().linkUp),
  );
  addGauge("nightlight_event_streams", "Open streams of live events.", () => from.gauges().eventStreams);
  addGauge("nightlight_broker_clients", "Clients connected to the embedded broker.", () => from.gauges().brokerClients);
  addGauge(
    "nightlight_broker_queued_messages",
    "Messages queued in the embedded broker for clients.",
    () => from.gauges().brokerQueued,
  );
  addCounter(
    "nightlight_history_rows_written_total",
    "Readings and switches written to the history.",
    () => history.stats.written,
  );
  addGauge(
    "nightlight_history_rows_waiting",
    "Readings and switches that wait to be written to the history.",
    () => history.stats.waiting,
  );
  addCounter(
    "nightlight_history_rows_lost_total",
    "Readings and switches that could not be written to the history.",
    () => history.stats.lost,
  );
  addGauge(
    "nightlight_storage_up",
    "Whether the data folder is writable: 1, or 0 when the disk is full, for example.",
    () => Number(!storage.isFailing),
  );
  addCounter(
    "nightlight_storage_failures_total",
    "Failed attempts to write to the data folder.",
    () => storage.failureCount,
  );
  addGauge(
    "nightlight_readings_unacknowledged",
    "Readings that are not acknowledged, because they cannot be stored.",
    () => from.countUnacknowledged(),
  );
  addCounter(
    "nightlight_readings_refused_total",
    "Readings used for a decision but not acknowledged, because too many waited to be stored.",
    () => counters.refused,
  );
  addCounter("nightlight_log_lines_lost_total", "Log lines that could not be written.", () => log.lost);
  addCounter(
    "nightlight_damaged_files_total",
    "Damaged files found in the data folder since the start; the log names them.",
    () => from.damaged.count,
  );

  return {
    contentType: registry.contentType,
    formatMetrics: async () => `${await registry.metrics()}\n${await obtainProcessMetrics().metrics()}`,
  };
}

let processRegistry: Registry | undefined;

/**
 * The default metrics of prom-client about Node and the process. Several servers in one process share them. Collection
 * begins with the first call.
 */
function obtainProcessMetrics(): Registry {
  if (!processRegistry) {
    processRegistry = new Registry();
    collectDefaultMetrics({ register: processRegistry });
  }
  return processRegistry;
}
