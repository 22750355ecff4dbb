/** Measures throughput, response times and CPU of a run, for each second and for the whole run. */
import { availableParallelism } from "node:os";
import type { Fleet } from "./fleet.js";
import { LatencyHistogram } from "./latency-histogram.js";
import type { Schedule } from "./schedule.js";
import { readTotalCpuTime, readOwnUsage, readUsage, type ProcessUsage } from "./processes.js";

/** A process whose CPU time and memory are measured. */
export interface WatchedProcess {
  readonly name: string;
  /** Process id; undefined for the process of the load test. */
  readonly pid: number | undefined;
}

/** Quantiles of response times in ms, with an error of at most 4 %; null when there are no values. */
export interface LatencyQuantiles {
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

/** CPU time and memory of one process. */
export interface ProcessSummary {
  readonly name: string;
  /** CPU time during the measurement, in s. */
  readonly cpu: number;
  /** CPU time for 100,000 readings, in s; null when none were sent. */
  readonly cpu_per_100k: number | null;
  /** CPU usage as a fraction of one core. */
  readonly share: number;
  /** Resident memory at the end, in bytes. */
  readonly memory: number;
  /** Largest resident memory since the process started, in bytes. */
  readonly peak: number;
}

/** The results of a run. Rates, times and CPU cover the measured time; errors are counted from the start. */
export interface Summary {
  readonly devices: number;
  readonly connections: number;
  /** Duration of the measurement, in s. */
  readonly seconds: number;
  readonly sent: number;
  readonly answered: number;
  readonly switches: number;
  readonly reaction: LatencyQuantiles;
  readonly wrong: number;
  readonly lamps_wrong: number;
  readonly late: number;
  readonly missing: number;
  readonly superseded: number;
  readonly again: number;
  readonly malformed: number;
  readonly unsent: number;
  readonly behind: number;
  readonly unacknowledged: number;
  readonly connections_lost: number;
  readonly processes: readonly ProcessSummary[];
  /** Number of processors that the load test can use. */
  readonly processors: number;
  /** CPU usage of other programs, in cores; absent when a measured process cannot be observed. */
  readonly others?: number;
  /** Number of simulated boards that run the firmware; absent if the run has no such boards. */
  readonly boards?: number;
  /** Times from a change of the light until the lamp has followed, on the boards that run the firmware. */
  readonly boards_reaction?: LatencyQuantiles;
  /** Number of light changes that the lamp of a board with the firmware did not follow before the next change. */
  readonly boards_missed?: number;
}

/** Returns the quantiles of a histogram, rounded to 0.01 ms. */
export function quantilesOf(latencies: LatencyHistogram): LatencyQuantiles {
  const roundOrNull = (ms: number | undefined): number | null => (ms === undefined ? null : Math.round(ms * 100) / 100);
  const { max, count } = latencies;
  return {
    p50: roundOrNull(latencies.quantile(0.5)),
    p99: roundOrNull(latencies.quantile(0.99)),
    max: roundOrNull(count > 0 ? max : undefined),
  };
}

/** A snapshot of all counters at one point in time. */
interface CounterSnapshot {
  readonly at: number;
  readonly sent: number;
  readonly answered: number;
  readonly switches: number;
  /** CPU time of all programs since the machine started, in s. */
  readonly busy: number;
  readonly usages: readonly (ProcessUsage | undefined)[];
}

/** Rates, CPU usage and response times since the previous call of `measureSecond`; error counts since the start. */
export interface SecondFigures {
  readonly sent: number;
  readonly answered: number;
  readonly reaction: LatencyQuantiles;
  readonly outstanding: number;
  readonly late: number;
  readonly missing: number;
  readonly wrong: number;
  readonly unsent: number;
  /** CPU usage of each process as a fraction of one core; undefined when a process cannot be observed. */
  readonly shares: readonly (number | undefined)[];
}

/** Collects the figures of a fleet and of the measured processes. */
export class Meter {
  readonly #fleet: Fleet;
  readonly #watched: readonly WatchedProcess[];
  readonly #allLatencies = new LatencyHistogram();
  readonly #recentLatencies = new LatencyHistogram();
  #atBegin: CounterSnapshot;
  #previous: CounterSnapshot;

