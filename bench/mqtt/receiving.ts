/** Scenarios with messages on a working connection, and with a clean disconnect. Each takes a few seconds. */
import { setTimeout as sleep } from "node:timers/promises";
import { after, CRASH, type Scenario, SOON } from "./scenario.js";
import type { Stand } from "./stand.js";

export const RECEIVING: Scenario[] = [
  burst("5 messages arrive, 3 ms apart", (stand) => trickle(stand, "t/n"), 5),
  burst("5 messages arrive, 3 ms apart; the handler takes 50 ms", (stand) => trickle(stand, "t/slow"), 5),
  burst(
    "200 messages arrive in one segment",
    ({ broker }) => broker.send(...Array.from({ length: 200 }, (_, n): [string, string] => ["t/n", `${n + 1}`])),
    200,
  ),
  {
    what: "a handler throws",
    async measure(stand) {
      await stand.ready();
      stand.broker.send(["t/throw", "throw"]);
      await stand.until(() => stand.handled.length > 0, SOON);
      // gives the program time to recover from the exception
      await sleep(500);
      return nextMessage(stand);
    },
  },
  ...[1000, 3000, 8000, 20_000].map(large),
  matching("t/a", ["t/a"]),
  matching("t/+", ["t/a", "t/ab"]),
  {
    what: "the program stops the client",
    async measure(stand) {
      await stand.ready();
      stand.broker.send(["t/stop", "stop"]);
      if ((await stand.until(() => stand.broker.ended !== undefined, SOON)) === undefined) return "does not end";
      const clean = stand.broker.ended === "with DISCONNECT";
      return clean ? "DISCONNECT, no will" : "no DISCONNECT: **the broker sends the will**";
    },
  },
];

function burst(what: string, send: (stand: Stand) => Promise<void> | void, sent: number): Scenario {
  return {
    what,
    async measure(stand) {
      await stand.ready();
      const began = performance.now();
      await send(stand);
      const took = await stand.until(() => stand.handled.length >= sent || stand.crash !== undefined, SOON);
      return count(stand, sent, took === undefined ? undefined : performance.now() - began);
    },
  };
}

async function trickle({ broker }: Stand, topic: string): Promise<void> {
  for (let n = 1; n <= 5; n++) {
    broker.send([topic, `${n}`]);
    await sleep(3);
  }
}

/** Describes which of the numbers 1 to `sent` the client handled, whether in order, and how long it took. */
function count(stand: Stand, sent: number, took: number | undefined): string {
  const numbers = stand.handled.map((line) => Number(line.split(" ")[2]));
  const inOrder = numbers.every((n, i) => i === 0 || n > numbers[i - 1]);
  const order = numbers.length < 2 ? "" : inOrder ? ", in order" : ", **out of order**";
  const end = stand.crash ? CRASH : took === undefined ? `no more within ${after(SOON)}` : `in ${after(took)}`;
  const handled = numbers.length < sent ? `**${numbers.length} of ${sent}**` : `${sent} of ${sent}`;
  return `${handled}${order}, ${end}`;
}

function large(bytes: number): Scenario {
  return {
    what: `a message of ${bytes.toLocaleString("en")} bytes arrives`,
    async measure(stand) {
      await stand.ready();
      stand.broker.send(["t/large", "x".repeat(bytes)]);
      const handled = () => stand.handled.some((line) => line.startsWith(`t/large ${bytes}`));
      const told = () => stand.lines.some((line) => line.startsWith("problem: "));
      await stand.until(() => handled() || told() || stand.crash !== undefined, SOON);
      const what = handled() ? "handled" : told() ? "skipped and reported" : "not handled";
      return `${what}; ${await nextMessage(stand)}`;
    },
  };
}

/** Sends one more message and describes whether the client handles it. */
async function nextMessage(stand: Stand): Promise<string> {
  stand.broker.send(["t/next", "next"]);
  const handled = () => stand.handled.some((line) => line.startsWith("t/next"));
  const took = await stand.until(() => handled() || stand.crash !== undefined, SOON);
  if (stand.crash) return CRASH;
  return took === undefined ? "**the next message is not handled**" : "the next message is handled";
}

/** A scenario that checks topic matching: which messages reach the handler of `filter`. `right` lists the correct ones. */
function matching(filter: string, right: string[]): Scenario {
  const topics = ["t/a", "t/ab", "t/a/b"];
  const quoted = (list: string[]) => list.map((topic) => `\`${topic}\``).join(", ");
  return {
    what: `${quoted(topics)} arrive; the handler of \`${filter}\` gets`,
    options: { filter },
    async measure(stand) {
      await stand.ready();
      for (const topic of topics) {
        stand.broker.send([topic, "x"]);
        // one message at a time, so that a lost message does not affect the others
        await stand.until(() => stand.handled.some((line) => line.startsWith(`${topic} `)), 500);
      }
      const got = stand.handled.map((line) => line.split(" ")[0]);
      const mark = got.join() === right.join() ? "" : "**";
      return `${mark}${quoted(got) || "none"}${mark}`;
    },
  };
}
