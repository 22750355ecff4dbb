/** Follows the log of a board from before its program is started until it says that it is connected to the broker. */
import type { Settings } from "../../sim/settings.js";
import type { BoardLink } from "../serial/link.js";
import { Diagnosis } from "./diagnosis.js";
import { StepError } from "./failure.js";

/** A reset, a scan for networks of 10 s, and a few attempts to reach the broker fit into it, in ms. */
const WITHIN = 60_000;

/**
 * Starts the program and waits.
 * @param start starts the program
 * @param within in ms, from when it was started
 * @returns the broker's address
 * @throws StepError that says what keeps the board from the broker; whatever `start` throws
 */
export async function followUntilConnected(
  link: BoardLink,
  settings: Settings,
  start: () => Promise<void>,
  within = WITHIN,
): Promise<string> {
  const diagnosis = new Diagnosis(settings);
  let gone = false;
  const onGone = () => (gone = true);
  const onBack = () => (gone = false);
  let onLine = (_: string) => {};
  let late = () => {};
  const connected = new Promise<string>((resolve, reject) => {
    onLine = (line) => {
      try {
        const broker = diagnosis.line(line);
        if (broker !== undefined) resolve(broker);
      } catch (error) {
        reject(error as StepError);
      }
    };
    late = () => reject(gone ? vanished(link.path) : diagnosis.late(Math.round(within / 1000)));
  });
  // it may be over while `start` still runs: it is looked at below
  connected.catch(() => {});
  link.on("line", onLine).on("gone", onGone).on("back", onBack);
  let timer: NodeJS.Timeout | undefined;
  try {
    await start();
    timer = setTimeout(late, within);
    return await connected;
  } finally {
    clearTimeout(timer);
    link.off("line", onLine).off("gone", onGone).off("back", onBack);
  }
}

const vanished = (path: string) =>
  new StepError("the start", `The board's port ${path} is gone.`, "Press RESET, or plug it in anew; then npm run monitor shows what it says."); // prettier-ignore
