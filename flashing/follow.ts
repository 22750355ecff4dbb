/** Follows a board's log until the board reports that it is connected to the broker. */
import type { Settings } from "./settings.js";
import type { BoardLink } from "./serial/link.js";
import { Diagnosis } from "./diagnosis.js";
import { StepError } from "./step-error.js";

/** Time limit in ms: enough for a reset, a Wi-Fi scan of 10 s, and a few attempts to reach the broker. */
const CONNECT_TIMEOUT = 60_000;

/**
 * Starts the program and waits until the board is connected.
 * @param start starts the program
 * @param within time limit in ms, from the start of the program
 * @returns the broker's address
 * @throws StepError that explains why the board is not connected; or whatever `start` throws
 */
export async function followUntilConnected(
  link: BoardLink,
  settings: Settings,
  start: () => Promise<void>,
  within = CONNECT_TIMEOUT,
): Promise<string> {
  const diagnosis = new Diagnosis(settings);
  let gone = false;
  const onDisconnected = () => (gone = true);
  const onReconnected = () => (gone = false);
  let onLine = (_: string) => {};
  let onTimeout = () => {};
  const connected = new Promise<string>((resolve, reject) => {
    onLine = (line) => {
      try {
        const broker = diagnosis.processLine(line);
        if (broker !== undefined) resolve(broker);
      } catch (error) {
        reject(error as StepError);
      }
    };
    onTimeout = () =>
      reject(gone ? createPortGoneError(link.path) : diagnosis.explainTimeout(Math.round(within / 1000)));
  });
  // avoids an unhandled rejection while `start` runs; the await below reports the error
  connected.catch(() => {});
  link.on("line", onLine).on("disconnected", onDisconnected).on("reconnected", onReconnected);
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await start();
    timer = setTimeout(onTimeout, within);
    return await connected;
  } finally {
    clearTimeout(timer);
    link.off("line", onLine).off("disconnected", onDisconnected).off("reconnected", onReconnected);
  }
}

const createPortGoneError = (path: string) =>
  new StepError("the start", `The board's port ${path} is gone.`, "Press RESET, or unplug the board and plug it in again. Then npm run monitor shows its log.", { kind: "replug", details: { code: "port-lost" } }); // prettier-ignore
