/** The steps of `npm run flash` and `npm run deploy`. */
import { createInterface } from "node:readline/promises";
import { loadFirmware, type Firmware } from "../../sim/firmware.js";
import type { Settings } from "../../sim/settings.js";
import { ensureFirmware } from "../build/firmware.js";
import { ROOT } from "../lib/repository.js";
import { createBoardPortOpener, choosePort, systemPorts, type Ports } from "../lib/serial/ports.js";
import { BoardLink } from "../../flashing/serial/link.js";
import { deployToBoard } from "../../flashing/deploy.js";
import { findEsptool, type Esptool } from "./esptool.js";
import { EsptoolFlasher } from "./esptool-flasher.js";
import { chipNameOf, ManualResetNeededError, type Flasher } from "../../flashing/loader/flasher.js";
import { messageOf, StepError } from "../../flashing/step-error.js";
import { followUntilConnected } from "../../flashing/follow.js";
import { HIDDEN_NETWORK_WARNING, isNetworkHidden } from "../../flashing/hidden-network.js";
import { createBoardImage } from "../../flashing/board-image.js";
import { createLoaderFlasher } from "./system-flasher.js";
import type { RuntimeSources } from "../../server/src/http/flashing/runtime-store.js";
import { getRuntime, loadRuntimeSources } from "./runtime.js";
import { listBoardsWithChip, selectBoard, type FlashableBoard } from "./select-board.js";
import { createScreen, type Screen } from "./screen.js";
import { loadBoardSettings } from "./settings.js";

/** The flags of `npm run flash` and `npm run deploy`. */
export interface FlashOptions {
  readonly board?: string;
  readonly port?: string;
  /** Baud rate while flashing. */
  readonly baud?: number;
  /** A local copy of the runtime, instead of the download. */
  readonly file?: string;
  /** Flashes with Espressif's esptool instead of esptool-js: true, or the command that starts it. */
  readonly esptool?: string | true;
  /** Skips the question before the board is overwritten. */
  readonly yes?: boolean;
}

/** Access to the computer. Tests pass another implementation. */
export interface Computer {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  readonly ports: Ports;
  readonly screen: Screen;
  /** Finds Espressif's esptool. @param command the command that starts it; undefined to search for it */
  readonly esptool: (command?: string) => Promise<Esptool>;
  readonly fetch: typeof globalThis.fetch;
  /** Returns where the runtimes come from. */
  readonly runtimeSources: () => Promise<RuntimeSources>;
  readonly firmware: (entry: string) => Promise<Firmware>;
  /**
   * Asks the user a yes-or-no question and returns whether the answer is yes; undefined when standard input is no
   * terminal.
   */
  readonly ask: ((question: string) => Promise<boolean>) | undefined;
  /** How often to reset the board until its boot loader answers. */
  readonly connectAttempts?: number;
  /** Time limit in ms for a flashed board's port to reappear. */
  readonly returnTimeout?: number;
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
  esptool: (command) => findEsptool(command),
  fetch: globalThis.fetch,
  runtimeSources: () => loadRuntimeSources(ROOT),
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
  const esptool =
    options.esptool === undefined
      ? undefined
      : await computer.esptool(options.esptool === true ? undefined : options.esptool);
  const port = await findPort(ports, options.port);
  screen.print(`Board: ${board.title} on ${port}; ${esptool ? `esptool ${esptool.version}; ` : ""}settings are valid.`);
  await confirmFlashing(options, computer, `Replace what is on the board at ${port}?`);
  const firmware = await buildFirmware(computer, board);

  const baud = options.baud ?? DEFAULT_FLASH_BAUD;
  const flasher = esptool
    ? new EsptoolFlasher({ esptool, port, baud, env })
    : createLoaderFlasher(ports, port, baud, computer.connectAttempts);
  let needsManualReset: boolean;
  try {
    needsManualReset = await installRuntime(flasher, board, port, options, computer);
  } finally {
    await flasher.close();
  }
  if (needsManualReset)
    screen.print(
      "Written. Now press RESET on the board, or unplug it and plug it in again: this computer cannot reset it.",
    );
  const within = needsManualReset ? MANUAL_RESET_TIMEOUT : (computer.returnTimeout ?? RESET_TIMEOUT);
  await deployAndWait(computer, port, firmware, settings, within);
}

/** Writes the runtime with the board's pins to the board. Returns whether the board needs a manual reset. */
async function installRuntime(
  flasher: Flasher,
  board: FlashableBoard,
  port: string,
  { file }: FlashOptions,
  { root, screen, fetch, runtimeSources }: Computer,
): Promise<boolean> {
  const { archId } = board.file;
  screen.print("Connecting to the board's boot loader.");
  await checkChip(await flasher.readChip(), port, board, root);
  screen.print("Getting DeviceScript's runtime.");
  const runtime = await getRuntime(archId, { root, sources: await runtimeSources(), fetch, file });
  screen.print(`  ${runtime.origin}`);
  const image = createBoardImage(board.name, board.file, runtime.bytes);
  screen.print(`Writing the runtime to the ${chipNameOf(archId)}.`);
  try {
    await flasher.write(image, (percent) => screen.showProgress("  written", percent));
  } catch (error) {
    if (error instanceof ManualResetNeededError) return true;
    throw error;
  }
  return false;
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

async function checkChip(chip: string, port: string, board: FlashableBoard, root: string): Promise<void> {
  if (chip === board.file.archId) return;
  throw new StepError(
    "the chip",
    `The board on ${port} has an ${chipNameOf(chip)}; ${board.title} has an ${chipNameOf(board.file.archId)}. Nothing was written.`,
    `Name the right board. If the board's present program does not start again, press RESET.${await listBoardsWithChip(root, chip)}`,
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
          { services: Math.max(within, answerTimeout), answer: answerTimeout },
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
