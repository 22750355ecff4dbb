/** Exchanges packets with a board, and repeats them while no answer arrives. */
import { jacdac, type JDDevice, type JDRegister, type Packet } from "./jacdac.js";

const { ERROR_NO_ACK, ERROR_TIMEOUT, PACKET_REPORT } = jacdac;

/** The longest time in ms for an answer. Boards answer within milliseconds, but the computer may be busy for seconds. */
export const ANSWER_TIMEOUT = 10_000;
/** Time in ms after which a packet is sent again; it doubles with each repetition, up to the maximum. */
const FIRST_REPETITION = 100;
const MAX_REPETITION = 1000;

/** A board does not answer. */
class NoAnswerError extends Error {
  readonly code = ERROR_TIMEOUT;
}

/**
 * Runs an exchange, and repeats it while no answer arrives, because jacdac-ts gives up after half a second. The exchange must
 * have the same effect when the board receives it several times.
 * @param within time limit in ms
 * @throws the error of the last attempt
 */
export async function exchange<T>(run: () => Promise<T>, within = ANSWER_TIMEOUT): Promise<T> {
  const deadline = performance.now() + within;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      const { code } = error as { code?: unknown };
      if ((code !== ERROR_NO_ACK && code !== ERROR_TIMEOUT) || performance.now() >= deadline) throw error;
    }
  }
}

/** Reads a register. @throws Error when the board does not answer, or does not implement the register */
export function readRegister(register: JDRegister, within?: number): Promise<Uint8Array> {
  return exchange(async () => {
    const isAnswered = (await register.refresh()) as boolean | undefined;
    if (isAnswered === undefined) throw new NoAnswerError("the board does not answer");
    if (!isAnswered) throw new Error("its runtime does not implement this register");
    return register.data;
  }, within);
}

/** Sends a packet, again and again until the board acknowledges it. @throws Error after `within` ms */
export async function sendAcknowledged(device: JDDevice, packet: Packet, within = ANSWER_TIMEOUT): Promise<void> {
  packet.requiresAck = true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let unsubscribe = () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      unsubscribe = device.subscribe(PACKET_REPORT, (report: Packet) => {
        if (report.isCRCAck && report.serviceCommand === packet.crc) resolve();
      });
      const deadline = performance.now() + within;
      const send = (delay: number): void => {
        if (performance.now() >= deadline) return reject(new NoAnswerError("the board does not answer"));
        packet.sendCmdAsync(device).catch(reject);
        timer = setTimeout(() => send(Math.min(2 * delay, MAX_REPETITION)), delay);
      };
      send(FIRST_REPETITION);
    });
  } finally {
    clearTimeout(timer);
    unsubscribe();
  }
}
