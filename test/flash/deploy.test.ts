/** Tests the errors of a deploy that a simulated board does not cause. */
import { expect, test } from "vitest";
import { deployToBoard } from "../../scripts/flash/deploy.js";
import type { BoardLink } from "../../scripts/lib/serial/link.js";

test("a deploy to a board that does not implement the query for its version says so", async () => {
  // jacdac-ts resolves to false for a register that the board does not implement, and then has no data.
  const manager = { register: () => ({ refresh: () => Promise.resolve(false), data: undefined }) };
  const link = { waitForServices: () => Promise.resolve({ manager }) } as unknown as BoardLink;
  const deployment = { bytecode: new Uint8Array(32), settings: {} };
  await expect(deployToBoard(link, deployment, 1000, () => {})).rejects.toThrow(
    "The board did not accept the query for its version: its runtime does not implement this register.",
  );
});
