import { describe, expect, it } from "vitest";
import { Machine } from "../../sim/vm/machine.js";
import { Peripherals } from "../../sim/vm/peripherals.js";
import { getVmSource } from "../../sim/vm/source.js";
import { eventually } from "../support/eventually.js";

describe("the virtual machine of a board", () => {
  it("keeps its sensor and its lamp when the computer stalls", async () => {
    const lines: string[] = [];
    let announced = 0;
    const peripherals = new Peripherals(
      "0123456789abcdef",
      (frame) => machine.receive(frame),
      () => {},
    );
    const refuseCall = () => -10;
    const machine = await Machine.boot(getVmSource(), "fedcba9876543210", undefined, {
      log: (line) => lines.push(line),
      frame: (frame) => {
        announced++;
        peripherals.receive(frame);
      },
      flash: () => {},
      panic: () => {},
      end: (_how, reason) => lines.push(`ended: ${reason}`),
      clockBehind: () => peripherals.announce(),
      socket: { open: refuseCall, write: refuseCall, close: refuseCall },
    });
    try {
      await peripherals.connect();
      await eventually(() => lines.filter((line) => line.startsWith("device created")).length >= 2, {
        what: "the machine to meet its peripherals",
      });
      // Blocks this thread, which runs the virtual machine and its bus, for longer than the bus's timeout for a device.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);
      announced = 0;
      await eventually(() => announced >= 8, { what: "the machine to catch up and to go on" });
      expect(lines.filter((line) => /^(device destroyed|ended)/.test(line))).toEqual([]);
    } finally {
      machine.stop();
      await peripherals.disconnect();
    }
  });
});
