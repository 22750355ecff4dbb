/** From a board to a nightlight, step by step. */
import { createInterface } from "node:readline/promises";
import { loadFirmware, type Firmware } from "../../sim/firmware.js";
import type { Settings } from "../../sim/settings.js";
import { ensureFirmware, ROOT } from "../build.js";
import { boardPort, choosePort, systemPorts, type Ports } from "../serial/ports.js";
import { BoardLink } from "../serial/link.js";
import { chipName, readChip, ResetByHand, writeFlash, type Target } from "./chip.js";
import { deploy } from "./deploy.js";
import { findEsptool, type Esptool } from "./esptool.js";
import { messageOf, StepError } from "./failure.js";
import { followUntilConnected } from "./follow.js";
import { runtimeImage } from "./image.js";
import { boardsWith, pickBoard, type Flashable } from "./pick.js";
import { screenOn, type Screen } from "./screen.js";
import { settingsForBoard } from "./settings.js";

/** What a person may choose. */
export interface Choice {
  readonly board?: string;
  readonly port?: string;
  /** Bits a second while flashing. */
  readonly baud?: number;
  /** Do not ask. */
  readonly yes?: boolean;
}

/** The computer that it runs on; a test has its own. */
export interface Surroundings {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  readonly ports: Ports;
  readonly screen: Screen;
  readonly esptool: () => Promise<Esptool>;
  readonly firmware: (entry: string) => Promise<Firmware>;
  /** Asks a question that is answered by yes or no; undefined when there is nobody to ask. */
  readonly ask: ((question: string) => Promise<boolean>) | undefined;
  /** How long the board may take to answer on a line that is open, in ms. */
  readonly answer?: number;
  /** How long to follow the board's log, in ms. */
  readonly follow?: number;
}

/** Bits a second while flashing: boards of all kinds manage it, faster ones fail now and then. */
export const BAUD = 460_800;
/** How long a board may take to be back after flashing, in ms; by hand, a person presses its button first. */
const BACK_WITHIN = 15_000;
const BACK_BY_HAND_WITHIN = 120_000;

const ANSWER_WITHIN = 10_000;

export const thisComputer = (): Surroundings => ({
  root: ROOT,
  env: process.env,
  ports: systemPorts,
  screen: screenOn(process.stdout),
  esptool: () => findEsptool(),
  firmware: async (entry) => {
    await ensureFirmware({ entry });
    return loadFirmware(entry);
  },
  ask: process.stdin.isTTY ? askOnTerminal : undefined,
});

async function askOnTerminal(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} [Y/n] `);
  terminal.close();
  return /^(y(es)?)?$/i.test(answer.trim());
}

/**
 * `npm run flash`: runtime, program and settings, until the board is connected to the broker.
 * @throws StepError that names the step and what to do
 */
export async function flash(choice: Choice, around: Surroundings): Promise<void> {
  const { root, env, screen, ports } = around;
  const board = await pickBoard(root, choice.board);
  const settings = await settingsForBoard(root);
  const esptool = await around.esptool();
  const port = await findPort(ports, choice.port);
  screen.say(`Board: ${board.title} on ${port}; esptool ${esptool.version}; settings are in order.`);
  await confirm(choice, around, `Replace what is on the board at ${port}?`);
  const firmware = await build(around, board);

  const target: Target = { esptool, port, baud: choice.baud ?? BAUD, env };
  await checkChip(target, board, root);
  screen.say("Getting DeviceScript's runtime.");
  const image = await runtimeImage(root, board.name, board.file.archId, env);
  if (image.old) screen.say("  No download: the copy from an earlier day is used.");
  screen.say(`Writing it to the ${chipName(board.file.archId)}.`);
  const extra = (board.file.$flashToolArguments as string[] | undefined) ?? [];
  const byHand = await writeFlash(target, image.offset, image.file, extra, (percent) =>
    screen.progress("  written", percent),
  ).then(
    () => false,
    (error: unknown) => {
      if (error instanceof ResetByHand) return true;
      throw error;
    },
  );
  if (byHand) screen.say("Written. Now press RESET on the board (or plug it in anew): it cannot be reset from here.");
  await bring(around, port, firmware, settings, byHand ? BACK_BY_HAND_WITHIN : BACK_WITHIN);
}

/**
 * `npm run deploy`: program and settings alone, for a board that has DeviceScript's runtime.
 * @throws StepError that names the step and what to do
 */
export async function deployAlone(choice: Choice, around: Surroundings): Promise<void> {
  const board = await pickBoard(around.root, choice.board);
  const settings = await settingsForBoard(around.root);
  const port = await findPort(around.ports, choice.port);
  around.screen.say(`Board: ${board.title} on ${port}; settings are in order.`);
  await bring(around, port, await build(around, board), settings, 0);
}

/** The port of the board, which this user may open. */
export async function findPort(ports: Ports, wanted?: string): Promise<string> {
  const port = choosePort(await ports.list(), wanted, wanted !== undefined && (await ports.exists(wanted)));
  await ports.check(port);
  return port;
}

async function confirm({ yes }: Choice, { ask }: Surroundings, question: string): Promise<void> {
  if (yes) return;
  if (!ask) throw new StepError("the question", `${question} There is nobody here to ask.`, "Give --yes.");
  if (!(await ask(question))) throw new StepError("the question", "You said no; nothing was done.", "Run it again when you like."); // prettier-ignore
}

async function build({ firmware, screen }: Surroundings, board: Flashable): Promise<Firmware> {
  try {
    return await firmware(board.entry);
  } catch (error) {
    screen.say(messageOf(error));
    throw new StepError("the firmware", `src/${board.entry}.ts could not be built.`, "See the compiler's messages above; npm ci installs DeviceScript anew."); // prettier-ignore
  }
}

async function checkChip(target: Target, board: Flashable, root: string): Promise<void> {
  const chip = await readChip(target);
  if (chip === board.file.archId) return;
  throw new StepError(
    "the chip",
    `The board on ${target.port} has an ${chipName(chip)}; ${board.title} has an ${chipName(board.file.archId)}. Nothing was written.`,
    `Press RESET, which starts again what is on it, and name the board that it is.${await boardsWith(root, chip)}`,
  );
}

/** Program and settings to the board, and on until it is connected. */
async function bring(
  { ports, screen, follow, answer = ANSWER_WITHIN }: Surroundings,
  path: string,
  firmware: Firmware,
  settings: Settings,
  within: number,
): Promise<void> {
  screen.say("Sending program and settings.");
  const link = await BoardLink.open({ path, open: boardPort(ports, path), within });
  try {
    const broker = await followUntilConnected(
      link,
      settings,
      async () => {
        await deploy(link, { bytecode: firmware.bytecode, settings }, Math.max(within, answer), (percent) =>
          screen.progress("  sent", percent),
        );
        screen.say("Started. Waiting for the board to join the Wi-Fi and the broker; it says:");
        link.on("line", (line) => screen.say(`  | ${line}`));
      },
      follow,
    );
    screen.say(`The board is connected to ${broker}: the nightlight works.`);
  } finally {
    await link.close();
  }
}
