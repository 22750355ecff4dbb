/** Scenarios with failing connections. They run in parallel, because they mostly wait. */
import { setTimeout as sleep } from "node:timers/promises";
import { after, CRASH, type Scenario, SOON } from "./scenario.js";
import { KEEP_ALIVE } from "./stand.js";

/** Timeout for a client to connect, in ms. It exceeds the stock client's watchdog of 50 s. */
const PATIENCE = 70_000;
/** Length of a broker outage, in ms. */
const OUTAGE = 2000;

export const CONNECTING: Scenario[] = [
  firstConnect("the first CONNECT is refused (CONNACK 5)", "refuse"),
  firstConnect("the first CONNECT gets no CONNACK", "ignore"),
  {
    what: `the connection is half-open (keep-alive ${KEEP_ALIVE} s)`,
    async measure(stand) {
      await stand.ready();
      stand.board.network.cut({ how: "silent" });
      const took = await stand.until(() => stand.lines.includes("lost"), PATIENCE);
      return took === undefined ? `**not noticed** within ${after(PATIENCE)}` : `noticed after ${after(took)}`;
    },
  },
  outage(`the broker ends the connection and is away for ${after(OUTAGE)}`, "end"),
  outage(`the connection is reset and the broker away for ${after(OUTAGE)}`, "reset"),
  {
    what: `8 publications of QoS 1, 500 ms apart, the broker away for ${after(OUTAGE)} of it`,
    options: { numbers: 8 },
    async measure(stand) {
      const { broker } = stand;
      const have = () => new Set(broker.published.map((packet) => packet.payload.toString()));
      if ((await stand.until(() => have().size >= 2, 15_000)) === undefined) throw new Error("Nothing was published.");
      await broker.leave("end");
      await sleep(OUTAGE);
      await broker.listen();
      // a crashed program restarts and counts from 1 again
      await stand.until(() => have().size >= 8 || stand.crash !== undefined, PATIENCE);
      const { size } = have();
      return `${size < 8 ? `**${size} of 8**` : "8 of 8"} delivered${stand.crash ? `, ${CRASH}` : ""}`;
    },
  },
  {
    what: "a publication of QoS 1 gets no PUBACK, then the connection is cut",
    options: { numbers: 1, broker: (broker) => (broker.acknowledges = false) },
    async measure(stand) {
      const { broker } = stand;
      if ((await stand.until(() => broker.published.length > 0, 15_000)) === undefined)
        throw new Error("Nothing was published.");
      await broker.leave("end");
      const connects = broker.connects.length;
      await broker.listen();
      await stand.until(() => broker.connects.length > connects || stand.crash !== undefined, PATIENCE);
      if (stand.crash) return `**lost**, ${CRASH}`;
      await stand.until(() => broker.published.length > 1, SOON);
      const again = broker.published[1];
      return again ? `resent, ${again.dup ? "with" : "without"} DUP` : "**lost**";
    },
  },
];

/** A scenario in which the broker accepts all CONNECTs except the first. */
function firstConnect(what: string, answer: "refuse" | "ignore"): Scenario {
  return {
    what,
    options: { broker: (broker) => broker.answers.push(answer) },
    async measure(stand) {
      const took = await stand.until(() => stand.broker.subscribed > 0, PATIENCE);
      const { connects } = stand.broker;
      return took === undefined
        ? `**not connected** within ${after(PATIENCE)}`
        : `connected ${after(connects[1] - connects[0])} later`;
    },
  };
}

/** A scenario in which the broker goes away and comes back. */
function outage(what: string, how: "end" | "reset"): Scenario {
  return {
    what,
    async measure(stand) {
      await stand.ready();
      await stand.broker.leave(how);
      await sleep(OUTAGE);
      const connects = stand.broker.connects.length;
      await stand.broker.listen();
      const took = await stand.until(() => stand.broker.connects.length > connects, PATIENCE);
      const again =
        took === undefined
          ? `**not connected** within ${after(PATIENCE)}`
          : `connected ${after(took)} after its return`;
      return stand.crash ? `${CRASH} and is started anew; ${again}` : again;
    },
  };
}
