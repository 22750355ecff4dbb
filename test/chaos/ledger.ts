/**
 * The accounts of a run, kept from what the server's log says, over all its lives: which readings it stored, what it
 * wants of each lamp, what the boards report. `docs/explanation/chaos.md` defines the columns.
 */
import type { Reply, Status, Telemetry } from "../../contract/index.js";
import { accountOf, type Readings, type Stored } from "./readings.js";
import type { Entry } from "./program.js";

/** What happened during one fault, from the moment when all had converged to the next. */
export interface Episode {
  readonly fault: string;
  /** How long it took to converge after the fault, in ms. */
  readonly converged: number;
  /** The highest reading of each boot at its end. */
  readonly highest: ReadonlyMap<string, number>;
  /** The last action that was issued before its end. */
  readonly actions: number;
}

interface Boot {
  /** Names it among all boots of all boards. */
  readonly key: string;
  readonly stored: Stored[];
  /** The newest reading. */
  highest: number;
  /** Its power was cut: what it had not delivered after this reading is gone with it. */
  diedAfter: number | undefined;
  /** Readings of it that nobody ever heard of, as far as that can be told. */
  unheard: number;
}

interface Action {
  /** Execution, by the report that came back. */
  readonly reports: Reply[];
  /** The board that it is for. */
  readonly id: string;
  /** The broker's memory, or that of the board, was lost before the report came. */
  gone: boolean;
}

/** One line of the table. */
export interface Row extends Readings {
  fault: string;
  times: number;
  /** ms */
  worst: number;
  issued: number;
  executed: number;
  lostActions: number;
  doubled: number;
  /** Actions that were in the memory of the broker or the board when that was lost. */
  gone: number;
}

export class Ledger {
  readonly episodes: Episode[] = [];
  /** What the server wants of each lamp, as it last said in its present life. */
  readonly desired = new Map<string, boolean>();
  readonly status = new Map<string, Status>();
  /** The light of each board's newest reading. */
  readonly light = new Map<string, number>();
  /** When each board last said how it is, by `performance.now()`. */
  readonly statusAt = new Map<string, number>();
  /** When each board was last heard, by `performance.now()`. */
  readonly lastHeard = new Map<string, number>();
  readonly #boots = new Map<string, Boot>();
  readonly #latest = new Map<string, Boot>();
  readonly #actions = new Map<number, Action>();
  #run = 0;
  #forgetful = false;

