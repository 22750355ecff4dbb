#!/usr/bin/env node
// A stand-in for esptool 4: notes how it was called, one JSON array a line in $STANDIN_CALLS, and plays what $STANDIN_PLAYS says.
import { appendFileSync, readFileSync } from "node:fs";

const args = process.argv.slice(2);
const plays = process.env.STANDIN_PLAYS ?? "";
const version = process.env.STANDIN_VERSION ?? "4.8.1";
const chip = process.env.STANDIN_CHIP ?? "ESP32-C3";
const command = args.find((arg) => ["version", "chip_id", "write_flash"].includes(arg));

if (process.env.STANDIN_CALLS) appendFileSync(process.env.STANDIN_CALLS, JSON.stringify(args) + "\n");

function fatal(message) {
  console.log(`\nA fatal error occurred: ${message}`);
  process.exit(2);
}

console.log(version.startsWith("5") ? `esptool v${version}` : `esptool.py v${version}`);
if (command === "version") {
  console.log(version);
  process.exit(0);
}
console.log(`Serial port ${args[args.indexOf("--port") + 1]}`);
if (plays === "permission")
  fatal(
    "Could not open /dev/ttyACM0, the port is busy or doesn't exist.\n([Errno 13] could not open port: [Errno 13] Permission denied)",
  );
if (plays === "busy")
  fatal("Could not open /dev/ttyACM0, the port is busy or doesn't exist.\n([Errno 16] Device or resource busy)");
console.log("Connecting....");
if (plays === "boot")
  fatal("Failed to connect to ESP32-C3: Wrong boot mode detected (0x8)! The chip needs to be in download mode.");
if (plays === "silent") fatal("Failed to connect to Espressif device: No serial data received.");
console.log(
  `Detecting chip type... ${chip}\nChip is ${chip} (QFN32) (revision v0.4)\nMAC: 00:00:00:00:00:00\nStub running...`,
);
if (command === "write_flash") {
  const file = args.at(-1);
  const { length } = readFileSync(file);
  console.log(`Compressed ${length} bytes to ${length >> 1}...`);
  for (const percent of [3, 40, 80]) {
    console.log(`Writing at 0x0000${percent}00... (${percent} %)`);
    if (plays === "baud" && percent === 40) fatal("Serial data stream stopped: Possible serial noise or corruption.");
  }
  if (plays === "digest") fatal("MD5 of file does not match data in flash!");
  if (plays === "small") fatal(`File ${file} (length ${length}) at offset 0 will not fit in 1048576 bytes of flash.`);
  console.log(`Writing at 0x00009000... (100 %)\nWrote ${length} bytes\nHash of data verified.`);
  if (plays === "by hand") {
    console.log("WARNING: ESP32-S2 (revision v0.0) chip was placed into download mode using GPIO0.");
    console.log("esptool.py can not exit the download mode over USB. To run the app, reset the chip manually.");
    process.exit(1);
  }
}
console.log("Leaving...");
