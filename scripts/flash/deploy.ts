/** Deploys a program and settings to a board over USB with DeviceScript's protocol (its cli/src/deploy.ts). */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { encodeSettings, type Settings } from "../../sim/settings.js";
import { jacdac, type JDService } from "../../sim/vm/jacdac.js";
import type { BoardLink } from "../lib/serial/link.js";
import { messageOf, StepError } from "../lib/step-error.js";

const { DeviceScriptManagerCmd, DeviceScriptManagerReg, OutPipe, SettingsClient, WifiCmd, WifiReg } = jacdac;

/** A program and the settings to deploy with the program. */
export interface Deployment {
  readonly bytecode: Uint8Array;
  /** Values by key; undefined deletes a setting. `WIFI_SSID` and `WIFI_PWD` go to the Wi-Fi service. */
  readonly settings: Settings;
}

/**
 * Stops the running program, writes the new program and settings to the board's flash memory, and starts the new program.
 * A board whose pin configuration changes resets itself at the start.
 * @param within time limit in ms for the board's first answer
 * @param progress receives the percentage of the program that is written, 0..100
 * @throws StepError when the board refuses a step; then no program runs on the board
 */
export async function deployToBoard(
  link: BoardLink,
  { bytecode, settings }: Deployment,
  within: number,
  progress: (percent: number) => void,
): Promise<void> {
  const { manager, settings: service, wifi } = await link.waitForServices(within);
  await checkRuntime(manager, bytecode);
  const autostart = manager.register(DeviceScriptManagerReg.Autostart);
  const running = manager.register(DeviceScriptManagerReg.Running);
  await runStep("the command to stop", async () => {
    await autostart.sendSetBoolAsync(false, true);
    await running.sendSetBoolAsync(false, true);
  });
  await runStep("the program", () =>
    OutPipe.sendBytes(manager, DeviceScriptManagerCmd.DeployBytecode, bytecode, (part) => progress(part * 100)),
  );
  await checkProgram(manager, bytecode);
  const { WIFI_SSID, WIFI_PWD, ...rest } = settings;
  const client = new SettingsClient(service);
  for (const [key, value] of Object.entries(encodeSettings(rest)))
    await runStep(`the setting ${key}`, () => client.setValue(key, value!));
  if (WIFI_SSID !== undefined) {
    if (!wifi) throw new StepError("the deploy", "The board has no Wi-Fi service.", "Use a board with Wi-Fi: see docs/reference/hardware.md."); // prettier-ignore
    await runStep("the Wi-Fi settings", () => addNetwork(wifi, String(WIFI_SSID), String(WIFI_PWD ?? "")));
  }
  await runStep("the command to start", () => autostart.sendSetBoolAsync(true, true));
  // does not wait for an acknowledgement, because the board may reset itself now
  await running.sendSetBoolAsync(true);
}

/** Stores the Wi-Fi network on the board, and reconnects when the board is on another network. */
async function addNetwork(wifi: JDService, ssid: string, password: string): Promise<void> {
  const current = wifi.register(WifiReg.Ssid);
  // ignores a missing answer: a board that is not on a network sends no network name, and needs no reconnect
  await current.refresh().catch(() => {});
  await wifi.sendCmdPackedAsync(WifiCmd.AddNetwork, [ssid, password], true);
  if (current.stringValue && current.stringValue !== ssid) await wifi.sendCmdAsync(WifiCmd.Reconnect, undefined, true);
}

/**
 * Checks that the board's runtime can load the bytecode: the same major version, and a minor version that is not newer
 * (runtime/devicescript/verify.c). The runtime would not report a mismatch.
 */
async function checkRuntime(manager: JDService, bytecode: Uint8Array): Promise<void> {
  const version = manager.register(DeviceScriptManagerReg.RuntimeVersion);
  const [, , runtimeMinor, runtimeMajor] = await runStep("the query for its version", () => readRegister(version));
  const [minor, major] = bytecode.subarray(10, 12);
  if (runtimeMajor === major && minor <= runtimeMinor) return;
  throw new StepError(
    "the deploy",
    `The board's runtime, ${runtimeMajor}.${runtimeMinor}, does not run programs for ${major}.${minor}.`,
    "Flash the current runtime: npm run flash.",
  );
}

/** Compares the hash of the program in the board's flash memory with the deployed program. */
async function checkProgram(manager: JDService, bytecode: Uint8Array): Promise<void> {
  const expected = createHash("sha256").update(bytecode).digest("hex");
  const sha = manager.register(DeviceScriptManagerReg.ProgramSha256);
  for (let attempt = 0; attempt < 5; attempt++) {
    const answer = await runStep("the query for its program", () => readRegister(sha));
    if (Buffer.from(answer).toString("hex") === expected) return;
    // waits before the next attempt, because the board may still be writing the last page to flash memory
    await sleep(100);
  }
  throw new StepError(
    "the deploy",
    "The program in the board's flash memory is not the one that was sent.",
    RETRY_ADVICE,
  );
}

/** Reads a register of the board. @throws Error when the board does not answer, or does not implement the register */
async function readRegister(register: ReturnType<JDService["register"]>): Promise<Uint8Array> {
  if (!(await register.refresh())) throw new Error("its runtime does not implement this register");
  return register.data;
}

const RETRY_ADVICE = "Try again. If the error remains, connect the board without a USB hub and run npm run flash.";

async function runStep<T>(what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw new StepError("the deploy", `The board did not accept ${what}: ${messageOf(error)}.`, RETRY_ADVICE, {
      cause: error,
    });
  }
}
