/**
 * Entry point of the history's worker thread, which owns the SQLite database: all blocking disk access happens here.
 */
import { parentPort, workerData } from "node:worker_threads";
import { textOf } from "../common/errors.js";
import { describeWriteFailure, isDamageError, isEmptyFile, moveDamagedFile, VersionError } from "./database.js";
import { readLatest } from "./latest.js";
import { lowerThreadPriority } from "./priority.js";
import { extendIds, type CallRequest, type WorkerCalls, type WorkerMessage, type WorkerSetup } from "./protocol.js";
import { answerQuery, readPage } from "./reader.js";
import { TIME_WITHOUT_OLD_DATA, RetentionClock } from "./retention-clock.js";
import { SqliteStore } from "./store.js";
import { sweepStore } from "./sweep.js";
import { copyDamagedWal } from "./wal.js";

/** Interval at which pending entries are compacted, in ms. */
const COMPACT_INTERVAL = 60_000;

/** Interval at which old data is deleted, in ms. Only whole hours are deleted, so a shorter interval is useless. */
const SWEEP_INTERVAL = 3_600_000;

/** Delay of the first sweep after the start, in ms. The sweep waits because a large server is busy during its start. */
const FIRST_SWEEP_DELAY = 5000;

lowerThreadPriority();

const workerSetup = workerData as WorkerSetup;
const serverPort = parentPort!;
let retention = workerSetup.retention;
const retentionClock = new RetentionClock();
let store: SqliteStore | undefined;
/** Device ids by device index. Each write request appends the ids of new devices. */
let ids = [...workerSetup.ids];
/** Number of the latest sweep (deletion of old data). A sweep stops when a newer one has incremented this number. */
let sweepNumber = 0;

const callHandlers: {
  [K in keyof WorkerCalls]: (argument: Parameters<WorkerCalls[K]>[0]) => ReturnType<WorkerCalls[K]>;
} = {
  open() {
    try {
      withStore(() => {});
      return "";
    } catch (error) {
      if (error instanceof VersionError) throw error;
      return textOf(error);
    }
  },
  write(request) {
    ids = extendIds(ids, request!);
    withStore((open) => open.write(request!, ids));
  },
  query: (query) =>
    withStore((open) => {
      const device = compactDevice(open, query!.device);
      return device === undefined
        ? { points: new Float64Array(), led_on: null, switches: [], step: 0 }
        : answerQuery(open, device, query!);
    }),
  readPage: (range) =>
    withStore((open) => {
      const device = compactDevice(open, range!.device);
      return device === undefined
        ? { times: new Float64Array(), lights: new Float32Array(), switches: [], next: range!.to }
        : readPage(open, device, range!);
    }),
  readLatest: (devices) => withStore((open) => readLatest(open, devices!)),
  forget(device) {
    withStore((open) => open.forget(device!));
    startSweep();
  },
  retain(changed) {
    retention = changed!;
    startSweep();
  },
  close() {
    sweepNumber++;
    clearInterval(compactTimer);
    clearInterval(sweepTimer);
    clearTimeout(firstSweepTimer);
    store?.close();
  },
};

const compactTimer = setInterval(
  () => runMaintenance("compacted", () => withStore((open) => open.compact())),
  COMPACT_INTERVAL,
);
const sweepTimer = setInterval(startSweep, SWEEP_INTERVAL);
const firstSweepTimer = setTimeout(startSweep, FIRST_SWEEP_DELAY);

serverPort.on("message", ({ id, call, argument }: CallRequest) => {
  try {
    sendMessage({ id, result: (callHandlers[call] as (argument: unknown) => unknown)(argument) });
  } catch (error) {
    sendMessage({ id, error: textOf(error) });
  }
});

function sendMessage(message: WorkerMessage): void {
  serverPort.postMessage(message);
}

/** Compacts the readings of a device before a query. Returns the device's number; undefined when it has no history. */
function compactDevice(open: SqliteStore, id: string): number | undefined {
  const device = open.deviceNumberOf(id);
  try {
    if (device !== undefined) open.compact(device);
  } catch (error) {
    // Ignore an error such as a full disk, because an answer without the readings of the last minute is better than no
    // answer.
    if (isDamageError(error)) throw error;
  }
  return device;
}

/**
 * Runs `work` with the store, and opens the store if necessary. If the file is damaged, the function replaces the file
 * and runs `work` again.
 */
function withStore<T>(work: (open: SqliteStore) => T): T {
  try {
    return work((store ??= openStore()));
  } catch (error) {
    if (error instanceof VersionError) throw error;
    if (!isDamageError(error)) throw new Error(describeWriteFailure(error, workerSetup.file), { cause: error });
    return work(replaceDamagedFile(textOf(error)));
  }
}

function openStore(): SqliteStore {
  const damage = copyDamagedWal(workerSetup.file);
  if (damage) sendMessage({ damage });
  if (isEmptyFile(workerSetup.file))
    sendMessage({
      damage: `The history ${workerSetup.file} was empty. The server created a new one; the old data is missing.`,
    });
  return new SqliteStore(workerSetup.file, workerSetup.runId);
}

/** Renames the damaged file and creates a new one with the data that is still in memory. */
function replaceDamagedFile(damage: string): SqliteStore {
  const old = store;
  store = undefined;
  old?.database.close();
  const name = moveDamagedFile(workerSetup.file);
  store = new SqliteStore(workerSetup.file, workerSetup.runId);
  old?.moveInto(store);
  sendMessage({
    damage: `The history ${workerSetup.file} is damaged (${damage}): the server moved it to ${name} and created a new one.`,
  });
  return store;
}

/** Starts to delete old data in steps, and stops an earlier run. The thread handles calls between two steps. */
function startSweep(): void {
  const number = ++sweepNumber;
  let steps: Generator<void> | undefined;
  const time = chooseSweepTime();
  const runNextStep = (): void => {
    if (number !== sweepNumber) return;
    runMaintenance("cleared of old data", () => {
      const done = withStore((open) => (steps ??= sweepStore(open, retention, time)).next().done);
      if (!done) setImmediate(runNextStep);
    });
  };
  setImmediate(runNextStep);
}

/**
 * Returns the time that the sweep compares data with. If the clock is wrong, reports this and returns a time at which
 * no data is too old.
 */
function chooseSweepTime(): number {
  const now = retentionClock.now();
  if (typeof now === "number") return now;
  sendMessage({
    problem: `The server deletes no old data from the history ${workerSetup.file} within the next hour. ${now.problem}`,
  });
  return TIME_WITHOUT_OLD_DATA;
}

/** Runs a step of periodic maintenance. If the step fails, reports this; the next interval tries again. */
function runMaintenance(what: string, step: () => void): void {
  try {
    step();
  } catch (error) {
    sendMessage({
      problem: `The history ${workerSetup.file} could not be ${what} (${textOf(error)}); the server tries again.`,
    });
  }
}
