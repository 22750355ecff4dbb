/** The steps of `npm run flash` and `npm run deploy`. */
import { createInterface } from "node:readline/promises";
import { loadFirmware, type Firmware } from "../../sim/firmware.js";
import type { Settings } from "../../sim/settings.js";
import { ensureFirmware } from "../build/firmware.js";
import { ROOT } from "../lib/repository.js";
import { createBoardPortOpener, choosePort, systemPorts, type Ports } from "../lib/serial/ports.js";
import { BoardLink } from "../lib/serial/link.js";
import { chipNameOf, readChip, ManualResetNeededError, writeFlash, type FlashTarget } from "./chip.js";
import { deployToBoard } from "./deploy.js";
import { findEsptool, type Esptool } from "./esptool.js";
import { messageOf, StepError } from "../lib/step-error.js";
import { followUntilConnected } from "./follow.js";
import { HIDDEN_NETWORK_WARNING, isNetworkHidden } from "./hidden-network.js";
import { prepareRuntimeImage } from "./image.js";
import { listBoardsWithChip, selectBoard, type FlashableBoard } from "./select-board.js";
import { createScreen, type Screen } from "./screen.js";
import { loadBoardSettings } from "./settings.js";

/** The flags of `npm run flash` and `npm run deploy`. */
export interface FlashOptions {
  readonly board?: string;
  readonly port?: string;
  /** Baud rate while flashing. */
  readonly baud?: number;
  /** Skips the question before the board is overwritten. */
  readonly yes?: boolean;
}

/** Access to the computer. Tests pass another implementation. */
export interface Computer {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  readonly ports: Ports;
  readonly screen: Screen;
  readonly esptool: () => Promise<Esptool>;
  readonly firmware: (entry: string) => Promise<Firmware>;
  /**
   * Asks the user a yes-or-no question and returns whether the answer is yes; undefined when standard input is no
   * terminal.
   */
  readonly ask: ((question: string) => Promise<boolean>) | undefined;
  /** Time limit in ms for the board's answer after its port is open. */
  readonly answerTimeout?: number;
  /** Time limit in ms for the board to reach the broker. */
  readonly connectTimeout?: number;
}

/** Default baud rate while flashing. All boards support this rate; higher rates sometimes fail. */
export const DEFAULT_FLASH_BAUD = 460_800;
/** Time limit in ms for a flashed board's port to reappear when the board resets itself. */
const RESET_TIMEOUT = 15_000;
/** Time limit in ms for a flashed board's port to reappear when a person must reset the board. */
const MANUAL_RESET_TIMEOUT = 120_000;

/** Default time limit in ms for a board's answer. */
const ANSWER_TIMEOUT = 10_000;

/** Returns access to the real computer. */
export const accessThisComputer = (): Computer => ({
  root: ROOT,
  env: process.env,
  ports: systemPorts,
  screen: createScreen(process.stdout),
  esptool: () => findEsptool(),
  firmware: async (entry) => {
    await ensureFirmware({ entry });
    return loadFirmware(entry);
  },
  ask: process.stdin.isTTY ? askOnTerminal : undefined,
});

async function askOnTerminal(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const typed = await terminal.question(`${question} [Y/n] `);
  terminal.close();
  return /^(y(es)?)?$/i.test(typed.trim());
}

/**
 * Flashes a board with runtime, program and settings, and waits until the board is connected to the broker.
 * @throws StepError that names the failed step and a remedy
 */
