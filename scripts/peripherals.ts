/**
 * `npm run peripherals`: simulates the light sensor and the lamp of a board in VS Code's DeviceScript simulator.
 *
 * Type a number and Enter to hold the light at that value, or Enter alone to continue the simulated day.
 */
import { createInterface } from "node:readline";
import { styleText } from "node:util";
import { Command, CommanderError } from "commander";
import { clampLight, createShortDay, MAX_LIGHT, MIN_LIGHT } from "../sim/light.js";
import { LightSensor } from "../sim/sensor.js";
import { Peripherals } from "../sim/vm/peripherals.js";
import { silenceJacdac, createWholeNumberParser } from "./lib/command-line.js";
import { DevtoolsBus } from "./peripherals/devtools.js";

/** The id of the simulated Jacdac device. A constant id lets programs find their services again after a restart. */
const DEVICE_ID = "6e69676874313037";
/** Sampling interval of the light in ms. */
const SAMPLE_INTERVAL = 50;

function parseOptions(args: readonly string[]): { light?: number } {
  const command = new Command("npm run peripherals --")
    .description("Simulate the light sensor and the lamp of a board in VS Code's DeviceScript simulator.")
    .option(
      "--light <n>",
      "hold the light at 0..1023 (default: a short day and night)",
      createWholeNumberParser(MIN_LIGHT, MAX_LIGHT),
    )
    .addHelpText(
      "after",
      `
Waits for DeviceScript's tools, which VS Code or devs devtools starts. Then type
  400 and Enter     to hold the light at 400
  Enter             to continue the simulated day`,
    )
    .allowExcessArguments(false)
    .exitOverride();
  command.parse(args, { from: "user" });
  return command.opts();
}

async function runPeripherals({ light }: { light?: number }): Promise<void> {
  silenceJacdac();
  const sensor = new LightSensor(createShortDay());
  if (light !== undefined) sensor.hold(light);
  const bus = new DevtoolsBus();
  const peripherals = new Peripherals(
    DEVICE_ID,
    (frame) => bus.send(frame),
    (intensity) => {
      const lamp = intensity > 0 ? styleText("yellow", "● lamp on ") : styleText("dim", "○ lamp off");
      console.log(`${lamp}  light ${sensor.light}`);
    },
  );
  await peripherals.connect();
  bus.on("frame", (frame) => peripherals.receive(frame));
  bus.on("connected", () => {
    console.log(
      "The light sensor and the lamp are on the bus. A number and Enter hold the light; Enter alone releases it.",
    );
    sensor.start();
    peripherals.announce();
  });
  bus.on("disconnected", () => console.log("DeviceScript's tools ended; waiting for them."));
  console.log("Waiting for DeviceScript's tools on port 8082: VS Code's extension starts them, or devs devtools.");
  bus.open();
  const sampling = setInterval(() => {
    sensor.sample();
    peripherals.light = sensor.light;
  }, SAMPLE_INTERVAL);
  createInterface({ input: process.stdin }).on("line", (line) => holdLight(sensor, line.trim()));

  const stopSimulation = () => {
    clearInterval(sampling);
    bus.close();
    void peripherals.disconnect().then(() => process.exit(0));
  };
  process.once("SIGINT", stopSimulation);
  process.once("SIGTERM", stopSimulation);
}

function holdLight(sensor: LightSensor, text: string): void {
  const light = Number(text);
  if (text === "") {
    sensor.hold(null);
    console.log("The light follows day and night again.");
  } else if (/^\d+$/.test(text) && light === clampLight(light)) {
    sensor.hold(light);
    console.log(`The light is held at ${light}.`);
  } else console.log(`The light must be a whole number from ${MIN_LIGHT} to ${MAX_LIGHT}, not "${text}".`);
}

try {
  await runPeripherals(parseOptions(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
