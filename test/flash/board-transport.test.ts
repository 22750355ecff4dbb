import { expect, test } from "vitest";
import { BoardTransport } from "../../flashing/loader/board-transport.js";
import type { PortEvents } from "../../flashing/serial/port.js";
import { DevicePort } from "../../scripts/lib/serial/web-serial.js";

/** Opens a transport, and returns it with a function that delivers bytes of the board. */
async function openTransport() {
  let events: PortEvents | undefined;
  const port = new DevicePort({
    info: {},
    open: (_, given) => Promise.resolve(void (events = given)),
    write: () => Promise.resolve(),
    setSignals: () => Promise.resolve(),
    setBaudRate: () => Promise.resolve(),
    close: () => Promise.resolve(),
  });
  const transport = new BoardTransport(port);
  await transport.connect();
  void transport.readLoop();
  return { transport, deliver: (bytes: Uint8Array) => events!.data(bytes) };
}

test("a board that never stops printing cannot extend the time limit for an answer", async () => {
  const { transport, deliver } = await openTransport();
  deliver(Uint8Array.of(0xc0));
  const printing = setInterval(() => deliver(Buffer.from("hello")), 10);
  const start = performance.now();
  try {
    await expect(transport.read(100)).rejects.toThrow("No serial data received");
  } finally {
    clearInterval(printing);
  }
  expect(performance.now() - start).toBeLessThan(2000);
  await transport.closePort();
});

test("an answer that a busy computer receives after the 200 ms of esptool-js counts", async () => {
  const { transport, deliver } = await openTransport();
  setTimeout(() => deliver(Uint8Array.of(0xc0, 1, 2, 0xc0)), 400);
  expect(await transport.read(200)).toEqual(Uint8Array.of(1, 2));
  await transport.closePort();
});
