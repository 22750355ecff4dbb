/** Tests retained messages after `kill -9` while lamps are switched. */
import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.js";
import { run } from "../support/program.js";
import { client, temporaryFolder, type Got } from "../support/server.js";

const LAMPS = 20;
const KILLS = 3;

/** Returns the last received `seq` on each topic: the number of the reading that decided the lamp's state. */
const seqs = (got: readonly Got[]): Map<string, number> =>
  new Map(got.map(({ topic, text }) => [topic, (JSON.parse(text) as { seq: number }).seq]));

test("a lamp state that a client has received, or a newer one, is retained after kill -9", async () => {
  const flags = ["--mqtt-port", "0", "--http-port", "0", "--data", await temporaryFolder()];
  let program = run(flags);
  let { mqtt: url } = await program.addresses();
  for (let boot = 1; boot <= KILLS; boot++) {
    const boards = await client(url);
    await boards.subscribeAsync("nightlight/+/commands", { qos: 1, rap: true });
    boards.got.length = 0;
    let seq = 0;
    const going = setInterval(() => {
      seq++;
      const reading = JSON.stringify({ light: seq % 2 ? 100 : 500, boot, seq, at: seq * 10, age: 0 });
      for (let n = 0; n < LAMPS; n++) boards.publish(`nightlight/b${n}/telemetry`, reading, { qos: 1 });
    }, 20);
    const live = (): Got[] => boards.got.filter(({ retained }) => !retained);
    await eventually(() => live().length > 600, { what: "commands", every: 1 });
    program.child.kill("SIGKILL");
    await program.ended();
    clearInterval(going);
    await eventually(() => !boards.connected, { what: "the end of the connection" });
    await boards.endAsync(true);

    program = run(flags);
    ({ mqtt: url } = await program.addresses());
    const late = await client(url, {}, "nightlight/+/commands");
    await eventually(() => late.got.length >= LAMPS, { what: "the retained messages" });
    const found = seqs(late.got);
    for (const [topic, seen] of seqs(live())) expect(found.get(topic), topic).toBeGreaterThanOrEqual(seen);
    await late.endAsync();
  }
});
