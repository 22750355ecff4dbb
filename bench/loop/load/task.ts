/** What the load generator is told to do, and what it tells: crosses the process boundary, so data alone. */

/** `lesson`: `{"light":212}`. `full`: with `boot` and `seq`, as our firmware sends it. */
export type Form = "lesson" | "full";

export interface LoadTask {
  /** On 127.0.0.1. */
  readonly port: number;
  readonly devices: number;
  /** They share so many connections; no more than there are devices. */
  readonly connections: number;
  /** Of telemetry, and asked for commands. */
  readonly qos: 0 | 1;
  readonly form: Form;
  /** Readings a second of all devices together, whatever becomes of them; undefined: the next when one was answered. */
  readonly rate?: number;
  /** Readings on their way at once when `rate` is not given; a device has one of them at most. */
  readonly outstanding: number;
  /** A device stays so many readings on one side of the threshold. */
  readonly switchEvery: number;
  /** Before what is counted, in s; longer when not every device was answered by then. */
  readonly warmUp: number;
  /** Readings answered before it is counted, unless that takes long: a program that was just started is slow. */
  readonly warmUpCycles: number;
  /** It counts from the first reading on, when the server knows none of the devices yet: there is no warm-up. */
  readonly cold?: boolean;
  /** What is counted, in s. */
  readonly seconds: number;
}

/** Times in ms. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface LoadResult {
  /** Readings that were answered rightly within the window. */
  readonly cycles: number;
  /** How long the window was, in s. */
  readonly seconds: number;
  /** From the time at which a reading was to be sent to its answer. */
  readonly latency: Latency;
  /** Answers that were not what the reading asks for. */
  readonly wrong: number;
  /** Readings without an answer. */
  readonly lost: number;
  /** Answers to nothing. */
  readonly unexpected: number;
  /** Readings of QoS 1 that the broker did not acknowledge. */
  readonly unacknowledged: number;
  /** CPU that the generator itself took in the window, in s. */
  readonly cpu: number;
  /** How late the generator itself was, in ms, p99: 0 when it goes by answers. */
  readonly lag: number;
}

/** From the generator. `begin` and `end` are the edges of the window. */
export type LoadMessage =
  | { readonly kind: "ready" | "begin" | "end" }
  | { readonly kind: "result"; readonly result: LoadResult }
  | { readonly kind: "failed"; readonly problem: string };
