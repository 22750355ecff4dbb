/**
 * Finds out whether the board's Wi-Fi network is hidden.
 *
 * A deploy makes the board join its network at once. After a power cut, however, DeviceScript's runtime joins only
 * networks that a scan has found (runtime/devicescript/network/wifi.c). A scan does not find hidden networks.
 */
import { jacdac, type JDService } from "./jacdac.js";
import { waitAtMost } from "./sleep.js";

const { EVENT, WifiCmd, WifiEvent } = jacdac;

/** Time limit for a scan, in ms. A scan usually takes two to three seconds. */
const SCAN_TIMEOUT = 10_000;

/** The advice for a board that is connected to a hidden network. */
export const HIDDEN_NETWORK_WARNING =
  "But the Wi-Fi network is hidden: after a power cut the board will not find it. Let the router show the network's name, or use a guest network.";

/** Makes a connected board scan. Returns whether the scan misses the board's own network; false if the scan fails. */
export async function isNetworkHidden(wifi: JDService): Promise<boolean> {
  const complete = wifi.event(WifiEvent.ScanComplete);
  const scanned = new Promise<boolean>((resolve) => {
    complete.once(EVENT, () => {
      const [found, known] = complete.unpackedValue as [found: number, known: number];
      resolve(found > 0 && known === 0);
    });
  });
  await wifi.sendCmdAsync(WifiCmd.Scan);
  return (await waitAtMost(scanned, SCAN_TIMEOUT)) ?? false;
}
