/** Measures the memory that remains free with each client. */
import { type Scenario, SOON } from "./scenario.js";

export const MEMORY: Scenario = {
  what: "free memory once connected, of 64 KB",
  async measure(stand) {
    await stand.ready();
    stand.broker.send(["t/heap", "heap"]);
    if ((await stand.until(() => stand.crash !== undefined, 2 * SOON)) === undefined)
      throw new Error("The memory was not used up in time.");
    const buffers = stand.lines.filter((line) => line.startsWith("holds ")).length;
    return `${Math.round(buffers / 4)} KB, in buffers of 256 B`;
  },
};
