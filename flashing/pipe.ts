/** Sends bytes to a board through a Jacdac pipe. */
import { exchange, sendAcknowledged } from "./exchange.js";
import { jacdac, type JDService } from "./jacdac.js";

const { JD_SERVICE_INDEX_PIPE, jdunpack, Packet, PIPE_CLOSE_MASK, PIPE_COUNTER_MASK, PIPE_PORT_SHIFT } = jacdac;

/** Number of bytes in each packet. */
const PART_SIZE = 224;
/** Time limit in ms for the board to open the pipe. */
const OPEN_TIMEOUT = 3000;

/**
 * Sends bytes through a pipe that a command opens. Unlike `OutPipe` of jacdac-ts, which gives up half a second after a packet
 * without an acknowledgment, repeats each packet until the board acknowledges it. The board ignores repeated packets.
 * @param command a command with the number of bytes as its parameter, which the board answers with the number of the pipe
 * @param within time limit in ms for each answer of the board
 * @param progress receives the percentage that the board has received, 0..100
 */
export async function sendThroughPipe(
  service: JDService,
  command: number,
  bytes: Uint8Array,
  within: number | undefined,
  progress: (percent: number) => void,
): Promise<void> {
  const answer = await exchange(
    () => service.sendCmdAwaitResponseAsync(Packet.jdpacked(command, "u32", [bytes.length]), OPEN_TIMEOUT),
    within,
  );
  const [port] = jdunpack<[number]>(answer.data, "u16");
  let count = 0;
  const send = (part: Uint8Array, flags = 0): Promise<void> => {
    const packet = Packet.from((port << PIPE_PORT_SHIFT) | flags | (count++ & PIPE_COUNTER_MASK), part);
    packet.serviceIndex = JD_SERVICE_INDEX_PIPE;
    return sendAcknowledged(service.device, packet, within);
  };
  for (let i = 0; i < bytes.length; i += PART_SIZE) {
    progress((i / bytes.length) * 100);
    await send(bytes.slice(i, i + PART_SIZE));
  }
  await send(new Uint8Array(), PIPE_CLOSE_MASK);
  progress(100);
}
