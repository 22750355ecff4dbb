/** The figures of a run: each second, and at its end. */
import { availableParallelism } from "node:os";
import type { Fleet } from "./fleet.js";
import { Latencies } from "./latencies.js";
import type { Pace } from "./pace.js";
import { busyTime, ownUsage, usageOf, type Usage } from "./processes.js";

/** A process whose CPU time and memory count. */
export interface Watched {
  readonly name: string;
  /** Undefined for this one. */
  readonly pid: number | undefined;
}

/** In ms, to 4 %; null when nothing was answered. */
export interface Times {
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

export interface ProcessSummary {
  readonly name: string;
  /** In s. */
  readonly cpu: number;
  /** CPU time in s for 100,000 readings: null when none were sent. */
  readonly cpu_per_100k: number | null;
  /** Of one core. */
  readonly share: number;
  /** In bytes: at the end, and the most since it started. */
  readonly memory: number;
  readonly peak: number;
}

/** What came of a run. Rates, times and CPU are of the time that was measured; what went wrong counts from the start. */
export interface Summary {
  readonly devices: number;
  readonly connections: number;
  /** Measured, in s. */
  readonly seconds: number;
  readonly sent: number;
  readonly answered: number;
  readonly switches: number;
  readonly reaction: Times;
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
  /** How many processors there are, and how many of them other programs took: not there where that cannot be told. */
  readonly processors: number;
  readonly others?: number;
  /** Real boards, and from light to lamp on them; not there without. */
  readonly boards?: number;
  readonly boards_reaction?: Times;
  readonly boards_missed?: number;
}

export function timesOf(latencies: Latencies): Times {
  const rounded = (ms: number | undefined): number | null => (ms === undefined ? null : Math.round(ms * 100) / 100);
  const { max, count } = latencies;
  return {
    p50: rounded(latencies.quantile(0.5)),
    p99: rounded(latencies.quantile(0.99)),
    max: rounded(count > 0 ? max : undefined),
  };
}

/** Everything that only grows, at one moment. */
interface Moment {
  readonly at: number;
  readonly sent: number;
  readonly answered: number;
  readonly switches: number;
  /** CPU time of all programs, in s. */
  readonly busy: number;
  readonly usages: readonly (Usage | undefined)[];
}

/** What happened since the last look. */
export interface Second {
  readonly sent: number;
  readonly answered: number;
  readonly reaction: Times;
  readonly outstanding: number;
  readonly late: number;
  readonly missing: number;
  readonly wrong: number;
  readonly unsent: number;
  /** Of one core, by process; undefined where it cannot be seen. */
  readonly shares: readonly (number | undefined)[];
}

export class Meter {
  readonly #fleet: Fleet;
  readonly #watched: readonly Watched[];
  readonly #all = new Latencies();
  readonly #recent = new Latencies();
  #begin: Moment;
  #last: Moment;

  constructor(fleet: Fleet, watched: readonly Watched[]) {
    this.#fleet = fleet;
    this.#watched = watched;
    fleet.onanswer = (ms) => {
      this.#all.add(ms);
      this.#recent.add(ms);
    };
    this.#begin = this.#last = this.#moment();
  }

  /** What was before, is not measured. */
  begin(): void {
    this.#all.clear();
    this.#recent.clear();
    this.#begin = this.#last = this.#moment();
  }

  /** What happened since it was asked last. */
  second(): Second {
    const { ledger, counts } = this.#fleet;
    const last = this.#last;
    const now = (this.#last = this.#moment());
    const span = (now.at - last.at) / 1000;
    const second = {
      sent: Math.round((now.sent - last.sent) / span),
      answered: Math.round((now.answered - last.answered) / span),
      reaction: timesOf(this.#recent),
      outstanding: ledger.outstanding,
      late: ledger.counts.late,
      missing: ledger.counts.missing,
      wrong: ledger.counts.wrong,
      unsent: counts.unsent,
      shares: now.usages.map((usage, n) => usage && last.usages[n] && (usage.cpu - last.usages[n].cpu) / span),
    };
    this.#recent.clear();
    return second;
  }

  /** The measuring is over: gives what is to be asked for when the last answers have come. */
  end(pace: Pace): () => Summary {
    const { ledger, counts, devices, links } = this.#fleet;
    const begin = this.#begin;
    const now = this.#moment();
    const reaction = timesOf(this.#all);
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
      connections: links.count,
      seconds,
      sent,
      answered: now.answered - begin.answered,
      switches: now.switches - begin.switches,
      reaction,
      wrong: ledger.counts.wrong,
      lamps_wrong: this.#fleet.lampsWrong,
      late: ledger.counts.late,
      missing: ledger.counts.missing,
      superseded: ledger.counts.superseded,
      again: ledger.counts.again,
      malformed: counts.malformed,
      unsent: counts.unsent,
      behind: pace.behind,
      unacknowledged: links.unacknowledged,
      connections_lost: links.lost,
      processes,
      processors: availableParallelism(),
      // what was not watched would count as others
      ...(processes.length === this.#watched.length && { others: Math.max(0, others) }),
    });
  }

  #moment(): Moment {
    const { ledger, counts } = this.#fleet;
    return {
      at: performance.now(),
      sent: counts.sent,
      switches: counts.switches,
      answered: ledger.counts.answered,
      busy: busyTime(),
      usages: this.#watched.map(({ pid }) => (pid === undefined ? ownUsage() : usageOf(pid))),
    };
  }
}
