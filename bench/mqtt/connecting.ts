/** Scenarios with failing connections. They run in parallel, because they mostly wait. */
import { setTimeout as sleep } from "node:timers/promises";
import { formatDuration, CRASH_RESULT, type ClientScenario, HANDLE_TIMEOUT } from "./scenario.js";
import { KEEP_ALIVE } from "./fixture.js";

/** Timeout for a client to connect, in ms. It exceeds the watchdog timeout of DeviceScript's own client, which is 50 s. */
const CONNECT_TIMEOUT = 70_000;
/** Length of a broker outage, in ms. */
const OUTAGE_DURATION = 2000;

export const CONNECT_SCENARIOS: ClientScenario[] = [
  createFirstConnectScenario("the first CONNECT is refused (CONNACK 5)", "refuse"),
  createFirstConnectScenario("the first CONNECT gets no CONNACK", "ignore"),
  {
    title: `the connection is half-open (keep-alive ${KEEP_ALIVE} s)`,
    async measure(fixture) {
      await fixture.waitUntilReady();
      fixture.board.network.cut({ how: "silent" });
      const took = await fixture.waitUntil(() => fixture.lines.includes("lost"), CONNECT_TIMEOUT);
      return took === undefined
        ? `**not noticed** within ${formatDuration(CONNECT_TIMEOUT)}`
        : `noticed after ${formatDuration(took)}`;
    },
  },
  createOutageScenario(`the broker ends the connection and is away for ${formatDuration(OUTAGE_DURATION)}`, "end"),
  createOutageScenario(`the connection is reset and the broker away for ${formatDuration(OUTAGE_DURATION)}`, "reset"),
  {
    title: `8 publications of QoS 1, 500 ms apart, the broker away for ${formatDuration(OUTAGE_DURATION)} of it`,
    options: { numbers: 8 },
    async measure(fixture) {
      const { broker } = fixture;
      const receivedNumbers = () => new Set(broker.published.map((packet) => packet.payload.toString()));
      if ((await fixture.waitUntil(() => receivedNumbers().size >= 2, 15_000)) === undefined)
        throw new Error("Nothing was published.");
      await broker.stop("end");
      await sleep(OUTAGE_DURATION);
      await broker.listen();
      // a crash ends the wait, because the program restarts and publishes the numbers from 1 again
      await fixture.waitUntil(() => receivedNumbers().size >= 8 || fixture.crash !== undefined, CONNECT_TIMEOUT);
      const { size } = receivedNumbers();
      return `${size < 8 ? `**${size} of 8**` : "8 of 8"} delivered${fixture.crash ? `, ${CRASH_RESULT}` : ""}`;
    },
  },
  {
    title: "a publication of QoS 1 gets no PUBACK, then the connection is cut",
    options: { numbers: 1, broker: (broker) => (broker.sendsPuback = false) },
    async measure(fixture) {
      const { broker } = fixture;
      if ((await fixture.waitUntil(() => broker.published.length > 0, 15_000)) === undefined)
        throw new Error("Nothing was published.");
      await broker.stop("end");
      const connects = broker.connectTimes.length;
      await broker.listen();
      await fixture.waitUntil(
        () => broker.connectTimes.length > connects || fixture.crash !== undefined,
        CONNECT_TIMEOUT,
      );
      if (fixture.crash) return `**lost**, ${CRASH_RESULT}`;
      await fixture.waitUntil(() => broker.published.length > 1, HANDLE_TIMEOUT);
      const again = broker.published[1];
      return again ? `resent, ${again.dup ? "with" : "without"} DUP` : "**lost**";
    },
  },
];

/** A scenario in which the broker accepts all CONNECTs except the first. */
function createFirstConnectScenario(title: string, answer: "refuse" | "ignore"): ClientScenario {
  return {
    title,
    options: { broker: (broker) => broker.connectResponses.push(answer) },
    async measure(fixture) {
      const took = await fixture.waitUntil(() => fixture.broker.subscribed > 0, CONNECT_TIMEOUT);
      const { connectTimes } = fixture.broker;
      return took === undefined
        ? `**not connected** within ${formatDuration(CONNECT_TIMEOUT)}`
        : `connected ${formatDuration(connectTimes[1] - connectTimes[0])} later`;
    },
  };
}

/** A scenario in which the broker stops and starts again. */
function createOutageScenario(title: string, how: "end" | "reset"): ClientScenario {
  return {
    title,
    async measure(fixture) {
      await fixture.waitUntilReady();
      await fixture.broker.stop(how);
      await sleep(OUTAGE_DURATION);
      const connects = fixture.broker.connectTimes.length;
      await fixture.broker.listen();
      const took = await fixture.waitUntil(() => fixture.broker.connectTimes.length > connects, CONNECT_TIMEOUT);
      const again =
        took === undefined
          ? `**not connected** within ${formatDuration(CONNECT_TIMEOUT)}`
          : `connected ${formatDuration(took)} after its return`;
      return fixture.crash ? `${CRASH_RESULT} and is started anew; ${again}` : again;
    },
  };
}
