/** Runs a load task: connects, waits for the server, warms up, measures, and waits for outstanding answers. */
import { setTimeout as sleep } from "node:timers/promises";
import { LoadConnection } from "./connection.js";
import { AnswerChecker } from "./answer-checker.js";
import { type DecodedCommand, ReadingWriter } from "./packets.js";
import type { LoadResult, LoadTask } from "./task.js";
import { LatencyRecorder } from "./latency-recorder.js";

/** Time after which an unanswered reading counts as lost, in ms. */
const ANSWER_TIMEOUT = 5000;
/** Timeout for the server's first answer, in ms. */
const START_TIMEOUT = 30_000;
/** Timeout for the first answer to every device, in ms. */
const FIRST_ANSWERS_TIMEOUT = 300_000;
/**
 * Longest extension of the warm-up to complete `warmUpCycles`, in ms. After this time, the measurement starts even if
 * some of these cycles are missing.
 */
const MAX_WARM_UP_EXTENSION = 8000;
/** Delay before the first reading of a cold run, in ms, so that the parent can read the servers' CPU time first. */
const COLD_START_DELAY = 100;
/** Interval between batches of readings in the open loop, in ms. */
const SEND_INTERVAL = 2;

export interface LoadTaskHandlers {
  onReady(): void;
  /** Called at the start of the measurement window. */
  onWindowBegin(): void;
  /** Called at the end of the measurement window. */
  onWindowEnd(): void;
}

type Phase = "run" | "drain";

