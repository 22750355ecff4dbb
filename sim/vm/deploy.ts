/** Deploys a program and settings to a board over Jacdac, like `devs devtools` and VS Code do. */
import { jacdac, type JDService } from "./jacdac.js";

const { DeviceScriptManagerCmd, DeviceScriptManagerReg, OutPipe, SettingsClient } = jacdac;

export interface Deployment {
  bytecode: Uint8Array;
  /**
   * JSON text in UTF-8 by key; undefined deletes the key.
   * `WIFI_SSID` and `WIFI_PWD` are ignored, because a simulated board has no Wi-Fi service.
   */
  settings: Record<string, Uint8Array | undefined>;
}

/** Stops the running program, writes the new program and the settings to flash, and starts the program. */
export async function deployProgram(manager: JDService, settings: JDService, deployment: Deployment): Promise<void> {
  const autostart = manager.register(DeviceScriptManagerReg.Autostart);
  await autostart.sendSetBoolAsync(false);
  await manager.register(DeviceScriptManagerReg.Running).sendSetBoolAsync(false);
  await OutPipe.sendBytes(manager, DeviceScriptManagerCmd.DeployBytecode, deployment.bytecode);
  const client = new SettingsClient(settings);
  for (const [key, value] of Object.entries(deployment.settings)) {
    if (key !== "WIFI_SSID" && key !== "WIFI_PWD") await client.setValue(key, value!);
  }
  await autostart.sendSetBoolAsync(true);
  await startProgram(manager);
}

/**
 * Returns whether the flash contains a complete program. The answer comes after a start that was requested before,
 * because the runtime handles packets in order.
 */
export async function hasProgram(manager: JDService): Promise<boolean> {
  const size = manager.register(DeviceScriptManagerReg.ProgramSize);
  await size.refresh();
  return size.uintValue > 0;
}

/** Starts the program in flash immediately. Autostart would wait until 1.1 s after power-up. */
export async function startProgram(manager: JDService): Promise<void> {
  await manager.register(DeviceScriptManagerReg.Running).sendSetBoolAsync(true);
}
