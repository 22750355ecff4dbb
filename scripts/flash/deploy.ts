/** Program and settings brought to a board over its USB line, as DeviceScript's own tools bring them (cli/src/deploy.ts). */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { encodeSettings, type Settings } from "../../sim/settings.js";
import { jacdac, type JDService } from "../../sim/vm/jacdac.js";
import type { BoardLink } from "../serial/link.js";
import { messageOf, StepError } from "./failure.js";

const { DeviceScriptManagerCmd, DeviceScriptManagerReg, OutPipe, SettingsClient, WifiCmd, WifiReg } = jacdac;

export interface Deployment {
  readonly bytecode: Uint8Array;
  /** By key; undefined deletes. `WIFI_SSID` and `WIFI_PWD` go to the Wi-Fi service. */
  readonly settings: Settings;
}

/**
 * Stops what runs, writes program and settings to the board's flash memory, and starts the program. A board that gets a
 * program for other pins than before resets itself when it starts it.
 * @param within how long the board may take to answer, in ms
 * @param progress is told how much of the program is written, 0..100
 * @throws StepError when the board does not take it; nothing runs on it then
 */
export async function deploy(
  link: BoardLink,
  { bytecode, settings }: Deployment,
  within: number,
  progress: (percent: number) => void,
): Promise<void> {
  const { manager, settings: service, wifi } = await link.services(within);
  await checkRuntime(manager, bytecode);
  const autostart = manager.register(DeviceScriptManagerReg.Autostart);
  const running = manager.register(DeviceScriptManagerReg.Running);
  await step("the order to stop", async () => {
    await autostart.sendSetBoolAsync(false, true);
    await running.sendSetBoolAsync(false, true);
  });
  await step("the program", () =>
    OutPipe.sendBytes(manager, DeviceScriptManagerCmd.DeployBytecode, bytecode, (part) => progress(part * 100)),
  );
  await checkProgram(manager, bytecode);
  const { WIFI_SSID, WIFI_PWD, ...rest } = settings;
  const client = new SettingsClient(service);
  for (const [key, value] of Object.entries(encodeSettings(rest)))
    await step(`the setting ${key}`, () => client.setValue(key, value!));
  if (WIFI_SSID !== undefined) {
    if (!wifi) throw new StepError("the deploy", "The board has no Wi-Fi service.", "Use a board with Wi-Fi: see docs/reference/hardware.md."); // prettier-ignore
    await step("the Wi-Fi settings", () => join(wifi, String(WIFI_SSID), String(WIFI_PWD ?? "")));
  }
  await step("the order to start", () => autostart.sendSetBoolAsync(true, true));
  // no answer is waited for: the board may reset itself now
  await running.sendSetBoolAsync(true);
}

async function join(wifi: JDService, ssid: string, password: string): Promise<void> {
  const current = wifi.register(WifiReg.Ssid);
  // a board that is on no network does not know a name
  await current.refresh().catch(() => {});
  await wifi.sendCmdPackedAsync(WifiCmd.AddNetwork, [ssid, password], true);
  if (current.stringValue && current.stringValue !== ssid) await wifi.sendCmdAsync(WifiCmd.Reconnect, undefined, true);
}

/**
 * The runtime loads bytecode of its own major version that is no newer (runtime/devicescript/verify.c); it would not run
 * another, and not say so over Jacdac.
 */
async function checkRuntime(manager: JDService, bytecode: Uint8Array): Promise<void> {
  const version = manager.register(DeviceScriptManagerReg.RuntimeVersion);
  await step("the question for its version", () => version.refresh());
  const [, , runtimeMinor, runtimeMajor] = version.data ?? [];
  const [minor, major] = bytecode.subarray(10, 12);
  if (runtimeMajor === major && minor <= runtimeMinor) return;
  throw new StepError(
    "the deploy",
    `The board's runtime, ${runtimeMajor}.${runtimeMinor}, does not run programs for ${major}.${minor}.`,
    "Flash the runtime of today: npm run flash.",
  );
}

async function checkProgram(manager: JDService, bytecode: Uint8Array): Promise<void> {
  const expected = createHash("sha256").update(bytecode).digest("hex");
  const sha = manager.register(DeviceScriptManagerReg.ProgramSha256);
  for (let attempt = 0; attempt < 5; attempt++) {
    await step("the question for its program", () => sha.refresh());
    if (sha.data && Buffer.from(sha.data).toString("hex") === expected) return;
    // the last page may still be on its way to flash
    await sleep(100);
  }
  throw new StepError("the deploy", "The program in the board's flash memory is not the one that was sent.", RETRY);
}

const RETRY = "Try again; if it stays so, plug the board in without a USB hub, and flash it anew: npm run flash.";

async function step<T>(what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw new StepError("the deploy", `The board did not take ${what}: ${messageOf(error)}.`, RETRY, { cause: error });
  }
}