export async function flashBoard(options: FlashOptions, computer: Computer): Promise<void> {
  const { root, env, screen, ports } = computer;
  const board = await selectBoard(root, options.board);
  const settings = await loadBoardSettings(root);
  const esptool = await computer.esptool();
  const port = await findPort(ports, options.port);
  screen.print(`Board: ${board.title} on ${port}; esptool ${esptool.version}; settings are valid.`);
  await confirmFlashing(options, computer, `Replace what is on the board at ${port}?`);
  const firmware = await buildFirmware(computer, board);

  const target: FlashTarget = { esptool, port, baud: options.baud ?? DEFAULT_FLASH_BAUD, env };
  await checkChip(target, board, root);
  screen.print("Getting DeviceScript's runtime.");
  const image = await prepareRuntimeImage(root, board.name, board.file.archId, env);
  if (image.isOldCopy) screen.print("  The download failed: using the copy from an earlier day.");
  screen.print(`Writing the runtime to the ${chipNameOf(board.file.archId)}.`);
  const extraArguments = (board.file.$flashToolArguments as string[] | undefined) ?? [];
  const needsManualReset = await writeFlash(target, image.offset, image.file, extraArguments, (percent) =>
    screen.showProgress("  written", percent),
  ).then(
    () => false,
    (error: unknown) => {
      if (error instanceof ManualResetNeededError) return true;
      throw error;
    },
  );
  if (needsManualReset)
    screen.print(
      "Written. Now press RESET on the board, or unplug it and plug it in again: this computer cannot reset it.",
    );
  await deployAndWait(computer, port, firmware, settings, needsManualReset ? MANUAL_RESET_TIMEOUT : RESET_TIMEOUT);
}

/**
 * Deploys program and settings to a board that already has DeviceScript's runtime.
 * @throws StepError that names the failed step and a remedy
 */
export async function deployOnly(options: FlashOptions, computer: Computer): Promise<void> {
  const board = await selectBoard(computer.root, options.board);
  const settings = await loadBoardSettings(computer.root);
  const port = await findPort(computer.ports, options.port);
  computer.screen.print(`Board: ${board.title} on ${port}; settings are valid.`);
  await deployAndWait(computer, port, await buildFirmware(computer, board), settings, 0);
}

/** Finds the board's port, and checks that this user may open it. */
export async function findPort(ports: Ports, wanted?: string): Promise<string> {
  const port = choosePort(await ports.list(), wanted, wanted !== undefined && (await ports.exists(wanted)));
  await ports.check(port);
  return port;
}

async function confirmFlashing({ yes }: FlashOptions, { ask }: Computer, question: string): Promise<void> {
  if (yes) return;
  if (!ask)
    throw new StepError(
      "the question",
      `${question} Standard input is no terminal, so nobody can answer.`,
      "Give --yes.",
    );
  if (!(await ask(question))) throw new StepError("the question", "You answered no; nothing was changed.", "Run the command again to continue."); // prettier-ignore
}

async function buildFirmware({ firmware, screen }: Computer, board: FlashableBoard): Promise<Firmware> {
  try {
    return await firmware(board.entry);
  } catch (error) {
    screen.print(messageOf(error));
    throw new StepError("the firmware", `src/${board.entry}.ts could not be built.`, "See the compiler's messages above; npm ci reinstalls DeviceScript."); // prettier-ignore
  }
}

async function checkChip(target: FlashTarget, board: FlashableBoard, root: string): Promise<void> {
  const chip = await readChip(target);
  if (chip === board.file.archId) return;
  throw new StepError(
    "the chip",
    `The board on ${target.port} has an ${chipNameOf(chip)}; ${board.title} has an ${chipNameOf(board.file.archId)}. Nothing was written.`,
    `Press RESET to restart the board's present program, and name the right board.${await listBoardsWithChip(root, chip)}`,
  );
}

/** Deploys program and settings, and waits until the board is connected to the broker. */
async function deployAndWait(
  { ports, screen, connectTimeout, answerTimeout = ANSWER_TIMEOUT }: Computer,
  path: string,
  firmware: Firmware,
  settings: Settings,
  within: number,
): Promise<void> {
  screen.print("Sending program and settings.");
  const link = await BoardLink.open({ path, open: createBoardPortOpener(ports, path), within });
  try {
    const broker = await followUntilConnected(
      link,
      settings,
      async () => {
        await deployToBoard(
          link,
          { bytecode: firmware.bytecode, settings },
          Math.max(within, answerTimeout),
          (percent) => screen.showProgress("  sent", percent),
        );
        screen.print("Started. Waiting for the board to connect to the Wi-Fi and the broker. Its log:");
        link.on("line", (line) => screen.print(`  | ${line}`));
      },
      connectTimeout,
    );
    screen.print(`The board is connected to ${broker}: the nightlight works.`);
    const { wifi } = await link.waitForServices(answerTimeout);
    if (wifi && (await isNetworkHidden(wifi))) screen.print(HIDDEN_NETWORK_WARNING);
  } finally {
    await link.close();
  }
}
