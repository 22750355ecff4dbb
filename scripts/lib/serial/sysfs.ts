/** Lists USB serial ports from sysfs, for Linux systems without udev, such as containers and Alpine. */
import { readdir, readFile, realpath } from "node:fs/promises";
import path from "node:path";
import type { PortInfo } from "./port.js";

/** Names of serial ports on USB: native USB (ACM) and USB-to-serial chips. */
const USB_PORT_NAME = /^tty(ACM|USB)\d+$/;

/**
 * Lists the ports in `/sys/class/tty` with the USB identifiers of their devices.
 * @param sys the folder where sysfs is mounted
 */
export async function listPortsInSysfs(sys = "/sys"): Promise<PortInfo[]> {
  const folder = path.join(sys, "class/tty");
  const names = (await readdir(folder).catch(() => [] as string[])).filter((name) => USB_PORT_NAME.test(name)).sort();
  return Promise.all(
    names.map(async (name) => ({ path: `/dev/${name}`, ...(await readUsbIdentifiers(path.join(folder, name))) })),
  );
}

/** Reads the USB identifiers of a port's device: the nearest parent folder with a vendor id. */
async function readUsbIdentifiers(port: string): Promise<Partial<PortInfo>> {
  let device = await realpath(path.join(port, "device")).catch(() => "");
  while (device && device !== path.dirname(device)) {
    const readIdentifier = async (name: string): Promise<string | undefined> =>
      (await readFile(path.join(device, name), "utf8").catch(() => undefined))?.trim();
    const vendorId = await readIdentifier("idVendor");
    if (vendorId)
      return {
        vendorId,
        productId: await readIdentifier("idProduct"),
        manufacturer: await readIdentifier("manufacturer"),
        serialNumber: await readIdentifier("serial"),
      };
    device = path.dirname(device);
  }
  return {};
}
