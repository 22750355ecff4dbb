/** Entry point of the worker thread of one board. Runs from power-up until the virtual machine ends. */
import { parentPort, workerData } from "node:worker_threads";
import { deploy, run } from "./deploy.js";
import { Machine } from "./machine.js";
import { Network } from "./network.js";
import { Peripherals } from "./peripherals.js";
import { ProgramMonitor } from "./program.js";
import type { BoardSetup, FromWorker, ToWorker } from "./protocol.js";
import { NetworkSocket } from "./socket.js";
import { statusLightOf } from "./status-light.js";

/** Board time to skip after power-up, in ms. The board does not announce itself during the first 500 ms. */
const BOOT_TIME = 600;

const setup = workerData as BoardSetup;
const send = (message: FromWorker) => parentPort?.postMessage(message);
const log = (line: string) => send({ type: "log", line });
// forward the console output of jacdac-ts as log messages
for (const level of ["debug", "log", "info", "warn", "error"] as const) {
  console[level] = (...args: unknown[]) => log(args.map(String).join(" "));
}

await main();

async function main(): Promise<void> {
  const network = new Network(setup.network);
  const socket = new NetworkSocket(network, (event, data) => machine.raise(event, data));
  const program = new ProgramMonitor(send);
  const peripherals = new Peripherals(
    setup.peripheralId,
    (frame) => machine.receive(frame),
    (intensity) => send({ type: "lamp", intensity }),
    setup.speed,
  );
  peripherals.light = setup.light;

  const machine = await Machine.boot(
    setup.vm,
    setup.deviceId,
    setup.flash,
    {
      log: (line) => {
        log(line);
        program.handleLine(line);
        const role = peripherals.roleOf(line);
        if (role) send({ type: "bound", role });
      },
      frame(frame) {
        const color = statusLightOf(frame, setup.deviceId);
        if (color) send({ type: "status-light", color });
        peripherals.receive(frame);
      },
      flash: (data) => send({ type: "flash", data }),
      panic: (code) => program.handlePanic(code),
      end: (how, reason) => send({ type: "ended", how, reason }),
      clockBehind: () => peripherals.announce(),
      socket,
    },
    setup.speed,
  );
  parentPort?.on("message", ({ light, network: state, heap }: ToWorker) => {
    if (light !== undefined) peripherals.light = light;
    if (state) network.set(state);
    if (heap) send({ type: "heap", heap: machine.heap() });
  });

  const problem = machine.verify(setup.bytecode);
  if (problem) return send({ type: "ended", how: "refused", reason: problem });
  await peripherals.connect();
  machine.skip(setup.uptime + BOOT_TIME);
  const { manager, settings } = await peripherals.deployServices();
  if (setup.flash) await run(manager);
  else await deploy(manager, settings, setup);
}
