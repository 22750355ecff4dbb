/** Lists the Wi-Fi networks that a board sees, through its Jacdac Wi-Fi service. */
import { exchange } from "./exchange.js";
import { jacdac, type JDService } from "./jacdac.js";
import { waitAtMost } from "./sleep.js";
import { messageOf, StepError } from "./step-error.js";

/** A Wi-Fi network in a board's scan. */
export interface WifiNetwork {
  readonly name: string;
  /** Signal strength in dBm; closer to zero is stronger. */
  readonly strength: number;
  readonly needsPassword: boolean;
}

/** Time limit for a scan, in ms. A scan usually takes two to three seconds. */
const SCAN_TIMEOUT = 10_000;

/** Time limit in ms for reading the results once. A board gives up when the computer is busy for 0.2 s. */
const READ_TIMEOUT = 1000;

/**
 * Makes a board scan. Returns the networks with a name, the strongest first. A network with several access points appears
 * once. Returns the results of the previous scan if the board does not complete one in time.
 * @throws StepError when the board does not answer
 */
export async function scanNetworks(wifi: JDService, within?: number): Promise<WifiNetwork[]> {
  const complete = wifi.event(jacdac.WifiEvent.ScanComplete);
  const scanned = new Promise<true>((resolve) => void complete.once(jacdac.EVENT, () => resolve(true)));
  try {
    await exchange(() => wifi.sendCmdAsync(jacdac.WifiCmd.Scan, undefined, true), within);
    await waitAtMost(scanned, SCAN_TIMEOUT);
    return strongestByName(await exchange(() => readResults(wifi), within));
  } catch (error) {
    throw new StepError("the Wi-Fi", `The board did not send the networks that it sees: ${messageOf(error)}.`, "Try again. If the error remains, unplug the board and plug it in again.", { cause: error, kind: "reset", details: { code: "no-scan" } }); // prettier-ignore
  }
}

async function readResults(wifi: JDService): Promise<WifiNetwork[]> {
  const pipe = new jacdac.InPipeReader(wifi.device.bus);
  try {
    await wifi.sendPacketAsync(pipe.openCommand(jacdac.WifiCmd.LastScanResults), true);
    return (await pipe.readData(READ_TIMEOUT)).flatMap((data) => {
      const [flags, strength, , , name] = jacdac.jdunpack<[number, number, number, Uint8Array, Uint8Array]>(data, "u32 x[4] i8 u8 b[6] b[33]"); // prettier-ignore
      return {
        name: decodeName(name),
        strength,
        needsPassword: (flags & jacdac.WifiAPFlags.HasPassword) !== 0,
      };
    });
  } finally {
    pipe.close();
  }
}

/** Decodes a network's name, which ends with a zero; the runtime sends further bytes after it. "" if it is not UTF-8. */
function decodeName(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(end < 0 ? bytes : bytes.subarray(0, end));
  } catch {
    return "";
  }
}

function strongestByName(found: readonly WifiNetwork[]): WifiNetwork[] {
  const byName = new Map<string, WifiNetwork>();
  for (const network of found)
    if (network.name && (byName.get(network.name)?.strength ?? -Infinity) < network.strength)
      byName.set(network.name, network);
  return [...byName.values()].sort((a, b) => b.strength - a.strength);
}
