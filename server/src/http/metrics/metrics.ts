import { collectDefaultMetrics, Registry, type Metric } from "prom-client";
import type { Counters, Rejection } from "../../observability/counters.js";
import type { History } from "../../history/history.js";
import type { Log } from "../../observability/log.js";
import type { DamagedFiles } from "../../storage/damage.js";
import type { DecisionTimes, Sample } from "../../observability/decision-times.js";
import type { StorageHealth } from "../../storage/health.js";
import { REJECTIONS } from "./rejections.js";

/** What is counted only when somebody asks. */
export interface Gauges {
  readonly devicesOnline: number;
  readonly devicesOffline: number;
  /** Whether the link to the broker is up. */
  readonly linkUp: boolean;
  /** Live event streams that are open. */
  readonly eventStreams: number;
  /** Clients that are connected to the embedded broker; not there with somebody else's. */
  readonly brokerClients?: number;
  /** Messages that the embedded broker keeps for clients; not there with somebody else's. */
  readonly brokerQueued?: number;
}

/** Where the figures come from. */
export interface MetricsSources {
  readonly version: string;
  readonly counters: Readonly<Counters>;
  readonly decisionTimes: DecisionTimes;
  readonly history: Pick<History, "stats">;
  readonly log: Pick<Log, "lost">;
  readonly damaged: Pick<DamagedFiles, "count">;
  readonly storage: Pick<StorageHealth, "isFailing" | "failures">;
  /** Readings that are not acknowledged, because they could not be stored yet. */
  unacknowledged(): number;
  gauges(): Gauges;
}

/** The metrics in Prometheus' text format, version 0.0.4. */
export interface Exposition {
  readonly contentType: string;
  /** Reads every figure now. */
  text(): Promise<string>;
}

/** The figures of one server, which are read when somebody asks, in a registry of its own; and those of the process. */
export function exposeMetrics(from: MetricsSources): Exposition {
  const { counters, decisionTimes, history, log, storage } = from;
  const registry = new Registry();

  function add(type: "counter" | "gauge" | "histogram", name: string, help: string, samples: () => Sample[]): void {
    const aggregator = "sum";
    const get = async () => ({ name, help, type, aggregator, values: samples() });
    registry.registerMetric({ name, help, type, aggregator, get } as unknown as Metric);
  }
  const counter = (name: string, help: string, value: () => number): void =>
    add("counter", name, help, () => [{ value: value() }]);
  /** A figure that there is not has no line. */
  const gauge = (name: string, help: string, read: () => number | undefined): void =>
    add("gauge", name, help, () => {
      const value = read();
      return value === undefined ? [] : [{ value }];
    });

  add("gauge", "nightlight_build_info", "Always 1; the version that runs is a label.", () => [
    { labels: { version: from.version }, value: 1 },
  ]);
  counter(
    "nightlight_messages_received_total",
    "Messages from devices and apps that were understood, duplicates included.",
    () => counters.received,
  );
  add(
    "counter",
    "nightlight_messages_rejected_total",
    "Messages that had no effect, by the reason; docs/reference/api.md says what each means.",
    () =>
      (Object.keys(REJECTIONS) as Rejection[]).map((reason) => ({
        labels: { reason },
        value: counters.rejected[reason] ?? 0,
      })),
  );
  counter("nightlight_duplicates_total", "Readings that had been delivered before.", () => counters.duplicates);
  counter("nightlight_commands_sent_total", "Commands to lamps that were published.", () => counters.sent);
  add("histogram", "nightlight_decision_seconds", "Time from a reading's arrival to its answer.", () =>
    decisionTimes.samples("nightlight_decision_seconds"),
  );
  add("gauge", "nightlight_devices", "Devices that are known.", () => {
    const { devicesOnline, devicesOffline } = from.gauges();
    return [
      { labels: { state: "online" }, value: devicesOnline },
      { labels: { state: "offline" }, value: devicesOffline },
    ];
  });
  gauge("nightlight_link_up", "Whether the link to the broker is up.", () => Number(from.gauges().linkUp));
  gauge("nightlight_event_streams", "Live event streams that are open.", () => from.gauges().eventStreams);
  gauge("nightlight_broker_clients", "Clients connected to the embedded broker.", () => from.gauges().brokerClients);
  gauge(
    "nightlight_broker_queued_messages",
    "Messages that the embedded broker keeps for clients.",
    () => from.gauges().brokerQueued,
  );
  counter(
    "nightlight_history_rows_written_total",
    "Readings and switches written to the history.",
    () => history.stats.written,
  );
  gauge("nightlight_history_rows_waiting", "Readings and switches to be written.", () => history.stats.waiting);
  counter(
    "nightlight_history_rows_lost_total",
    "Readings and switches that could not be written.",
    () => history.stats.lost,
  );
  gauge("nightlight_storage_up", "Whether the data folder can be written: 0 when its disk is full, for example.", () =>
    Number(!storage.isFailing),
  );
  counter(
    "nightlight_storage_failures_total",
    "Attempts to write to the data folder that failed.",
    () => storage.failures,
  );
  gauge(
    "nightlight_readings_unacknowledged",
    "Readings that are not acknowledged, because they cannot be stored.",
    () => from.unacknowledged(),
  );
  counter(
    "nightlight_readings_refused_total",
    "Readings that were decided upon but not taken, because too many waited to be stored.",
    () => counters.refused,
  );
  counter("nightlight_log_lines_lost_total", "Lines of the log that could not be written.", () => log.lost);
  counter(
    "nightlight_damaged_files_total",
    "Damaged files in the data folder since the start; the log names them.",
    () => from.damaged.count,
  );

  return {
    contentType: registry.contentType,
    text: async () => `${await registry.metrics()}\n${await processMetrics().metrics()}`,
  };
}

let ofProcess: Registry | undefined;

/** Prom-client's own of Node and the process, which is one however many servers run in it. Measured from the first use on. */
function processMetrics(): Registry {
  if (!ofProcess) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}
