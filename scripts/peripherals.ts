/**
 * `npm run peripherals`: the light sensor and the lamp of a board that VS Code simulates, on the bus of DeviceScript's tools.
 *
 * A number and Enter hold the light there; Enter alone lets the day go on.
 */
import { createInterface } from "node:readline";
import { styleText } from "node:util";
import { Command, CommanderError } from "commander";
import { clampLight, day, MAX_LIGHT, MIN_LIGHT } from "../sim/light.js";
import { LightSensor } from "../sim/sensor.js";
import { Peripherals } from "../sim/vm/peripherals.js";
import { quiet, wholeNumber } from "./flash/command.js";
import { DevtoolsBus } from "./peripherals/devtools.js";

/** The Jacdac device that carries both: the same each time, so that the roles of a program find it again. */
const DEVICE = "6e69676874313037";
/** How often the light is looked at, in ms. */
const LOOK_EVERY = 50;

function options(args: readonly string[]): { light?: number } {
  const command = new Command("npm run peripherals --")
    .description("The light sensor and the lamp of a board that VS Code's DeviceScript extension simulates.")
    .option(
      "--light <n>",
      "hold the light at 0..1023 (default: a short day and night)",
      wholeNumber(MIN_LIGHT, MAX_LIGHT),
    )
    .addHelpText(
      "after",
      `
Waits for DeviceScript's tools, which VS Code starts, or devs devtools; then type
  400 and Enter     to hold the light at 400
  Enter             to let the day go on`,
    )
    .allowExcessArguments(false)
    .exitOverride();
  command.parse(args, { from: "user" });
  return command.opts();
}

async function run({ light }: { light?: number }): Promise<void> {
  quiet();
  const sensor = new LightSensor(day());
  if (light !== undefined) sensor.hold(light);
  const bus = new DevtoolsBus();
  const peripherals = new Peripherals(
    DEVICE,
    (frame) => bus.send(frame),
    (intensity) => {
      const lamp = intensity > 0 ? styleText("yellow", "● lamp on ") : styleText("dim", "○ lamp off");
      console.log(`${lamp}  light ${sensor.light}`);
    },
  );
  await peripherals.connect();
  bus.on("frame", (frame) => peripherals.receive(frame));
  bus.on("joined", () => {
    console.log(
      "The light sensor and the lamp are on the bus. A number and Enter hold the light; Enter alone releases it.",
    );
    sensor.begin();
    peripherals.announce();
  });
  bus.on("left", () => console.log("DeviceScript's tools ended; waiting for them."));
  console.log("Waiting for DeviceScript's tools on port 8082: VS Code's extension starts them, or devs devtools.");
  bus.open();
  const look = setInterval(() => {
    sensor.look();
    peripherals.light = sensor.light;
  }, LOOK_EVERY);
  createInterface({ input: process.stdin }).on("line", (line) => hold(sensor, line.trim()));

  const end = () => {
    clearInterval(look);
    bus.close();
    void peripherals.disconnect().then(() => process.exit(0));
  };
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
}

function hold(sensor: LightSensor, text: string): void {
  const light = Number(text);
  if (text === "") {
    sensor.hold(null);
    console.log("The light goes through day and night.");
  } else if (/^\d+$/.test(text) && light === clampLight(light)) {
    sensor.hold(light);
    console.log(`The light is held at ${light}.`);
  } else console.log(`A light is a whole number from ${MIN_LIGHT} to ${MAX_LIGHT}, not "${text}".`);
}

try {
  await run(options(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
