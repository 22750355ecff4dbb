/** The thread that has the database: everything that waits for a disk happens here. */
import { parentPort, workerData } from "node:worker_threads";
import { textOf } from "../common/errors.js";
import { causeOf, isDamage, isEmpty, VersionError, setAside } from "./database.js";
import { giveWay } from "./priority.js";
import { keepDamagedWal } from "./wal.js";
import { withIds, type Calls, type Message, type Request, type Setup } from "./protocol.js";
import { latest } from "./latest.js";
import { answer, page } from "./reader.js";
import { NOTHING_TOO_OLD, RetentionClock } from "./retention-clock.js";
import { Store } from "./store.js";
import { sweep } from "./sweep.js";

/** How long readings and switches wait at most until they are put where they belong, in ms. */
const COMPACT = 60_000;

/** How often what is too old is deleted, in ms: by whole hours, so that more often would be in vain. */
const SWEEP = 3_600_000;

/** When that is done for the first time, in ms after the start, which has enough to do with 100,000 devices. */
const FIRST_SWEEP = 5000;

giveWay();

const setup = workerData as Setup;
const port = parentPort!;
let retention = setup.retention;
const retentionClock = new RetentionClock();
let store: Store | undefined;
/** Ids by the numbers of this run. */
let ids = [...setup.ids];
/** Tells an older sweep that there is a newer one. */
let sweeps = 0;

const calls: { [K in keyof Calls]: (argument: Parameters<Calls[K]>[0]) => ReturnType<Calls[K]> } = {
  open() {
    try {
      onStore(() => {});
      return "";
    } catch (error) {
      if (error instanceof VersionError) throw error;
      return textOf(error);
    }
  },
  write(parcel) {
    ids = withIds(ids, parcel!);
    onStore((open) => open.write(parcel!, ids));
  },
  query: (query) =>
    onStore((open) => {
      const device = compacted(open, query!.device);
      return device === undefined
        ? { points: new Float64Array(), led_on: null, switches: [], step: 0 }
        : answer(open, device, query!);
    }),
  page: (range) =>
    onStore((open) => {
      const device = compacted(open, range!.device);
      return device === undefined
        ? { times: new Float64Array(), lights: new Float32Array(), switches: [], next: range!.to }
        : page(open, device, range!);
    }),
  latest: (devices) => onStore((open) => latest(open, devices!)),
  forget(device) {
    onStore((open) => open.forget(device!));
    startSweep();
  },
  retain(changed) {
    retention = changed!;
    startSweep();
  },
  close() {
    sweeps++;
    clearInterval(compacting);
    clearInterval(sweeping);
    clearTimeout(firstSweep);
    store?.close();
  },
};

const compacting = setInterval(() => attempt("put in order", () => onStore((open) => open.compact())), COMPACT);
const sweeping = setInterval(startSweep, SWEEP);
const firstSweep = setTimeout(startSweep, FIRST_SWEEP);

port.on("message", ({ id, call, argument }: Request) => {
  try {
    tell({ id, answer: (calls[call] as (argument: unknown) => unknown)(argument) });
  } catch (error) {
    tell({ id, refused: textOf(error) });
  }
});

function tell(message: Message): void {
  port.postMessage(message);
}

/** The number of a device, whose readings are now in their chunks; undefined when there is nothing of it. */
function compacted(open: Store, id: string): number | undefined {
  const device = open.numberOf(id);
  try {
    if (device !== undefined) open.compact(device);
  } catch (error) {
    // on a disk that is full, say, an answer without the last minute is better than none
    if (isDamage(error)) throw error;
  }
  return device;
}

/**
 * Does something with the database, which is opened when it is not. When its file turns out to be damaged, it is moved
 * aside, and all is done with a new one.
 */
function onStore<T>(work: (open: Store) => T): T {
  try {
    return work((store ??= open()));
  } catch (error) {
    if (error instanceof VersionError) throw error;
    if (!isDamage(error)) throw new Error(causeOf(error, setup.file), { cause: error });
    return work(beginAnew(textOf(error)));
  }
}

function open(): Store {
  const damage = keepDamagedWal(setup.file);
  if (damage) tell({ damage });
  if (isEmpty(setup.file))
    tell({ damage: `The history ${setup.file} was empty, so that a new one was begun: what was in it is missing.` });
  return new Store(setup.file, setup.writer);
}

function beginAnew(damage: string): Store {
  const old = store;
  store = undefined;
  old?.database.close();
  const name = setAside(setup.file);
  store = new Store(setup.file, setup.writer);
  old?.moveInto(store);
  tell({ damage: `The history ${setup.file} is damaged (${damage}): it was moved to ${name}, and a new one begun.` });
  return store;
}

/** Deletes what is too old, in small steps between which the thread does what it is asked. */
function startSweep(): void {
  const current = ++sweeps;
  let steps: Generator<void> | undefined;
  const time = sweepTime();
  const next = (): void => {
    if (current !== sweeps) return;
    attempt("cleared of what is too old", () => {
      const done = onStore((open) => (steps ??= sweep(open, retention, time)).next().done);
      if (!done) setImmediate(next);
    });
  };
  setImmediate(next);
}

/** By which time things are too old; a clock that cannot be trusted makes nothing too old, and is told of. */
function sweepTime(): number {
  const now = retentionClock.now();
  if (typeof now === "number") return now;
  tell({
    problem: `Nothing is deleted from the history ${setup.file} for its age within the next hour. ${now.problem}`,
  });
  return NOTHING_TOO_OLD;
}

/** Does what is not urgent: when it fails it is tried again at the next time. */
function attempt(what: string, step: () => void): void {
  try {
    step();
  } catch (error) {
    tell({ problem: `The history ${setup.file} could not be ${what} (${textOf(error)}); it is tried again.` });
  }
}