  /** Takes a line of the server's log. */
  enter(entry: Entry, run: number): void {
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

  /** An action was handed to the broker. Its `seq` is one more than that of the one before. */
  issued(id: string): number {
    const seq = this.#actions.size + 1;
    this.#actions.set(seq, { id, reports: [], gone: false });
    return seq;
  }

  /**
   * The broker lost its memory: actions that it had not delivered are gone with it, and so are those that come before
   * the board is back, as nobody is known there to whom they could be delivered.
   */
  forgotten(): void {
    this.#forgetful = true;
  }

  /** A board's power was cut: what it had not sent or done is gone. @param unheard readings that were taken since it was last heard */
  powerCut(id: string, unheard: number): void {
    this.#giveUp(id);
    const boot = this.#latest.get(id);
    const after = boot && (this.episodes.at(-1)?.highest.get(boot.key) ?? 0);
    if (boot) Object.assign(boot, { diedAfter: after, unheard });
  }

  /** A fault is over, and all is as it should be again. */
  close(fault: string, converged: number): void {
    if (this.#forgetful) this.#giveUp();
    this.#forgetful = false;
    const highest = new Map([...this.#boots].map(([key, boot]) => [key, boot.highest]));
    this.episodes.push({ fault, converged, highest, actions: this.#actions.size });
  }

  /** Readings that boards still have to deliver, and actions without an answer. */
  open(): number {
    let open = 0;
    for (const { stored, diedAfter, highest } of this.#boots.values())
      open += accountOf(stored, 1, diedAfter ?? highest).lost;
    for (const action of this.#actions.values()) if (action.reports.length === 0 && !action.gone) open++;
    return open;
  }

  /** What boards said of actions that they did not do. */
  refusals(): string[] {
    const reports = [...this.#actions.values()].flatMap((action) => action.reports);
    return reports.filter(({ ok }) => !ok).map(({ seq, error }) => `action ${seq}: ${error}`);
  }

  /** The accounts, a row for each fault. */
  rows(): Row[] {
    const rows = new Map<string, Row>();
    let before: Episode | undefined;
    for (const episode of this.episodes) {
      const { fault } = episode;
      const row = rows.get(fault) ?? emptyRow(fault);
      rows.set(fault, row);
      row.times++;
      row.worst = Math.max(row.worst, episode.converged);
      for (const [key, boot] of this.#boots) {
        const from = before?.highest.get(key) ?? 0;
        const to = episode.highest.get(key);
        if (to === undefined || to === from) continue;
        add(row, accountOf(boot.stored, from + 1, to, boot.diedAfter));
      }
      this.#addActions(row, before?.actions ?? 0, episode.actions);
      before = episode;
    }
    return [...rows.values()];
  }

  /** Readings that died with the power and that nobody heard of, about. */
  get unheard(): number {
    return [...this.#boots.values()].reduce((sum, boot) => sum + boot.unheard, 0);
  }

  #reading(id: string, { light, boot, seq, age }: Telemetry, run: number): void {
    if (boot === undefined || seq === undefined) return;
    const key = `${id} ${boot}`;
    let known = this.#boots.get(key);
    if (!known) this.#boots.set(key, (known = { key, stored: [], highest: 0, diedAfter: undefined, unheard: 0 }));
    this.#latest.set(id, known);
    this.lastHeard.set(id, performance.now());
    if (seq > known.highest) {
      known.highest = seq;
      this.light.set(id, light);
    }
    known.stored.push({ seq, age: age ?? 0, run });
  }

  /** The server had it already: it was not stored again. */
  #withdraw(id: string, { boot, seq }: Telemetry): void {
    const stored = this.#boots.get(`${id} ${boot}`)?.stored ?? [];
    const at = stored.findLastIndex((reading) => reading.seq === seq);
    if (at >= 0) stored.splice(at, 1);
  }

  #reply(reply: Reply): void {
    this.#actions.get(reply.seq)?.reports.push(reply);
  }

  /** Actions that are not answered may be gone; all of them, or those of one board. */
  #giveUp(id?: string): void {
    for (const action of this.#actions.values())
      if (id === undefined || action.id === id) action.gone ||= action.reports.length === 0;
  }

  #addActions(row: Row, after: number, upTo: number): void {
    for (let seq = after + 1; seq <= upTo; seq++) {
      const { reports, gone } = this.#actions.get(seq)!;
      row.issued++;
      if (reports.some(({ ok }) => ok)) row.executed++;
      if (reports.length === 0) row[gone ? "gone" : "lostActions"]++;
      if (reports.some(isAnother)) row.doubled++;
    }
  }
}

/** A report delivered twice says the same; executed twice, it says a later time; the board's next boot, an earlier one. */
function isAnother({ uptime = 0 }: Reply, i: number, reports: readonly Reply[]): boolean {
  return i > 0 && uptime > (reports[i - 1].uptime ?? 0);
}

export function emptyRow(fault: string): Row {
  return {
    fault,
    times: 0,
    taken: 0,
    stored: 0,
    lost: 0,
    lostWithPower: 0,
    duplicated: 0,
    again: 0,
    outOfOrder: 0,
    issued: 0,
    executed: 0,
    lostActions: 0,
    doubled: 0,
    gone: 0,
    worst: 0,
  };
}

function add(row: Row, readings: Readings): void {
  for (const key of Object.keys(readings) as (keyof Readings)[]) row[key] += readings[key];
}
