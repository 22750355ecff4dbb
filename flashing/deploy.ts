/** Deploys a program and settings to a board over USB with DeviceScript's protocol (its cli/src/deploy.ts). */
import { ANSWER_TIMEOUT, exchange, readRegister } from "./exchange.js";
import { jacdac, type JDService } from "./jacdac.js";
import { sendThroughPipe } from "./pipe.js";
import { createPortLostError } from "./serial/port.js";
import type { BoardLink, BoardServices } from "./serial/link.js";
import { encodeSettings, type Settings } from "./settings.js";
import { sha256Of, toHex } from "./sha256.js";
import { sleep } from "./sleep.js";
import { messageOf, StepError } from "./step-error.js";

const { DeviceScriptManagerCmd, DeviceScriptManagerReg, SettingsClient, WifiCmd, WifiReg } = jacdac;

/** A program and the settings to deploy with the program. */
export interface Deployment {
  readonly bytecode: Uint8Array;
  /** Values by key; undefined deletes a setting. `WIFI_SSID` and `WIFI_PWD` go to the Wi-Fi service. */
  readonly settings: Settings;
}

/** Time limits of a deploy, in ms. */
export interface DeployTimeouts {
  /** For the board to announce its services. */
  readonly services: number;
  /** For each later answer of the board. */
  readonly answer?: number;
}

/**
 * Stops the running program, writes the new program and settings to the board's flash memory, and starts the new program.
 * A board whose pin configuration changes resets itself at the start.
 * @param progress receives the percentage of the program that is written, 0..100
 * @throws StepError when the board has no Wi-Fi or its runtime is too old, so that nothing has changed; and when the board
 * refuses a step or leaves the port, so that no program runs on it
 * @throws RangeError when a setting is too long, so that nothing has changed
 */
export async function deployToBoard(
  link: BoardLink,
  deployment: Deployment,
  { services: within, answer = ANSWER_TIMEOUT }: DeployTimeouts,
  progress: (percent: number) => void,
): Promise<void> {
  const services = await link.waitForServices(within);
  let onDisconnected = () => {};
  const disconnected = new Promise<never>((_, reject) => {
    // a board that returns has lost what it received
    onDisconnected = () => reject(createPortLostError("the deploy", link.path, "npm run deploy"));
  });
  link.on("disconnected", onDisconnected);
  try {
    await Promise.race([new Deploy(services, answer).run(deployment, progress), disconnected]);
  } finally {
    link.off("disconnected", onDisconnected);
  }
}

class Deploy {
  constructor(
    private readonly services: BoardServices,
    /** Time limit in ms for each answer. */
    private readonly within: number,
  ) {}

  async run({ bytecode, settings }: Deployment, progress: (percent: number) => void): Promise<void> {
    const { manager, settings: service, wifi } = this.services;
    const { WIFI_SSID, WIFI_PWD, ...rest } = settings;
    // finds what cannot work before it changes the board
    const encoded = encodeSettings(rest);
    if (WIFI_SSID !== undefined && !wifi)
      throw new StepError("the deploy", "The board has no Wi-Fi service.", "Use a board with Wi-Fi: see docs/reference/hardware.md.", { kind: "other-board" }); // prettier-ignore
    await this.#checkRuntime(bytecode);
    const autostart = manager.register(DeviceScriptManagerReg.Autostart);
    const running = manager.register(DeviceScriptManagerReg.Running);
    await this.#exchange("the command to stop", () => autostart.sendSetBoolAsync(false, true));
    await this.#exchange("the command to stop", () => running.sendSetBoolAsync(false, true));
    await runStep("the program", () =>
      sendThroughPipe(manager, DeviceScriptManagerCmd.DeployBytecode, bytecode, this.within, progress),
    );
    await this.#checkProgram(bytecode);
    const client = new SettingsClient(service);
    for (const [key, value] of Object.entries(encoded))
      await this.#exchange(`the setting ${key}`, () => client.setValue(key, value!));
    if (WIFI_SSID !== undefined && wifi) await this.#addNetwork(wifi, String(WIFI_SSID), String(WIFI_PWD ?? ""));
    await this.#exchange("the command to start", () => autostart.sendSetBoolAsync(true, true));
    // does not wait for an acknowledgement, because the board may reset itself now
    await running.sendSetBoolAsync(true);
  }

  /** Stores the Wi-Fi network on the board, and reconnects when the board is on another network. */
  async #addNetwork(wifi: JDService, ssid: string, password: string): Promise<void> {
    const step = "the Wi-Fi settings";
    const current = wifi.register(WifiReg.Ssid);
    // ignores a missing answer: a board that is not on a network sends no network name, and needs no reconnect
    await readRegister(current, this.within).catch(() => {});
    await this.#exchange(step, () => wifi.sendCmdPackedAsync(WifiCmd.AddNetwork, [ssid, password], true));
    if (current.stringValue && current.stringValue !== ssid)
      await this.#exchange(step, () => wifi.sendCmdAsync(WifiCmd.Reconnect, undefined, true));
  }

  /**
   * Checks that the board's runtime can load the bytecode: the same major version, and a minor version that is not newer
   * (runtime/devicescript/verify.c). The runtime would not report a mismatch.
   */
  async #checkRuntime(bytecode: Uint8Array): Promise<void> {
    const version = this.services.manager.register(DeviceScriptManagerReg.RuntimeVersion);
    const [, , runtimeMinor, runtimeMajor] = await runStep("the query for its version", () =>
      readRegister(version, this.within),
    );
    const [minor, major] = bytecode.subarray(10, 12);
    if (runtimeMajor === major && minor <= runtimeMinor) return;
    throw new StepError(
      "the deploy",
      `The board's runtime, ${runtimeMajor}.${runtimeMinor}, does not run programs for ${major}.${minor}.`,
      "Flash the current runtime: npm run flash.",
      { kind: "report" },
    );
  }

  /** Compares the hash of the program in the board's flash memory with the deployed program. */
  async #checkProgram(bytecode: Uint8Array): Promise<void> {
    const expected = await sha256Of(bytecode);
    const sha = this.services.manager.register(DeviceScriptManagerReg.ProgramSha256);
    for (let attempt = 0; attempt < 5; attempt++) {
      const answer = await runStep("the query for its program", () => readRegister(sha, this.within));
      if (toHex(answer) === expected) return;
      // waits before the next attempt, because the board may still be writing the last page to flash memory
      await sleep(100);
    }
    throw new StepError(
      "the deploy",
      "The program in the board's flash memory is not the one that was sent.",
      RETRY_ADVICE,
      { kind: "cable", details: { code: "flash-differs", reason: "SHA-256" } },
    );
  }

  #exchange(what: string, run: () => Promise<void>): Promise<void> {
    return runStep(what, () => exchange(run, this.within));
  }
}

const RETRY_ADVICE = "Try again. If the error remains, connect the board without a USB hub and run npm run flash.";

async function runStep<T>(what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw new StepError("the deploy", `The board did not accept ${what}: ${messageOf(error)}.`, RETRY_ADVICE, {
      cause: error,
      kind: "cable",
      details: { code: "not-accepted", reason: `${what}: ${messageOf(error)}` },
    });
  }
}
