/** Opens a port of the Web Serial API for log and Jacdac frames. */
import { RUNTIME_BAUD, type OpenPort, type PortEvents } from "./port.js";

/**
 * Returns a function that opens a board's port.
 * @param findPort returns the board's port, closed; undefined while it is missing
 */
export function createWebPortOpener(findPort: () => Promise<SerialPort | undefined>): OpenPort {
  return async (events) => {
    const port = await findPort();
    if (!port) throw new Error("the board's port is missing");
    await port.open({ baudRate: RUNTIME_BAUD });
    let closing = false;
    let cancel = () => Promise.resolve();
    const ended = readUntilEnd(port, events, (reader) => (cancel = () => reader.cancel())).then(async () => {
      await port.close().catch(() => {});
      if (!closing) events.disconnected();
    });
    return {
      async write(data) {
        if (!port.writable) throw new Error("the board's port is gone");
        const writer = port.writable.getWriter();
        try {
          await writer.write(data);
        } finally {
          writer.releaseLock();
        }
      },
      async close() {
        closing = true;
        await cancel().catch(() => {});
        await ended;
      },
    };
  };
}

/** Reads a port until it is closed or lost. After an error such as wrong parity, a port has a new stream. */
async function readUntilEnd(
  port: SerialPort,
  events: Pick<PortEvents, "data">,
  onReader: (reader: ReadableStreamDefaultReader<Uint8Array>) => void,
): Promise<void> {
  while (port.readable) {
    const reader = port.readable.getReader();
    onReader(reader);
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        events.data(value);
      }
    } catch {
      // the port of an unplugged board has no stream, so the loop ends
    } finally {
      reader.releaseLock();
    }
  }
}
