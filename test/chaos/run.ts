/** Runs the fault test: injects faults one after another and waits for convergence after each. */
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../support/eventually.js";
import type { ResultRow } from "./ledger.js";
import { createRandom } from "./random.js";
import { scheduleFaults } from "./schedule.js";
import { startTestSystem, publishToBoard, type BrokerKind, type TestSystem } from "./stand.js";

/** Guaranteed longest time after a fault until lamp, board and server agree, in ms. */
export const CONVERGENCE_LIMIT = 5000;
/** Timeout for convergence that aborts the run, in ms. */
const CONVERGENCE_TIMEOUT = 40_000;
/** Timeout for outstanding readings and replies at the end of a run, in ms. */
const FINAL_TIMEOUT = 15_000;
/** Interval between actions, in ms. */
const ACTION_INTERVAL = 700;

export interface RunOptions {
  readonly seed: number;
  /** Duration of the run, in minutes. No fault starts after this time. */
  readonly minutes: number;
  readonly broker: BrokerKind;
  /** Number of boards; default 2. */
  readonly boards?: number;
  /** Name of the only fault to inject; undefined to inject all faults. */
  readonly fault?: string;
  /** Called with progress messages. */
  onProgress?(line: string): void;
  /** Called with each log line of the server and the boards. */
  onLogLine?(who: string, line: string): void;
}

export interface RunOutcome {
  readonly rows: ResultRow[];
  /** Descriptions of broken guarantees. */
  readonly brokenGuarantees: string[];
  /** Estimated number of readings that power cuts destroyed before any broker or server received them. */
  readonly unheard: number;
}

/** Runs the fault test. Reports broken guarantees and errors in the outcome. */
export async function runFaultTest({
  seed,
  minutes,
  broker,
  boards = 2,
  fault,
  onProgress = () => {},
  onLogLine = () => {},
}: RunOptions): Promise<RunOutcome> {
  const random = createRandom(seed);
  const steps = scheduleFaults(random.fork(), broker, boards, fault);
  const system = await startTestSystem({ broker, boards, random, onLogLine });
  const broken: string[] = [];
  const actions = issueActions(system);
  try {
    const end = performance.now() + minutes * 60_000;
    for (const step of steps) {
      const rest = end - performance.now();
      if (rest <= 0) break;
      for (const station of system.stations) station.startLightWalk();
      await sleep(step.pause);
      onProgress(`${Math.ceil(rest / 1000)} s to go  ${step.fault}: ${step.text}`);
      await step.run(system);
      for (const station of system.stations) station.stopLightWalk();
      const { duration, late } = await waitForConvergence(system);
      system.ledger.closePeriod(step.fault, duration);
      if (late) broken.push(`convergence after ${step.fault} (${step.text}) took ${duration} ms; delayed by ${late}`);
      onProgress(`    converged after ${duration} ms${late && `; delayed by ${late}`}`);
    }
    actions.stop();
    await actions.done;
    await finishRun(system);
  } catch (error) {
    broken.push(error instanceof Error ? error.message : String(error));
  } finally {
    actions.stop();
    await system.close();
  }
  const rows = system.ledger.createResultRows();
  for (const refusal of system.ledger.describeRefusals()) broken.push(`a board refused ${refusal}`);
  return {
    rows,
    brokenGuarantees: [...broken, ...brokenGuaranteesOf(rows, system.crashes)],
    unheard: system.ledger.unreceivedReadings,
  };
}

/** Waits for convergence. Returns its duration in ms, and the first disagreement after `CONVERGENCE_LIMIT` or "". */
async function waitForConvergence(system: TestSystem): Promise<{ duration: number; late: string }> {
  const since = performance.now();
  const measureElapsedTime = (): number => performance.now() - since;
  let late = "";
  await eventually(
    () => {
      const disagreement = system.findDisagreement();
      if (measureElapsedTime() > CONVERGENCE_LIMIT) late ||= disagreement;
      return !disagreement;
    },
    { within: CONVERGENCE_TIMEOUT, what: "convergence", every: 20 },
  ).catch(() => {
    throw new Error(`boards and server no longer converge: ${late}`);
  });
  return { duration: Math.round(measureElapsedTime()), late };
}

/** Stops the light changes, waits up to `FINAL_TIMEOUT` for missing readings and replies, and records the final convergence. */
async function finishRun(system: TestSystem): Promise<void> {
  const before = new Map(system.ledger.lastReadingAt);
  for (const station of system.stations) station.stopLightWalk();
  await eventually(
    () =>
      system.stations.every(({ id }) => system.ledger.lastReadingAt.get(id) !== before.get(id)) &&
      !system.ledger.countOutstanding(),
    { within: FINAL_TIMEOUT, what: "the last readings", every: 100 },
  ).catch(() => {
    // ignores the timeout, because the ledger counts readings that are still missing as lost
  });
  system.ledger.closePeriod("the end", (await waitForConvergence(system)).duration);
}

/** Sends report actions to the boards in turn until `stop`. Waits until the broker has acknowledged each action. */
function issueActions(system: TestSystem): { stop(): void; done: Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  async function issueUntilStopped(): Promise<void> {
    for (let n = 0; !signal.aborted; n++) {
      const { id } = system.stations[n % system.stations.length];
      await publishToBoard(system, id, "commands", { action: "report", seq: system.ledger.recordIssuedAction(id) });
      await sleep(ACTION_INTERVAL, undefined, { signal });
    }
  }
  // ignores the rejection when `stop` aborts a wait, or when the client closes during a publication
  return { stop: () => stopping.abort(), done: issueUntilStopped().catch(() => {}) };
}

function brokenGuaranteesOf(rows: readonly ResultRow[], crashes: readonly string[]): string[] {
  const totalOf = (key: Exclude<keyof ResultRow, "fault">): number => rows.reduce((total, row) => total + row[key], 0);
  const broken: string[] = [];
  const reportIfBroken = (count: number, what: string): void => void (count > 0 && broken.push(`${count} ${what}`));
  reportIfBroken(totalOf("lost"), "readings were lost");
  reportIfBroken(totalOf("duplicated"), "readings were stored twice");
  reportIfBroken(totalOf("outOfOrder"), "readings were out of order");
  reportIfBroken(totalOf("lostActions"), "actions were lost");
  reportIfBroken(totalOf("doubled"), "actions were done twice");
  for (const crash of crashes) broken.push(`a board crashed: ${crash}`);
  return broken;
}
