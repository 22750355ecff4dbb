/** A run: faults by the seed one after the other, and between them the time until all agree again. */
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../support/eventually.js";
import type { Row } from "./ledger.js";
import { randomFrom } from "./random.js";
import { schedule } from "./schedule.js";
import { startStand, tell, type BrokerKind, type Stand } from "./stand.js";

/** How long after a fault all must agree again, in ms: the promise. */
export const CONVERGE = 5000;
/** How long is waited for it before the run is given up, in ms. */
const GIVE_UP = 40_000;
/** How long what is on its way may take to arrive at the end of a run, in ms. */
const SETTLE = 15_000;
/** Time between two actions, in ms. */
const ACTION_EVERY = 700;

export interface RunOptions {
  readonly seed: number;
  /** No new fault is injected after so many minutes. */
  readonly minutes: number;
  readonly broker: BrokerKind;
  /** How many boards; 2 unless told. */
  readonly boards?: number;
  /** The one fault that is to be injected, by name; all of them unless told. */
  readonly fault?: string;
  /** Is told what happens. */
  say?(line: string): void;
  /** Is given all that the server and the boards log as well. */
  note?(who: string, line: string): void;
}

export interface Outcome {
  readonly rows: Row[];
  /** Promises that were broken, a sentence each. */
  readonly broken: string[];
  /** Readings that died with the power and that nobody ever heard of, about. */
  readonly unheard: number;
}

/** Runs; whatever breaks is told in the outcome. */
export async function run({
  seed,
  minutes,
  broker,
  boards = 2,
  fault,
  say = () => {},
  note = () => {},
}: RunOptions): Promise<Outcome> {
  const random = randomFrom(seed);
  const steps = schedule(random.fork(), broker, boards, fault);
  const stand = await startStand({ broker, boards, random, note });
  const broken: string[] = [];
  const actions = issueActions(stand);
  try {
    const end = performance.now() + minutes * 60_000;
    for (const step of steps) {
      const rest = end - performance.now();
      if (rest <= 0) break;
      for (const station of stand.stations) station.walk();
      await sleep(step.pause);
      say(`${Math.ceil(rest / 1000)} s to go  ${step.fault}: ${step.text}`);
      await step.run(stand);
      for (const station of stand.stations) station.rest();
      const { took, late } = await converge(stand);
      stand.ledger.close(step.fault, took);
      if (late) broken.push(`after ${step.fault} (${step.text}) all agreed after ${took} ms; late was ${late}`);
      say(`    all agree after ${took} ms${late && `; late was ${late}`}`);
    }
    actions.stop();
    await actions.done;
    await last(stand);
  } catch (error) {
    broken.push(error instanceof Error ? error.message : String(error));
  } finally {
    actions.stop();
    await stand.close();
  }
  const rows = stand.ledger.rows();
  for (const refusal of stand.ledger.refusals()) broken.push(`a board refused ${refusal}`);
  return { rows, broken: [...broken, ...brokenBy(rows, stand.crashes)], unheard: stand.ledger.unheard };
}

/** The time until all agree, in ms, and what did not in time. */
async function converge(stand: Stand): Promise<{ took: number; late: string }> {
  const since = performance.now();
  const passed = (): number => performance.now() - since;
  let late = "";
  await eventually(
    () => {
      const disagreement = stand.disagreement();
      if (passed() > CONVERGE) late ||= disagreement;
      return !disagreement;
    },
    { within: GIVE_UP, what: "all to agree", every: 20 },
  ).catch(() => {
    throw new Error(`nothing converges any more: ${late}`);
  });
  return { took: Math.round(passed()), late };
}

/** What was taken last comes to the server, and so all that was taken before is known of. */
async function last(stand: Stand): Promise<void> {
  const before = new Map(stand.ledger.lastHeard);
  for (const station of stand.stations) station.rest();
  await eventually(
    () => stand.stations.every(({ id }) => stand.ledger.lastHeard.get(id) !== before.get(id)) && !stand.ledger.open(),
    { within: SETTLE, what: "the last readings", every: 100 },
  ).catch(() => {
    // what is missing is in the accounts
  });
  stand.ledger.close("the end", (await converge(stand)).took);
}

/** Asks one board after the other for a report, each as soon as the broker has taken the one before, until `stop`. */
function issueActions(stand: Stand): { stop(): void; done: Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  async function issue(): Promise<void> {
    for (let n = 0; !signal.aborted; n++) {
      const { id } = stand.stations[n % stand.stations.length];
      await tell(stand, id, "commands", { action: "report", seq: stand.ledger.issued(id) });
      await sleep(ACTION_EVERY, undefined, { signal });
    }
  }
  // it ends in the middle of a wait, or of a publication when the stand is closed
  return { stop: () => stopping.abort(), done: issue().catch(() => {}) };
}

function brokenBy(rows: readonly Row[], crashes: readonly string[]): string[] {
  const sum = (key: Exclude<keyof Row, "fault">): number => rows.reduce((total, row) => total + row[key], 0);
  const broken: string[] = [];
  const promise = (count: number, what: string): void => void (count > 0 && broken.push(`${count} ${what}`));
  promise(sum("lost"), "readings were lost");
  promise(sum("duplicated"), "readings were stored twice");
  promise(sum("outOfOrder"), "readings were out of order");
  promise(sum("lostActions"), "actions were lost");
  promise(sum("doubled"), "actions were done twice");
  for (const crash of crashes) broken.push(`a board crashed: ${crash}`);
  return broken;
}
