/** Entry point of the worker thread of one board. Runs from power-up until the virtual machine ends. */
import { parentPort, workerData } from "node:worker_threads";
import { deployProgram, hasProgram, startProgram } from "./deploy.js";
import { Machine } from "./machine.js";
import { Network } from "./network.js";
import { Peripherals } from "./peripherals.js";
import { ProgramMonitor } from "./program.js";
import type { BoardSetup, MessageFromWorker, MessageToWorker } from "./protocol.js";
import { NetworkSocket } from "./socket.js";
import { StatusLightTracker } from "./status-light.js";

/** Board time to skip after power-up, in ms, because a board does not announce itself during the first 500 ms. */
const BOOT_TIME = 600;

const setup = workerData as BoardSetup;
const sendToParent = (message: MessageFromWorker) => parentPort?.postMessage(message);
const sendLog = (line: string) => sendToParent({ type: "log", line });
// forward the console output of jacdac-ts as log messages
for (const level of ["debug", "log", "info", "warn", "error"] as const) {
  console[level] = (...args: unknown[]) => sendLog(args.map(String).join(" "));
}

await main();

async function main(): Promise<void> {
  const network = new Network(setup.network);
  const socket = new NetworkSocket(network, (event, data) => machine.raiseEvent(event, data));
  const program = new ProgramMonitor(sendToParent);
  const peripherals = new Peripherals(
    setup.peripheralId,
    (frame) => machine.receive(frame),
    (intensity) => sendToParent({ type: "lamp", intensity }),
    setup.speed,
  );
  peripherals.light = setup.light;
  const statusLight = new StatusLightTracker(setup.deviceId, (shown) => sendToParent({ type: "status-light", shown }));

  const machine = await Machine.boot(
    setup.vm,
    setup.deviceId,
    setup.flash,
    {
      log: (line) => {
        sendLog(line);
        program.handleLine(line);
        const role = peripherals.roleOf(line);
        if (role) sendToParent({ type: "bound", role });
      },
      frame(frame, now) {
        statusLight.handleFrame(frame, now);
        peripherals.receive(frame);
      },
      flash: (data) => sendToParent({ type: "flash", data }),
      panic: (code) => program.handlePanic(code),
      end: (how, reason) => sendToParent({ type: "ended", how, reason }),
      clockBehind: () => peripherals.announce(),
      socket,
    },
    setup.speed,
  );
  parentPort?.on("message", ({ light, network: state, heap }: MessageToWorker) => {
    if (light !== undefined) peripherals.light = light;
    if (state) network.setState(state);
    if (heap) sendToParent({ type: "heap", heap: machine.readHeap() });
  });

  const problem = setup.flash ? "" : machine.verifyImage(setup.bytecode);
  if (problem) return sendToParent({ type: "ended", how: "refused", reason: problem });
  await peripherals.connect();
  machine.skip(setup.uptime + BOOT_TIME);
  const { manager, settings } = await peripherals.deployServices();
  program.reportsUpdates = setup.flash !== undefined;
  if (setup.flash) await startProgram(manager);
  else await deployProgram(manager, settings, setup);
  program.reportsUpdates = true;
  if (!(await hasProgram(manager)) || !program.hasStarted) sendToParent({ type: "empty" });
}
