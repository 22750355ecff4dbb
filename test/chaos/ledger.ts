/**
 * Counts lost, duplicate and out-of-order readings and actions of a test run, from the log entries of all server starts.
 * `docs/internals/chaos.md` defines the columns of the result table.
 */
import type { Reply, Status, Telemetry } from "../../contract/index.js";
import { countReadings, type ReadingCounts, type StoredReading } from "./readings.js";
import type { LogEntry } from "./program.js";

/** The period of one fault: from one convergence of boards and server to the next. */
export interface FaultPeriod {
  readonly fault: string;
  /** Time to convergence after the end of the fault, in ms. */
  readonly convergenceTime: number;
  /** `seq` of the newest reading at the end of the period, by `Boot.key`. */
  readonly highest: ReadonlyMap<string, number>;
  /** `seq` of the last action that was sent before the end of the period. */
  readonly actions: number;
}

interface Boot {
  /** The device id and boot number, unique among all boots. */
  readonly key: string;
  readonly stored: StoredReading[];
  /** `seq` of the boot's newest reading. */
  highest: number;
  /**
   * `seq` of the newest reading at the end of the fault period before the boot's power cut; undefined if the boot had
   * no power cut. Missing readings with a higher `seq` count as lost by the power cut.
   */
  diedAfter: number | undefined;
  /** Estimated number of readings that no server or broker received before the power cut. */
  unreceived: number;
}

interface Action {
  /** The board's replies to this action; more than one when the board executed the action twice. */
  readonly reports: Reply[];
  /** The id of the target board. */
  readonly id: string;
  /**
   * Whether the broker or the board lost its memory before a reply arrived. The action then counts as gone, not as
   * lost.
   */
  lostWithMemory: boolean;
}

/** A row of the result table. */
export interface ResultRow extends ReadingCounts {
  fault: string;
  times: number;
  /** Longest time to convergence, in ms. */
  maxTime: number;
  issued: number;
  executed: number;
  lostActions: number;
  doubled: number;
  /** Number of unanswered actions that were lost because the broker or the board lost its memory. */
  gone: number;
}

export class Ledger {
  readonly periods: FaultPeriod[] = [];
  /** The desired state of each lamp, from the server's last command since its start. */
  readonly desired = new Map<string, boolean>();
  readonly status = new Map<string, Status>();
  /** The light of each board's newest reading. */
  readonly light = new Map<string, number>();
  /** Time of each board's last status message, from `performance.now()`, in ms. */
  readonly statusAt = new Map<string, number>();
  /** Time of each board's last reading, from `performance.now()`, in ms. */
  readonly lastReadingAt = new Map<string, number>();
  readonly #boots = new Map<string, Boot>();
  readonly #latest = new Map<string, Boot>();
  readonly #actions = new Map<number, Action>();
  #run = 0;
  #hasBrokerLostMemory = false;

  /** Processes an entry of the server's log. */
  addLogEntry(entry: LogEntry, run: number): void {
    if (run !== this.#run) {
      this.#run = run;
      this.desired.clear();
      this.light.clear();
    }
    const id = entry.id as string;
    if (entry.event === "sent") this.desired.set(id, (entry.message as { led_on: boolean }).led_on);
    else if (entry.event === "duplicate") this.#withdraw(id, entry.message as Telemetry);
    else if (entry.event !== "received") return;
    else if (entry.channel === "telemetry") this.#reading(id, entry.message as Telemetry, run);
    else if (entry.channel === "status") {
      this.status.set(id, entry.message as Status);
      this.statusAt.set(id, performance.now());
    } else if (entry.channel === "replies") this.#reply(entry.message as Reply);
  }

  /** Records an action that is sent to the broker. Returns its `seq`, which increases by 1. */
  recordIssuedAction(id: string): number {
    const seq = this.#actions.size + 1;
    this.#actions.set(seq, { id, reports: [], lostWithMemory: false });
    return seq;
  }

  /**
   * Records that the broker lost its memory. Undelivered actions are lost, and so are new actions until the board
   * reconnects, because the broker no longer knows the board's subscriptions.
   */
  recordBrokerMemoryLoss(): void {
    this.#hasBrokerLostMemory = true;
  }

  /**
   * Records a power cut: the board's unsent readings and pending actions are lost.
   * @param unheard estimated number of readings that the board took after the last one that a broker or server received
   */
  recordPowerCut(id: string, unheard: number): void {
    this.#giveUp(id);
    const boot = this.#latest.get(id);
    const after = boot && (this.periods.at(-1)?.highest.get(boot.key) ?? 0);
    if (boot) Object.assign(boot, { diedAfter: after, unreceived: unheard });
  }

