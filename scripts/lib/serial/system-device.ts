/** Connects the Web Serial interface to the ports of this computer, with the library `serialport`. */
import type { SerialPort } from "serialport";
import { loadSerialport, type PortInfo } from "./port.js";
import { DevicePort, type SerialDevice, type WebSerialPort } from "./web-serial.js";

/** Returns a port of this computer with the interface of the Web Serial API. */
export const createWebSerialPort = (info: PortInfo): WebSerialPort => new DevicePort(createSystemDevice(info));

function createSystemDevice({ path, vendorId, productId }: PortInfo): SerialDevice {
  let port: SerialPort | undefined;
  const call = (action: (port: SerialPort, done: (error?: Error | null) => void) => void) =>
    new Promise<void>((resolve, reject) => {
      if (!port?.isOpen) return reject(new Error(`${path} is not open`));
      action(port, (error) => (error ? reject(error) : resolve()));
    });
  return {
    info: { usbVendorId: parseHex(vendorId), usbProductId: parseHex(productId) },
    async open(baudRate, events) {
      const { SerialPort } = await loadSerialport();
      const opened = new SerialPort({ path, baudRate, autoOpen: false });
      opened.on("data", (chunk: Buffer) => events.data(chunk));
      // a read error also closes the port; without a listener for "error", Node would end the process
      opened.on("error", () => {});
      await new Promise<void>((resolve, reject) => opened.open((error) => (error ? reject(error) : resolve())));
      opened.on("close", () => port === opened && events.disconnected());
      port = opened;
    },
    write: (data) => call((port, done) => port.write(data, done)),
    // names every line, because the library sets lines that are not named to its own defaults
    setSignals: ({ dataTerminalReady: dtr, requestToSend: rts, break: brk }) =>
      call((port, done) => port.set({ dtr, rts, brk }, done)).catch(ignoreMissingLines),
    setBaudRate: (baudRate) => call((port, done) => port.update({ baudRate }, done)),
    close() {
      const opened = port;
      port = undefined;
      return new Promise((resolve) => (opened?.isOpen ? opened.close(() => resolve()) : resolve()));
    },
  };
}

/** Ignores that a port has no control lines, as pseudo-terminals: a chip in its boot loader needs none. */
function ignoreMissingLines(error: unknown): void {
  if (!/inappropriate ioctl|ENOTTY|not supported|invalid argument/i.test(String(error))) throw error;
}

const parseHex = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : parseInt(text, 16);
