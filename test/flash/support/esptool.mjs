#!/usr/bin/env node
// A fake esptool 4. It appends its arguments as a JSON line to $FAKE_ESPTOOL_CALLS, and $FAKE_ESPTOOL_RESULT determines how
// it fails.
import { appendFileSync, readFileSync } from "node:fs";

const args = process.argv.slice(2);
const result = process.env.FAKE_ESPTOOL_RESULT ?? "";
const version = process.env.FAKE_ESPTOOL_VERSION ?? "4.8.1";
const chip = process.env.FAKE_ESPTOOL_CHIP ?? "ESP32-C3";
const command = args.find((arg) => ["version", "chip_id", "write_flash"].includes(arg));

if (process.env.FAKE_ESPTOOL_CALLS) appendFileSync(process.env.FAKE_ESPTOOL_CALLS, JSON.stringify(args) + "\n");

function exitWithError(message) {
  console.log(`\nA fatal error occurred: ${message}`);
  process.exit(2);
}

console.log(version.startsWith("5") ? `esptool v${version}` : `esptool.py v${version}`);
if (command === "version") {
  console.log(version);
  process.exit(0);
}
console.log(`Serial port ${args[args.indexOf("--port") + 1]}`);
if (result === "permission")
  exitWithError(
    "Could not open /dev/ttyACM0, the port is busy or doesn't exist.\n([Errno 13] could not open port: [Errno 13] Permission denied)",
  );
if (result === "busy")
  exitWithError(
    "Could not open /dev/ttyACM0, the port is busy or doesn't exist.\n([Errno 16] Device or resource busy)",
  );
console.log("Connecting....");
if (result === "boot")
  exitWithError(
    "Failed to connect to ESP32-C3: Wrong boot mode detected (0x8)! The chip needs to be in download mode.",
  );
if (result === "silent") exitWithError("Failed to connect to Espressif device: No serial data received.");
console.log(
  `Detecting chip type... ${chip}\nChip is ${chip} (QFN32) (revision v0.4)\nMAC: 00:00:00:00:00:00\nStub running...`,
);
if (command === "write_flash") {
  const file = args.at(-1);
  const { length } = readFileSync(file);
  console.log(`Compressed ${length} bytes to ${length >> 1}...`);
  for (const percent of [3, 40, 80]) {
    console.log(`Writing at 0x0000${percent}00... (${percent} %)`);
    if (result === "baud" && percent === 40)
      exitWithError("Serial data stream stopped: Possible serial noise or corruption.");
  }
  if (result === "digest") exitWithError("MD5 of file does not match data in flash!");
  if (result === "small")
    exitWithError(`File ${file} (length ${length}) at offset 0 will not fit in 1048576 bytes of flash.`);
  console.log(`Writing at 0x00009000... (100 %)\nWrote ${length} bytes\nHash of data verified.`);
  if (result === "by hand") {
    console.log("WARNING: ESP32-S2 (revision v0.0) chip was placed into download mode using GPIO0.");
    console.log("esptool.py can not exit the download mode over USB. To run the app, reset the chip manually.");
    process.exit(1);
  }
}
console.log("Leaving...");
