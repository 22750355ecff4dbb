/** Program and settings brought to a board as `devs devtools` and VS Code bring them: over Jacdac, to its own services. */
import { jacdac, type JDService } from "./jacdac.js";

const { DeviceScriptManagerCmd, DeviceScriptManagerReg, OutPipe, SettingsClient } = jacdac;

export interface Deployment {
  bytecode: Uint8Array;
  /** JSON text in UTF-8 by key; undefined deletes. `WIFI_…` goes to the Wi-Fi service of a real board, and nowhere here. */
  settings: Record<string, Uint8Array | undefined>;
}

/** Stops what runs, writes program and settings to flash, starts the program. */
export async function deploy(manager: JDService, settings: JDService, deployment: Deployment): Promise<void> {
  const autostart = manager.register(DeviceScriptManagerReg.Autostart);
  await autostart.sendSetBoolAsync(false);
  await manager.register(DeviceScriptManagerReg.Running).sendSetBoolAsync(false);
  await OutPipe.sendBytes(manager, DeviceScriptManagerCmd.DeployBytecode, deployment.bytecode);
  const client = new SettingsClient(settings);
  for (const [key, value] of Object.entries(deployment.settings)) {
    if (key !== "WIFI_SSID" && key !== "WIFI_PWD") await client.setValue(key, value!);
  }
  await autostart.sendSetBoolAsync(true);
  await run(manager);
}

/** Starts the program that is in flash now, and not 1.1 s after power-up. */
export async function run(manager: JDService): Promise<void> {
  await manager.register(DeviceScriptManagerReg.Running).sendSetBoolAsync(true);
}