  /** Records the end of a fault and the convergence of boards and server. */
  closePeriod(fault: string, convergenceTime: number): void {
    if (this.#hasBrokerLostMemory) this.#giveUp();
    this.#hasBrokerLostMemory = false;
    const highest = new Map([...this.#boots].map(([key, boot]) => [key, boot.highest]));
    this.periods.push({ fault, convergenceTime, highest, actions: this.#actions.size });
  }

  /** Returns the number of undelivered readings and unanswered actions. */
  countOutstanding(): number {
    let open = 0;
    for (const { stored, diedAfter, highest } of this.#boots.values())
      open += countReadings(stored, 1, diedAfter ?? highest).lost;
    for (const action of this.#actions.values()) if (action.reports.length === 0 && !action.lostWithMemory) open++;
    return open;
  }

  /** Returns descriptions of the actions that boards refused. */
  describeRefusals(): string[] {
    const reports = [...this.#actions.values()].flatMap((action) => action.reports);
    return reports.filter(({ ok }) => !ok).map(({ seq, error }) => `action ${seq}: ${error}`);
  }

  /** Returns the results, one row per fault. */
  createResultRows(): ResultRow[] {
    const rows = new Map<string, ResultRow>();
    let before: FaultPeriod | undefined;
    for (const episode of this.periods) {
      const { fault } = episode;
      const row = rows.get(fault) ?? createEmptyRow(fault);
      rows.set(fault, row);
      row.times++;
      row.maxTime = Math.max(row.maxTime, episode.convergenceTime);
      for (const [key, boot] of this.#boots) {
        const from = before?.highest.get(key) ?? 0;
        const to = episode.highest.get(key);
        if (to === undefined || to === from) continue;
        addCounts(row, countReadings(boot.stored, from + 1, to, boot.diedAfter));
      }
      this.#addActions(row, before?.actions ?? 0, episode.actions);
      before = episode;
    }
    return [...rows.values()];
  }

  /** Estimated number of readings that power cuts destroyed before any broker or server received them. */
  get unreceivedReadings(): number {
    return [...this.#boots.values()].reduce((sum, boot) => sum + boot.unreceived, 0);
  }

  #reading(id: string, { light, boot, seq, age }: Telemetry, run: number): void {
    if (boot === undefined || seq === undefined) return;
    const key = `${id} ${boot}`;
    let known = this.#boots.get(key);
    if (!known) this.#boots.set(key, (known = { key, stored: [], highest: 0, diedAfter: undefined, unreceived: 0 }));
    this.#latest.set(id, known);
    this.lastReadingAt.set(id, performance.now());
    if (seq > known.highest) {
      known.highest = seq;
      this.light.set(id, light);
    }
    known.stored.push({ seq, age: age ?? 0, run });
  }

  /**
   * Removes the last entry of a reading from the stored readings, because the server detected a duplicate and did not
   * store the duplicate.
   */
  #withdraw(id: string, { boot, seq }: Telemetry): void {
    const stored = this.#boots.get(`${id} ${boot}`)?.stored ?? [];
    const at = stored.findLastIndex((reading) => reading.seq === seq);
    if (at >= 0) stored.splice(at, 1);
  }

  #reply(reply: Reply): void {
    this.#actions.get(reply.seq)?.reports.push(reply);
  }

  /** Marks the unanswered actions of a board as lost; without `id`, the unanswered actions of all boards. */
  #giveUp(id?: string): void {
    for (const action of this.#actions.values())
      if (id === undefined || action.id === id) action.lostWithMemory ||= action.reports.length === 0;
  }

  #addActions(row: ResultRow, after: number, upTo: number): void {
    for (let seq = after + 1; seq <= upTo; seq++) {
      const { reports, lostWithMemory } = this.#actions.get(seq)!;
      row.issued++;
      if (reports.some(({ ok }) => ok)) row.executed++;
      if (reports.length === 0) row[lostWithMemory ? "gone" : "lostActions"]++;
      if (reports.some(isSecondExecution)) row.doubled++;
    }
  }
}

/**
 * Returns whether a board executed an action again since the previous report. In that case, the uptime in the report
 * has increased. A report that was only delivered twice has the same uptime, and a report after a restart has a smaller
 * uptime.
 */
function isSecondExecution({ uptime = 0 }: Reply, i: number, reports: readonly Reply[]): boolean {
  return i > 0 && uptime > (reports[i - 1].uptime ?? 0);
}

/** Creates a row of the result table in which all counts are 0. */
export function createEmptyRow(fault: string): ResultRow {
  return {
    fault,
    times: 0,
    taken: 0,
    stored: 0,
    lost: 0,
    lostByPowerCut: 0,
    duplicated: 0,
    storedAgainAfterKill: 0,
    outOfOrder: 0,
    issued: 0,
    executed: 0,
    lostActions: 0,
    doubled: 0,
    gone: 0,
    maxTime: 0,
  };
}

function addCounts(row: ResultRow, readings: ReadingCounts): void {
  for (const key of Object.keys(readings) as (keyof ReadingCounts)[]) row[key] += readings[key];
}
