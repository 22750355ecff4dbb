/** Runs a user's own program on a simulated board, and runs it again whenever its files change. */
import { existsSync, watch } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { ensureProgram } from "../scripts/build/firmware.js";
import { stopCompilers } from "../scripts/lib/stop-compilers.js";
import { loadFirmware, ROOT, type Firmware } from "./firmware.js";
import { MAX_LIGHT, MIN_LIGHT } from "./light.js";
import type { Simulator } from "./simulator.js";

/** Time without a change after which the program is compiled, in ms. Editors write a file in several steps. */
const QUIET_TIME = 100;

/**
 * Compiles and runs a program. Compiles it again after each change in its folder, and restarts the board with it. While
 * the program does not compile, the board keeps running the previous one.
 *
 * A line with a number on standard input sets the light of the board.
 * @param file the program's main file, relative to the repository
 * @param id id of the board; by default the file without its extension
 * @throws Error when the file does not exist
 */
export async function runProgramForever(simulator: Simulator, file: string, id = file.slice(0, -3)): Promise<void> {
  if (!existsSync(path.join(ROOT, file)))
    throw new Error(`There is no file ${file} in ${ROOT}. Create it, or correct the name after --program.`);
  /** Light that the user typed; null while the light source of the command line applies. */
  let typedLight: number | null = null;

  async function buildAndStart(): Promise<void> {
    let firmware: Firmware;
    try {
      firmware = loadFirmware(await ensureProgram(file));
    } catch (error) {
      return console.error(`${(error as Error).message}\nWaiting for a change of ${file}; Ctrl+C ends.`);
    }
    await simulator.remove(id);
    const board = simulator.add({ id, ...firmware });
    board.setLight(typedLight);
    // ignores a program that crashes at its start: the board prints the reason and starts the program again
    void board.start().catch(() => undefined);
  }

  const runAgain = createSequence(buildAndStart);
  let quiet: NodeJS.Timeout | undefined;
  const watcher = watch(path.join(ROOT, path.dirname(file)), (_, name) => {
    if (name !== null && !name.endsWith(".ts")) return;
    clearTimeout(quiet);
    quiet = setTimeout(() => void runAgain(), QUIET_TIME);
  });
  watcher.on("error", ({ message }) => console.error(`Changes of ${file} are no longer noticed: ${message}.`));
  createInterface({ input: process.stdin }).on("line", (line) => {
    const light = Number(line);
    if (line.trim() === "" || !(light >= MIN_LIGHT && light <= MAX_LIGHT))
      return console.error(
        `"${line}" is not a light level: type a number from ${MIN_LIGHT} to ${MAX_LIGHT} and Enter.`,
      );
    typedLight = light;
    simulator.boards.get(id)?.setLight(light);
  });
  console.log(`Running ${file} again after every change. Type a light level and Enter; Ctrl+C ends.`);
  await runAgain();
  await stopCompilers();
}

/** Returns a function that runs `action`. Calls during a run lead to one more run after it. */
function createSequence(action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let isDue = false;
  async function run(): Promise<void> {
    try {
      do {
        isDue = false;
        await action();
      } while (isDue);
    } finally {
      running = undefined;
    }
  }
  return () => {
    isDue = true;
    return (running ??= run());
  };
}
