/** The serial ports on USB as Linux itself lists them: for systems without udev, such as containers, and Alpine. */
import { readdir, readFile, realpath } from "node:fs/promises";
import path from "node:path";
import type { PortInfo } from "./ports.js";

/** Ports of USB's own class for them, and of USB-to-serial chips. */
const ON_USB = /^tty(ACM|USB)\d+$/;

/**
 * The ports in `/sys/class/tty`, with what USB tells of them.
 * @param sys where sysfs is mounted
 */
export async function portsInSysfs(sys = "/sys"): Promise<PortInfo[]> {
  const folder = path.join(sys, "class/tty");
  const names = (await readdir(folder).catch(() => [] as string[])).filter((name) => ON_USB.test(name)).sort();
  return Promise.all(names.map(async (name) => ({ path: `/dev/${name}`, ...(await usbOf(path.join(folder, name))) })));
}

/** What the USB device says that a port belongs to: some levels above it, the first that has a vendor. */
async function usbOf(port: string): Promise<Partial<PortInfo>> {
  let device = await realpath(path.join(port, "device")).catch(() => "");
  while (device && device !== path.dirname(device)) {
    const read = async (name: string): Promise<string | undefined> =>
      (await readFile(path.join(device, name), "utf8").catch(() => undefined))?.trim();
    const vendorId = await read("idVendor");
    if (vendorId)
      return {
        vendorId,
        productId: await read("idProduct"),
        manufacturer: await read("manufacturer"),
        serialNumber: await read("serial"),
      };
    device = path.dirname(device);
  }
  return {};
}
