/** Scenarios with failing connections. They run in parallel, because they mostly wait. */
import { setTimeout as sleep } from "node:timers/promises";
import { formatDuration, CRASH, type ClientScenario, HANDLE_TIMEOUT } from "./scenario.js";
import { KEEP_ALIVE } from "./fixture.js";

/** Timeout for a client to connect, in ms. It exceeds the stock client's watchdog of 50 s. */
const CONNECT_TIMEOUT = 70_000;
/** Length of a broker outage, in ms. */
const OUTAGE = 2000;

export const CONNECT_SCENARIOS: ClientScenario[] = [
  firstConnectScenario("the first CONNECT is refused (CONNACK 5)", "refuse"),
  firstConnectScenario("the first CONNECT gets no CONNACK", "ignore"),
  {
    title: `the connection is half-open (keep-alive ${KEEP_ALIVE} s)`,
    async measure(fixture) {
      await fixture.ready();
      fixture.board.network.cut({ how: "silent" });
      const took = await fixture.until(() => fixture.lines.includes("lost"), CONNECT_TIMEOUT);
      return took === undefined
        ? `**not noticed** within ${formatDuration(CONNECT_TIMEOUT)}`
        : `noticed after ${formatDuration(took)}`;
    },
  },
  outageScenario(`the broker ends the connection and is away for ${formatDuration(OUTAGE)}`, "end"),
  outageScenario(`the connection is reset and the broker away for ${formatDuration(OUTAGE)}`, "reset"),
  {
    title: `8 publications of QoS 1, 500 ms apart, the broker away for ${formatDuration(OUTAGE)} of it`,
    options: { numbers: 8 },
    async measure(fixture) {
      const { broker } = fixture;
      const have = () => new Set(broker.published.map((packet) => packet.payload.toString()));
      if ((await fixture.until(() => have().size >= 2, 15_000)) === undefined)
        throw new Error("Nothing was published.");
      await broker.stop("end");
      await sleep(OUTAGE);
      await broker.listen();
      // a crash ends the wait, because the program restarts and publishes the numbers from 1 again
      await fixture.until(() => have().size >= 8 || fixture.crash !== undefined, CONNECT_TIMEOUT);
      const { size } = have();
      return `${size < 8 ? `**${size} of 8**` : "8 of 8"} delivered${fixture.crash ? `, ${CRASH}` : ""}`;
    },
  },
  {
    title: "a publication of QoS 1 gets no PUBACK, then the connection is cut",
    options: { numbers: 1, broker: (broker) => (broker.sendsPuback = false) },
    async measure(fixture) {
      const { broker } = fixture;
      if ((await fixture.until(() => broker.published.length > 0, 15_000)) === undefined)
        throw new Error("Nothing was published.");
      await broker.stop("end");
      const connects = broker.connectTimes.length;
      await broker.listen();
      await fixture.until(() => broker.connectTimes.length > connects || fixture.crash !== undefined, CONNECT_TIMEOUT);
      if (fixture.crash) return `**lost**, ${CRASH}`;
      await fixture.until(() => broker.published.length > 1, HANDLE_TIMEOUT);
      const again = broker.published[1];
      return again ? `resent, ${again.dup ? "with" : "without"} DUP` : "**lost**";
    },
  },
];

/** A scenario in which the broker accepts all CONNECTs except the first. */
function firstConnectScenario(title: string, answer: "refuse" | "ignore"): ClientScenario {
  return {
    title,
    options: { broker: (broker) => broker.connectResponses.push(answer) },
    async measure(fixture) {
      const took = await fixture.until(() => fixture.broker.subscribed > 0, CONNECT_TIMEOUT);
      const { connectTimes } = fixture.broker;
      return took === undefined
        ? `**not connected** within ${formatDuration(CONNECT_TIMEOUT)}`
        : `connected ${formatDuration(connectTimes[1] - connectTimes[0])} later`;
    },
  };
}

/** A scenario in which the broker goes away and comes back. */
function outageScenario(title: string, how: "end" | "reset"): ClientScenario {
  return {
    title,
    async measure(fixture) {
      await fixture.ready();
      await fixture.broker.stop(how);
      await sleep(OUTAGE);
      const connects = fixture.broker.connectTimes.length;
      await fixture.broker.listen();
      const took = await fixture.until(() => fixture.broker.connectTimes.length > connects, CONNECT_TIMEOUT);
      const again =
        took === undefined
          ? `**not connected** within ${formatDuration(CONNECT_TIMEOUT)}`
          : `connected ${formatDuration(took)} after its return`;
      return fixture.crash ? `${CRASH} and is started anew; ${again}` : again;
    },
  };
}
