/** Tests retained messages after `kill -9` while lamps are switched. */
import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.js";
import { startServerProgram } from "../support/program.js";
import { connectClient, createTemporaryFolder, type ReceivedMessage } from "../support/server.js";

const LAMP_COUNT = 20;
const KILL_COUNT = 3;

/** Returns the last received `seq` on each topic: the number of the reading that decided the lamp's state. */
const lastSeqsOf = (got: readonly ReceivedMessage[]): Map<string, number> =>
  new Map(got.map(({ topic, text }) => [topic, (JSON.parse(text) as { seq: number }).seq]));

test("a lamp state that a client has received, or a newer one, is retained after kill -9", async () => {
  const flags = ["--mqtt-port", "0", "--http-port", "0", "--data", await createTemporaryFolder()];
  let program = startServerProgram(flags);
  let { mqtt: url } = await program.waitForAddresses();
  for (let boot = 1; boot <= KILL_COUNT; boot++) {
    const boards = await connectClient(url);
    await boards.subscribeAsync("nightlight/+/commands", { qos: 1, rap: true });
    boards.got.length = 0;
    let seq = 0;
    const going = setInterval(() => {
      seq++;
      const reading = JSON.stringify({ light: seq % 2 ? 100 : 500, boot, seq, at: seq * 10, age: 0 });
      for (let n = 0; n < LAMP_COUNT; n++) boards.publish(`nightlight/b${n}/telemetry`, reading, { qos: 1 });
    }, 20);
    const listLiveMessages = (): ReceivedMessage[] => boards.got.filter(({ retained }) => !retained);
    await eventually(() => listLiveMessages().length > 600, { what: "commands", every: 1 });
    program.child.kill("SIGKILL");
    await program.waitForExit();
    clearInterval(going);
    await eventually(() => !boards.connected, { what: "the end of the connection" });
    await boards.endAsync(true);

    program = startServerProgram(flags);
    ({ mqtt: url } = await program.waitForAddresses());
    const late = await connectClient(url, {}, "nightlight/+/commands");
    await eventually(() => late.got.length >= LAMP_COUNT, { what: "the retained messages" });
    const found = lastSeqsOf(late.got);
    for (const [topic, seen] of lastSeqsOf(listLiveMessages()))
      expect(found.get(topic), topic).toBeGreaterThanOrEqual(seen);
    await late.endAsync();
  }
});