  constructor(fleet: Fleet, watched: readonly WatchedProcess[]) {
    this.#fleet = fleet;
    this.#watched = watched;
    fleet.onanswer = (ms) => {
      this.#allLatencies.add(ms);
      this.#recentLatencies.add(ms);
    };
    this.#atBegin = this.#previous = this.#snapshot();
  }

  /** Starts the measurement and discards all earlier figures. */
  begin(): void {
    this.#allLatencies.clear();
    this.#recentLatencies.clear();
    this.#atBegin = this.#previous = this.#snapshot();
  }

  /** Returns the figures since the previous call, which should be a second ago. Error counts cover the whole run. */
  measureSecond(): SecondFigures {
    const { tracker, counts } = this.#fleet;
    const last = this.#previous;
    const now = (this.#previous = this.#snapshot());
    const span = (now.at - last.at) / 1000;
    const second = {
      sent: Math.round((now.sent - last.sent) / span),
      answered: Math.round((now.answered - last.answered) / span),
      reaction: quantilesOf(this.#recentLatencies),
      outstanding: tracker.outstanding,
      late: tracker.counts.late,
      missing: tracker.counts.missing,
      wrong: tracker.counts.wrong,
      unsent: counts.unsent,
      shares: now.usages.map((usage, n) => usage && last.usages[n] && (usage.cpu - last.usages[n].cpu) / span),
    };
    this.#recentLatencies.clear();
    return second;
  }

  /** Ends the measurement. Returns a function that creates the summary; call the function after the last answers. */
  end(schedule: Schedule): () => Summary {
    const { tracker, counts, devices, connections } = this.#fleet;
    const begin = this.#atBegin;
    const now = this.#snapshot();
    const reaction = quantilesOf(this.#allLatencies);
    const seconds = (now.at - begin.at) / 1000;
    const sent = now.sent - begin.sent;
    const processes = this.#watched.flatMap(({ name }, n) => {
      const from = begin.usages[n];
      const to = now.usages[n];
      if (!from || !to) return [];
      const cpu = to.cpu - from.cpu;
      const { memory, peak } = to;
      return [
        { name, cpu, cpu_per_100k: sent > 0 ? (cpu / sent) * 100_000 : null, share: cpu / seconds, memory, peak },
      ];
    });
    const others = (now.busy - begin.busy - processes.reduce((sum, { cpu }) => sum + cpu, 0)) / seconds;
    return () => ({
      devices: devices.count,
      connections: connections.count,
      seconds,
      sent,
      answered: now.answered - begin.answered,
      switches: now.switches - begin.switches,
      reaction,
      wrong: tracker.counts.wrong,
      lamps_wrong: this.#fleet.wrongLampCount,
      late: tracker.counts.late,
      missing: tracker.counts.missing,
      superseded: tracker.counts.superseded,
      again: tracker.counts.again,
      malformed: counts.malformed,
      unsent: counts.unsent,
      behind: schedule.dropped,
      unacknowledged: connections.unacknowledgedCount,
      connections_lost: connections.lost,
      processes,
      processors: availableParallelism(),
      // omit `others` if a process could not be measured, because its CPU time would count as that of other programs
      ...(processes.length === this.#watched.length && { others: Math.max(0, others) }),
    });
  }

  #snapshot(): CounterSnapshot {
    const { tracker, counts } = this.#fleet;
    return {
      at: performance.now(),
      sent: counts.sent,
      switches: counts.switches,
      answered: tracker.counts.answered,
      busy: readTotalCpuTime(),
      usages: this.#watched.map(({ pid }) => (pid === undefined ? readOwnUsage() : readUsage(pid))),
    };
  }
}