/** Runs a load task and returns its result. @throws Error when a connection fails or no server answers */
export async function runLoadTask(task: LoadTask, handlers: LoadTaskHandlers): Promise<LoadResult> {
  const { devices, qos, payloadFormat, rate } = task;
  const boot = 1 + Math.floor(Math.random() * 0x7ffffffe);
  const writer = new ReadingWriter(qos, payloadFormat, boot);
  const depth =
    rate === undefined ? 1 : Math.min(4096, Math.max(4, Math.ceil((rate * ANSWER_TIMEOUT) / 1000 / devices)));
  const checker = new AnswerChecker(devices, depth, payloadFormat === "full");
  const sent = new Uint32Array(devices);
  /** Whether every device may have an unanswered reading at the same time. */
  const allInFlight = task.outstanding >= devices;
  let phase: Phase = "run";
  let probed = 0;
  let lastAnswerAt = 0;
  let answers = 0;
  let unanswered = devices;
  const answeredOnce = new Uint8Array(devices);
  let times: LatencyRecorder | undefined;
  let fail!: (error: Error) => void;
  const failure = new Promise<never>((_, reject) => (fail = reject));
  failure.catch(() => {});

  function send(connection: LoadConnection, device: number, at: number): void {
    const seq = ++sent[device];
    const isDark = ((Math.floor(seq / task.switchEvery) + device) & 1) === 0;
    const light = (isDark ? 100 : 500) + (seq % 100);
    checker.addReading(device, at, seq, isDark);
    appendReading(connection, device, light, seq);
  }

  function appendReading(connection: LoadConnection, device: number, light: number, seq: number): void {
    const id = qos ? connection.nextPacketId() : 0;
    connection.appendPacket((to, from) => writer.write(to, from, device, light, id, seq));
  }

  /** Sends a reading of the connection's next device that has no unanswered reading. */
  function sendNext(connection: LoadConnection, at: number): void {
    const { from, to } = connection;
    let device = connection.next;
    for (let checked = from; checked < to && checker.hasUnanswered(device); checked++)
      device = device + 1 < to ? device + 1 : from;
    if (checker.hasUnanswered(device)) return;
    connection.next = device + 1 < to ? device + 1 : from;
    send(connection, device, at);
  }

  let now = 0;
  function recordAnswer({ device, ledOn, seq }: DecodedCommand, connection: LoadConnection): void {
    now = performance.now();
    if (device === probeDeviceOf(task)) {
      probed++;
      lastAnswerAt = now;
      return;
    }
    if (device < connection.from || device >= connection.to) {
      checker.unexpected++;
      return;
    }
    const verdict = checker.checkAnswer(device, ledOn, seq, now);
    if (verdict === "unexpected") return;
    if (!answeredOnce[device]) {
      answeredOnce[device] = 1;
      unanswered--;
    }
    answers++;
    if (verdict === "right") times?.addLatency(checker.latency);
    if (rate !== undefined || phase !== "run") return;
    if (allInFlight) send(connection, device, now);
    else sendNext(connection, now);
  }

  const connections = createConnections(task, {
    onCommand: recordAnswer,
    onFailure: (problem) => fail(new Error(problem)),
  });
  const connectionOf = (device: number): LoadConnection => connections[device % connections.length];

  /** Open loop: sends readings on schedule. Latency counts from the scheduled time, even when sending is late. */
  async function sendOnSchedule(lags: LatencyRecorder): Promise<void> {
    const startedAt = performance.now();
    let due = 0;
    let step = 0;
    while (phase === "run") {
      const time = performance.now();
      const steps = Math.floor((time - startedAt) / SEND_INTERVAL);
      lags.addLatency(time - startedAt - step * SEND_INTERVAL);
      step = steps + 1;
      for (; due < (steps * SEND_INTERVAL * rate!) / 1000; due++) {
        const at = startedAt + Math.ceil((due * 1000) / rate! / SEND_INTERVAL) * SEND_INTERVAL;
        const connection = connectionOf(due);
        const { from, to } = connection;
        const device = connection.next;
        connection.next = device + 1 < to ? device + 1 : from;
        send(connection, device, at);
      }
      for (const connection of connections) connection.flush();
      await sleep(Math.max(0, startedAt + step * SEND_INTERVAL - performance.now()));
    }
  }

  /** Waits for the warm-up time and cycles, and until every device has received an answer. */
  async function warmUp(): Promise<void> {
    await sleep(task.warmUp * 1000);
    for (const deadline = performance.now() + MAX_WARM_UP_EXTENSION; answers < task.warmUpCycles; await sleep(20))
      if (performance.now() > deadline) break;
    for (const deadline = performance.now() + FIRST_ANSWERS_TIMEOUT; unanswered > 0; await sleep(20))
      if (performance.now() > deadline) throw new Error(`${unanswered} of ${devices} devices received no answer.`);
  }

  async function executeTask(): Promise<LoadResult> {
    for (let at = 0; at < connections.length; at += 50)
      await Promise.all(connections.slice(at, at + 50).map((connection) => connection.open()));
    let probes = 0;
    const sendProbe = (): void => appendReading(connections[0], probeDeviceOf(task), 100, ++probes);
    await waitForServer(
      sendProbe,
      connections[0],
      () => probed,
      () => lastAnswerAt,
    );
    handlers.onReady();
    if (task.cold) {
      handlers.onWindowBegin();
      await sleep(COLD_START_DELAY);
      times = new LatencyRecorder();
    }
    let cpu = process.cpuUsage();
    let startedAt = performance.now();
    const lags = new LatencyRecorder();
    const schedule = rate === undefined ? undefined : sendOnSchedule(lags);
    if (rate === undefined) {
      const share = Math.ceil(Math.min(task.outstanding, devices) / connections.length);
      for (const connection of connections) {
        for (let n = 0; n < share; n++) sendNext(connection, performance.now());
        connection.flush();
      }
    }
    const expiryTimer = setInterval(() => {
      const idleDevices = checker.expireBefore(performance.now() - ANSWER_TIMEOUT);
      if (rate !== undefined || phase !== "run") return;
      for (const device of idleDevices) {
        const connection = connections.find(({ from, to }) => device >= from && device < to)!;
        sendNext(connection, performance.now());
        connection.flush();
      }
    }, 500);
    if (!task.cold) {
      await warmUp();
      handlers.onWindowBegin();
      times = new LatencyRecorder();
      cpu = process.cpuUsage();
      startedAt = performance.now();
    }
    await sleep(task.seconds * 1000);
    const seconds = (performance.now() - startedAt) / 1000;
    const used = process.cpuUsage(cpu);
    const measuredTimes = times!;
    times = undefined;
    handlers.onWindowEnd();

    phase = "drain";
    await schedule;
    const countUnacknowledged = (): number =>
      connections.reduce((sum, { unacknowledgedCount }) => sum + unacknowledgedCount, 0);
    for (
      const deadline = performance.now() + ANSWER_TIMEOUT;
      checker.unansweredCount + countUnacknowledged() > 0;
      await sleep(10)
    )
      if (performance.now() > deadline) break;
    clearInterval(expiryTimer);
    checker.expireBefore(Infinity);
    return {
      cycles: measuredTimes.count,
      seconds,
      latency: measuredTimes.summarize(),
      wrong: checker.wrong,
      lost: checker.lost,
      unexpected: checker.unexpected,
      unacknowledged: countUnacknowledged(),
      cpu: (used.user + used.system) / 1e6,
      lag: lags.summarize().p99,
    };
  }

  try {
    return await Promise.race([executeTask(), failure]);
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** Returns the device that tests whether the server answers. It is not measured, so that its late answers do not matter. */
const probeDeviceOf = ({ devices }: LoadTask): number => devices;

function createConnections(
  task: LoadTask,
  handlers: ConstructorParameters<typeof LoadConnection>[1],
): LoadConnection[] {
  const { port, devices, qos } = task;
  const count = Math.min(task.connections, devices);
  const run = process.pid;
  return Array.from({ length: count }, (_, n) => {
    const from = Math.floor((n * devices) / count);
    const to = Math.floor(((n + 1) * devices) / count);
    const chunk = count > 200 ? 8192 : 65_536;
    return new LoadConnection(
      {
        ...{ port, name: `load-${run}-${n}`, from, to, isOnly: count === 1, qos, readBufferSize: chunk },
        extraDevices: n === 0 ? [probeDeviceOf(task)] : [],
      },
      handlers,
    );
  });
}

/** Waits for the server: sends a reading every 100 ms until one is answered, then waits until no answer arrives for 200 ms. */
async function waitForServer(
  send: () => void,
  connection: LoadConnection,
  answers: () => number,
  last: () => number,
): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT;
  while (answers() === 0) {
    if (performance.now() > deadline) throw new Error(`No server answered within ${START_TIMEOUT / 1000} s.`);
    send();
    connection.flush();
    await sleep(100);
  }
  while (performance.now() - last() < 200) await sleep(20);
}
