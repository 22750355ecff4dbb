/** Scenarios with messages on a working connection, and with a clean disconnect. Each takes a few seconds. */
import { setTimeout as sleep } from "node:timers/promises";
import { formatDuration, CRASH_RESULT, type ClientScenario, HANDLE_TIMEOUT } from "./scenario.js";
import type { ClientFixture } from "./fixture.js";

export const RECEIVE_SCENARIOS: ClientScenario[] = [
  createBurstScenario("5 messages arrive, 3 ms apart", (fixture) => sendSlowly(fixture, "t/n"), 5),
  createBurstScenario(
    "5 messages arrive, 3 ms apart; the handler takes 50 ms",
    (fixture) => sendSlowly(fixture, "t/slow"),
    5,
  ),
  createBurstScenario(
    "200 messages arrive in one segment",
    ({ broker }) => broker.send(...Array.from({ length: 200 }, (_, n): [string, string] => ["t/n", `${n + 1}`])),
    200,
  ),
  {
    title: "a handler throws",
    async measure(fixture) {
      await fixture.waitUntilReady();
      fixture.broker.send(["t/throw", "throw"]);
      await fixture.waitUntil(() => fixture.handledMessages.length > 0, HANDLE_TIMEOUT);
      // waits until the program has recovered from the exception
      await sleep(500);
      return describeNextMessage(fixture);
    },
  },
  ...[1000, 3000, 8000, 20_000].map(createLargeMessageScenario),
  createTopicMatchScenario("t/a", ["t/a"]),
  createTopicMatchScenario("t/+", ["t/a", "t/ab"]),
  {
    title: "the program stops the client",
    async measure(fixture) {
      await fixture.waitUntilReady();
      fixture.broker.send(["t/stop", "stop"]);
      if ((await fixture.waitUntil(() => fixture.broker.ended !== undefined, HANDLE_TIMEOUT)) === undefined)
        return "does not end";
      const clean = fixture.broker.ended === "with DISCONNECT";
      return clean ? "DISCONNECT, no will" : "no DISCONNECT: **the broker sends the will**";
    },
  },
];

function createBurstScenario(
  title: string,
  send: (fixture: ClientFixture) => Promise<void> | void,
  sent: number,
): ClientScenario {
  return {
    title,
    async measure(fixture) {
      await fixture.waitUntilReady();
      const began = performance.now();
      await send(fixture);
      const duration = await fixture.waitUntil(
        () => fixture.handledMessages.length >= sent || fixture.crash !== undefined,
        HANDLE_TIMEOUT,
      );
      return describeHandled(fixture, sent, duration === undefined ? undefined : performance.now() - began);
    },
  };
}

async function sendSlowly({ broker }: ClientFixture, topic: string): Promise<void> {
  for (let n = 1; n <= 5; n++) {
    broker.send([topic, `${n}`]);
    await sleep(3);
  }
}

/** Describes which of the numbers 1 to `sent` the client handled, whether in order, and how long it took. */
function describeHandled(fixture: ClientFixture, sent: number, duration: number | undefined): string {
  const numbers = fixture.handledMessages.map((line) => Number(line.split(" ")[2]));
  const inOrder = numbers.every((n, i) => i === 0 || n > numbers[i - 1]);
  const order = numbers.length < 2 ? "" : inOrder ? ", in order" : ", **out of order**";
  const end = fixture.crash
    ? CRASH_RESULT
    : duration === undefined
      ? `the others not within ${formatDuration(HANDLE_TIMEOUT)}`
      : `in ${formatDuration(duration)}`;
  const handled = numbers.length < sent ? `**${numbers.length} of ${sent}**` : `${sent} of ${sent}`;
  return `${handled}${order}, ${end}`;
}

function createLargeMessageScenario(bytes: number): ClientScenario {
  return {
    title: `a message of ${bytes.toLocaleString("en")} bytes arrives`,
    async measure(fixture) {
      await fixture.waitUntilReady();
      fixture.broker.send(["t/large", "x".repeat(bytes)]);
      const isHandled = () => fixture.handledMessages.some((line) => line.startsWith(`t/large ${bytes}`));
      const isReported = () => fixture.lines.some((line) => line.startsWith("problem: "));
      await fixture.waitUntil(() => isHandled() || isReported() || fixture.crash !== undefined, HANDLE_TIMEOUT);
      const what = isHandled() ? "handled" : isReported() ? "skipped and reported" : "not handled";
      return `${what}; ${await describeNextMessage(fixture)}`;
    },
  };
}

/** Sends one more message and describes whether the client handles it. */
async function describeNextMessage(fixture: ClientFixture): Promise<string> {
  fixture.broker.send(["t/next", "next"]);
  const isHandled = () => fixture.handledMessages.some((line) => line.startsWith("t/next"));
  const duration = await fixture.waitUntil(() => isHandled() || fixture.crash !== undefined, HANDLE_TIMEOUT);
  if (fixture.crash) return CRASH_RESULT;
  return duration === undefined ? "**the next message is not handled**" : "the next message is handled";
}

/** A scenario that checks topic matching: which messages reach the handler of `filter`. `right` lists the correct ones. */
function createTopicMatchScenario(filter: string, right: string[]): ClientScenario {
  const topics = ["t/a", "t/ab", "t/a/b"];
  const quoteTopics = (list: string[]) => list.map((topic) => `\`${topic}\``).join(", ");
  return {
    title: `${quoteTopics(topics)} arrive; the handler of \`${filter}\` gets`,
    options: { filter },
    async measure(fixture) {
      await fixture.waitUntilReady();
      for (const topic of topics) {
        fixture.broker.send([topic, "x"]);
        // sends one message at a time, so that a lost message does not affect the others
        await fixture.waitUntil(() => fixture.handledMessages.some((line) => line.startsWith(`${topic} `)), 500);
      }
      const got = fixture.handledMessages.map((line) => line.split(" ")[0]);
      const mark = got.join() === right.join() ? "" : "**";
      return `${mark}${quoteTopics(got) || "none"}${mark}`;
    },
  };
}
