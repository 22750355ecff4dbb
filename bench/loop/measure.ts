/** Starts a broker, a server and a load generator, takes one measurement, and stops all three. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Child, readCpuTime, readPeakMemory } from "./child.js";
import { runGenerator } from "./generator.js";
import type { LoadResult, LoadTask } from "./load/task.js";
import { configureMosquitto } from "./mosquitto.js";
import type { Peer, BrokerKind } from "./peers/peer.js";
import { findFreePort, waitForPort } from "./ports.js";

/** The workload of a scenario, which is the same for every server. */
export interface Workload extends Omit<LoadTask, "port" | "payloadFormat"> {
  readonly brokerKind: BrokerKind;
}

export interface Measurement {
  /** Why the measurement is invalid: wrong answers, lost readings, or a server that did not run. */
  readonly problem?: string;
  /** Number of correct commands per second. */
  readonly rate: number;
  /** Median latency, in ms. */
  readonly p50: number;
  readonly p99: number;
  /** CPU seconds of the server per 100,000 cycles; undefined where the operating system does not report CPU time. */
  readonly serverCpu?: number;
  /** CPU seconds of Mosquitto per 100,000 cycles; undefined with an embedded broker. */
  readonly brokerCpu?: number;
  /** CPU seconds of the load generator per 100,000 cycles. */
  readonly loadCpu: number;
  /** 99th percentile of the delay of scheduled readings in the open loop, in ms. The latencies include this delay. */
  readonly loadLag: number;
  /** Peak memory of the server, in MB; undefined where the operating system does not report memory. */
  readonly serverMemory?: number;
  /** Peak memory of Mosquitto, in MB; undefined with an embedded broker. */
  readonly brokerMemory?: number;
}

/** One value for each process: CPU time so far in s, or peak memory in MB. */
type UsageByProcess = (number | undefined)[];

/** Measures one server under one load. A failure becomes the `problem` of the result. */
export async function measurePeer(peer: Peer, workload: Workload): Promise<Measurement> {
  const folder = await mkdtemp(path.join(tmpdir(), "nightlight-bench-"));
  const started: Child[] = [];
  try {
    const port = await findFreePort();
    const { brokerKind, qos } = workload;
    if (brokerKind === "mosquitto") await start(await configureMosquitto(port, folder), "Mosquitto", port);
    await start(
      await peer.createStartCommand({ port, brokerKind, qos, folder }),
      peer.title,
      brokerKind === "embedded" ? port : undefined,
    );

    const [server, broker] = started.toReversed();
    const cpuTimes: UsageByProcess[] = [];
    let memory: UsageByProcess = [];
    const recordUsage = async (): Promise<void> => {
      cpuTimes.push(await Promise.all(started.map(({ pid }) => readCpuTime(pid!))));
      memory = await Promise.all([server, broker].map((child) => child && readPeakMemory(child.pid!)));
    };
    const result = await runGenerator({ ...workload, port, payloadFormat: peer.payloadFormat }, recordUsage);
    const ended = started.map((child) => child.exitReason).find((why) => why !== undefined);
    const cpuPer100kOf = (child: Child | undefined): number | undefined => {
      if (!child) return undefined;
      const at = started.indexOf(child);
      const [begin, end] = [cpuTimes[0][at], cpuTimes[1][at]];
      return begin === undefined || end === undefined ? undefined : ((end - begin) / result.cycles) * 100_000;
    };
    return {
      problem: ended ?? problemOf(result),
      rate: result.cycles / result.seconds,
      p50: result.latency.p50,
      p99: result.latency.p99,
      serverCpu: cpuPer100kOf(server),
      brokerCpu: cpuPer100kOf(broker),
      loadCpu: (result.cpu / result.cycles) * 100_000,
      loadLag: result.lag,
      serverMemory: memory[0],
      brokerMemory: memory[1],
    };
  } catch (error) {
    // waits for the exit reason, because a crashed program closes its connections before Node reports its exit
    const deadline = performance.now() + 1000;
    let ended: string | undefined;
    while (ended === undefined && performance.now() < deadline) {
      await sleep(20);
      ended = started.map((child) => child.exitReason).find((why) => why !== undefined);
    }
    return { problem: ended ?? (error as Error).message, rate: 0, p50: 0, p99: 0, loadCpu: 0, loadLag: 0 };
  } finally {
    for (const child of started.toReversed()) await child.stop();
    await rm(folder, { recursive: true, force: true });
  }

  async function start(program: ConstructorParameters<typeof Child>[0], what: string, port?: number): Promise<void> {
    const child = new Child(program);
    started.push(child);
    if (port !== undefined) await waitForPort(port, what, () => child.exitReason);
  }
}

/** Returns why a result is invalid; undefined when every reading got exactly one correct answer. */
export function problemOf(result: LoadResult): string | undefined {
  const { wrong, lost, unexpected, unacknowledged, cycles } = result;
  const problems = [
    wrong > 0 && `${wrong} wrong answers`,
    lost > 0 && `${lost} readings without an answer`,
    unexpected > 0 && `${unexpected} answers to nothing`,
    unacknowledged > 0 && `${unacknowledged} readings not acknowledged`,
    cycles === 0 && "nothing was answered",
  ].filter((fault) => fault !== false);
  return problems.length > 0 ? problems.join(", ") : undefined;
}
