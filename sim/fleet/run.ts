/** Runs a load test from the first connection to the summary. */
import { FirmwareBoards } from "./boards.js";
import { Fleet } from "./fleet.js";
import { Meter, quantilesOf, type Summary, type WatchedProcess } from "./meter.js";
import type { Options } from "./options.js";
import { startTemporaryServer } from "./temporary-server.js";
import { startFixedRateSchedule, startPolicySchedule, type Schedule } from "./schedule.js";
import { readProcessName } from "./processes.js";
import { parseBrokerUrl } from "./transport.js";
import { formatCount, formatProgress } from "./format.js";

const SECOND_MS = 1000;

/** The results of a completed run, and the processes that were measured. */
export interface RunOutcome {
  readonly summary: Summary;
  readonly watched: readonly WatchedProcess[];
}

/**
 * Runs a load test with the given options.
 * @param interrupted resolves when the user ends the run early
 * @param printLine prints a progress line
 * @returns undefined when the run ends before all devices are connected
 * @throws Error when the run cannot start, or when the temporary server ends unexpectedly
 */
export async function runFleet(
  options: Options,
  interrupted: Promise<void>,
  printLine: (line: string) => void,
): Promise<RunOutcome | undefined> {
  const ownServer = options.broker ? undefined : await startTemporaryServer(options.config);
  const url = options.brokerUrl ?? ownServer!.url;
  const broker = options.broker ?? parseBrokerUrl(url);
  const stopped = new Promise<string | undefined>((resolve) => {
    void interrupted.then(() => resolve(undefined));
    if (ownServer) ownServer.onexit = (how) => resolve(`The server ended unexpectedly: ${how}.`);
  });
  const fleet = new Fleet({ ...options, broker, day: options.day * SECOND_MS });
  const boards = options.vms === 0 ? undefined : new FirmwareBoards(url, options.prefix);
  const watched: WatchedProcess[] = [
    ...(ownServer ? [{ name: "server", pid: ownServer.pid }] : []),
    ...options.watch.map((pid) => ({ name: readProcessName(pid), pid })),
    { name: boards ? "fleet and boards" : "fleet", pid: undefined },
  ];
  const meter = new Meter(fleet, watched);
  let progress: NodeJS.Timeout | undefined;
  let schedule: Schedule = { dropped: 0, stop: () => {} };
  try {
    const { devices, connections, rate } = options;
    printLine(`${formatCount(devices)} devices on ${formatCount(connections)} connections to ${ownServer ? "a temporary server at " : ""}${broker.title}; press Ctrl+C to end.`); // prettier-ignore
    progress = setInterval(() => {
      printLine(`Connecting: ${formatCount(fleet.connections.devicesReady)} of ${formatCount(devices)} devices, ${formatCount(fleet.connections.connected)} of ${formatCount(connections)} connections`); // prettier-ignore
    }, SECOND_MS);
    // start the schedule before connecting, because each device sends its first reading as soon as it is connected
    if (rate === undefined) schedule = startPolicySchedule(fleet);
    const startOutcome = await Promise.race([
      fleet.start(options.ramp * SECOND_MS).then(() => "ready" as const),
      stopped,
    ]);
    clearInterval(progress);
    if (startOutcome !== "ready") return endEarly(startOutcome);
    printLine(`${formatCount(devices)} devices are connected.`);
    if (boards) {
      const starting = boards.start(options.vms, (running) =>
        printLine(`${formatCount(running)} real boards are running.`),
      );
      const ended = await Promise.race([starting.then((why) => ({ why })), stopped]);
      if (typeof ended !== "object") return endEarly(ended);
      if (ended.why) printLine(`Stopped at ${formatCount(boards.count)} real boards: ${ended.why}.`);
      boards.startMeasuring();
    }
    if (rate !== undefined) schedule = startFixedRateSchedule(fleet, rate);
    meter.begin();
    const begin = performance.now();
    progress = setInterval(() => {
      printLine(formatProgress((performance.now() - begin) / SECOND_MS, meter.measureSecond(), watched));
    }, SECOND_MS);
    let timer: NodeJS.Timeout | undefined;
    const timeUp = new Promise<undefined>((resolve) => {
      if (options.seconds > 0) timer = setTimeout(resolve, options.seconds * SECOND_MS, undefined);
    });
    const problem = await Promise.race([timeUp, stopped]);
    clearTimeout(timer);
    clearInterval(progress);
    if (problem) return endEarly(problem);
    schedule.stop();
    const summary = meter.end(schedule);
    const real = boards && { boards: boards.count, boards_reaction: quantilesOf(boards.reactions), boards_missed: boards.missed }; // prettier-ignore
    await boards?.close();
    await fleet.drain();
    const outcome = { summary: { ...summary(), ...real }, watched };
    if (ownServer) return outcome;
    // only a lasting broker needs this cleanup: the data of a temporary server is deleted
    printLine(
      options.keep
        ? "Setting the devices offline …"
        : "Setting the devices offline and deleting their retained messages …",
    );
    await fleet.end(options.keep);
    return outcome;
  } finally {
    clearInterval(progress);
    schedule.stop();
    fleet.abort();
    await boards?.close();
    await ownServer?.close();
  }

  function endEarly(problem: string | undefined): undefined {
    if (problem) throw new Error(problem);
    return undefined;
  }
}
