/** Measures how much of a board's memory remains free with each MQTT client. */
import { type ClientScenario, HANDLE_TIMEOUT } from "./scenario.js";

export const MEMORY_SCENARIO: ClientScenario = {
  title: "free memory once connected, of 64 KB",
  async measure(fixture) {
    await fixture.waitUntilReady();
    fixture.broker.send(["t/heap", "heap"]);
    if ((await fixture.waitUntil(() => fixture.crash !== undefined, 2 * HANDLE_TIMEOUT)) === undefined)
      throw new Error("The memory was not used up in time.");
    const buffers = fixture.lines.filter((line) => line.startsWith("holds ")).length;
    return `${Math.round(buffers / 4)} KB, in buffers of 256 B`;
  },
};
