import { expect, test } from "vitest";
import { printBoardLog } from "../../scripts/flash/board-log.js";
import { BoardLink } from "../../flashing/serial/link.js";
import { deployToBoard } from "../../flashing/deploy.js";
import { compileWithDebugInfo } from "../support/firmware.js";
import { eventually } from "../support/eventually.js";
import { PORT_PATH, TestBoard } from "./support/board.js";

const PROGRAM = `import { sleep } from "@devicescript/core"

async function careless() {
    await sleep(1500)
    const lamp: any = undefined
    console.log("before")
    lamp.on()
}
await careless()
`;

test("npm run monitor prints source positions, and continues after the board was unplugged", async () => {
  const firmware = await compileWithDebugInfo(PROGRAM);
  const board = await TestBoard.start();
  const link = await BoardLink.open({ path: PORT_PATH, open: board.ports.open(PORT_PATH) });
  await deployToBoard(link, { bytecode: firmware.bytecode, settings: {} }, { services: 10_000 }, () => {});
  await link.close();

  const lines: string[] = [];
  const screen = { print: (line: string) => lines.push(line), showProgress: () => {} };
  const stop = new AbortController();
  const listening = printBoardLog({ ports: board.ports, screen }, undefined, [firmware], stop.signal);
  const waitForLine = (text: string | RegExp) =>
    eventually(() => lines.some((line) => line.match(text)), { within: 10_000, what: `the line ${text.toString()}` });
  await waitForLine(/careless_F\d+ \(src\/main\.ts:7\)/);
  board.unplug();
  await waitForLine("is gone");
  await waitForLine("the board is back");
  board.printLine("> here again");
  await waitForLine("here again");
  stop.abort();
  await listening;
});

test("npm run monitor notes that source positions are missing for a program that was not built here", async () => {
  const board = await TestBoard.start();
  const lines: string[] = [];
  const stop = new AbortController();
  const screen = { print: (line: string) => lines.push(line), showProgress: () => {} };
  const listening = printBoardLog({ ports: board.ports, screen }, PORT_PATH, [], stop.signal);
  await eventually(() => lines.some((line) => line.includes("was not built here")), { what: "the note" });
  board.printLine("> hello");
  expect(lines.at(-1)).toBe("hello");
  stop.abort();
  await listening;
});
