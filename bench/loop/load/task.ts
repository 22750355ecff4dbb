/** The load generator's task and result. They cross a process boundary, so they contain only plain data. */

/** The payload of a reading. `lesson`: `{"light":212}`. `full`: with `boot` and `seq`, as our firmware sends it. */
export type PayloadFormat = "lesson" | "full";

export interface LoadTask {
  /** The broker's port on 127.0.0.1. */
  readonly port: number;
  readonly devices: number;
  /** Number of connections that the devices share; at most the number of devices. */
  readonly connections: number;
  /** QoS of telemetry, and of the subscription to commands. */
  readonly qos: 0 | 1;
  readonly payloadFormat: PayloadFormat;
  /** Total readings per second (open loop); undefined if each answer triggers the next reading (closed loop). */
  readonly rate?: number;
  /** Number of readings that are unanswered at the same time in the closed loop; at most one per device. */
  readonly outstanding: number;
  /** Number of readings after which a device's light crosses the threshold. */
  readonly switchEvery: number;
  /** Minimum warm-up time, in s. The warm-up also waits for one answer to every device. */
  readonly warmUp: number;
  /**
   * Number of readings that the warm-up waits to see answered, because a freshly started program is slow. After a
   * timeout, the measurement starts with fewer.
   */
  readonly warmUpCycles: number;
  /** Whether to measure from the first reading, without a warm-up, while all devices are new to the server. */
  readonly cold?: boolean;
  /** Length of the measurement window, in s. */
  readonly seconds: number;
}

/** Latency percentiles, in ms. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface LoadResult {
  /** Number of correctly answered readings within the measurement window. */
  readonly cycles: number;
  /** Measured length of the measurement window, in s. */
  readonly seconds: number;
  /** Percentiles of the time from a reading's scheduled send time to its answer, in ms. */
  readonly latency: Latency;
  /** Number of answers with the wrong lamp state or `seq`. */
  readonly wrong: number;
  /** Number of readings that received no answer. */
  readonly lost: number;
  /** Number of answers for devices that had no unanswered reading. */
  readonly unexpected: number;
  /** Number of QoS 1 readings for which the broker sent no PUBACK. */
  readonly unacknowledged: number;
  /** CPU time of the load generator within the measurement window, in s. */
  readonly cpu: number;
  /** 99th percentile of the delay of scheduled readings, in ms; 0 in the closed loop, which has no schedule. */
  readonly lag: number;
}

/** A message from the generator. `begin` and `end` mark the measurement window. */
export type LoadMessage =
  | { readonly kind: "ready" | "begin" | "end" }
  | { readonly kind: "result"; readonly result: LoadResult }
  | { readonly kind: "failed"; readonly problem: string };
