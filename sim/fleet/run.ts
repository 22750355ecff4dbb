/** Runs a load test from the first connection to the summary. */
import { RealBoards } from "./boards.js";
import { Fleet } from "./fleet.js";
import { Meter, timesOf, type Summary, type Watched } from "./meter.js";
import type { Options } from "./options.js";
import { startOwnServer } from "./own-server.js";
import { atRate, byPolicy } from "./pace.js";
import { nameOf } from "./processes.js";
import { brokerAt } from "./transport.js";
import { count, secondLine } from "./words.js";

const SECOND = 1000;

/** The results of a completed run, and the processes that were measured. */
export interface Outcome {
  readonly summary: Summary;
  readonly watched: readonly Watched[];
}

/**
 * Runs a load test with the given options.
 * @param interrupted resolves when the user ends the run early
 * @param say prints a progress line
 * @returns undefined when the run ends before all devices are connected
 * @throws Error when the run cannot start, or when the temporary server ends unexpectedly
 */
export async function runFleet(
  options: Options,
  interrupted: Promise<void>,
  say: (line: string) => void,
): Promise<Outcome | undefined> {
  const own = options.broker ? undefined : await startOwnServer(options.config);
  const url = options.brokerUrl ?? own!.url;
  const broker = options.broker ?? brokerAt(url);
  const stop = new Promise<string | undefined>((resolve) => {
    void interrupted.then(() => resolve(undefined));
    if (own) own.onexit = (how) => resolve(`The server ended unexpectedly: ${how}.`);
  });
  const fleet = new Fleet({ ...options, broker, day: options.day * SECOND });
  const boards = options.vms === 0 ? undefined : new RealBoards(url, options.prefix);
  const watched: Watched[] = [
    ...(own ? [{ name: "server", pid: own.pid }] : []),
    ...options.watch.map((pid) => ({ name: nameOf(pid), pid })),
    { name: boards ? "fleet and boards" : "fleet", pid: undefined },
  ];
  const meter = new Meter(fleet, watched);
  let progress: NodeJS.Timeout | undefined;
  let pace = { behind: 0, stop: () => {} };
  try {
    const { devices, connections, rate } = options;
    say(`${count(devices)} devices on ${count(connections)} connections to ${own ? "a temporary server at " : ""}${broker.title}; press Ctrl+C to end.`); // prettier-ignore
    progress = setInterval(() => {
      say(`Connecting: ${count(fleet.links.ready)} of ${count(devices)} devices, ${count(fleet.links.connected)} of ${count(connections)} connections`); // prettier-ignore
    }, SECOND);
    // boards send their first reading as soon as they are connected
    if (rate === undefined) pace = byPolicy(fleet);
    const early = await Promise.race([fleet.start(options.ramp * SECOND).then(() => "ready" as const), stop]);
    clearInterval(progress);
    if (early !== "ready") return quit(early);
    say(`${count(devices)} devices are connected.`);
    if (boards) {
      const starting = boards.start(options.vms, (running) => say(`${count(running)} real boards are running.`));
      const ended = await Promise.race([starting.then((why) => ({ why })), stop]);
      if (typeof ended !== "object") return quit(ended);
      if (ended.why) say(`Stopped at ${count(boards.count)} real boards: ${ended.why}.`);
      boards.begin();
    }
    if (rate !== undefined) pace = atRate(fleet, rate);
    meter.begin();
    const begin = performance.now();
    progress = setInterval(() => {
      say(secondLine((performance.now() - begin) / SECOND, meter.second(), watched));
    }, SECOND);
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<undefined>((resolve) => {
      if (options.seconds > 0) timer = setTimeout(resolve, options.seconds * SECOND, undefined);
    });
    const broken = await Promise.race([over, stop]);
    clearTimeout(timer);
    clearInterval(progress);
    if (broken) return quit(broken);
    pace.stop();
    const summary = meter.end(pace);
    const real = boards && { boards: boards.count, boards_reaction: timesOf(boards.reactions), boards_missed: boards.missed }; // prettier-ignore
    await boards?.close();
    await fleet.settle();
    const outcome = { summary: { ...summary(), ...real }, watched };
    if (own) return outcome;
    // the data of a temporary server is deleted anyway
    say(
      options.keep
        ? "Setting the devices offline …"
        : "Setting the devices offline and deleting their retained messages …",
    );
    await fleet.end(options.keep);
    return outcome;
  } finally {
    clearInterval(progress);
    pace.stop();
    fleet.abort();
    await boards?.close();
    await own?.close();
  }

  function quit(problem: string | undefined): undefined {
    if (problem) throw new Error(problem);
    return undefined;
  }
}
