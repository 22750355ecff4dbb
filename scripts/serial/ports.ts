/** The serial ports of this computer: which of them boards are on, and whether this user may open them. */
import { spawnSync } from "node:child_process";
import { access, constants, readFile, stat } from "node:fs/promises";
import { messageOf, StepError } from "../flash/failure.js";
import { loadSerialport, systemPort, type OpenPort } from "./port.js";
import { portsInSysfs } from "./sysfs.js";

export interface PortInfo {
  /** `/dev/ttyACM0`, `/dev/cu.usbmodem101`, `COM3` */
  readonly path: string;
  /** Four hexadecimal digits; undefined for what is not on USB. */
  readonly vendorId?: string;
  readonly productId?: string;
  readonly manufacturer?: string;
  readonly serialNumber?: string;
}

/** Who makes the USB chips of the boards: those that DeviceScript knows (cli/src/flash.ts), and makers of boards. */
const VENDORS: Readonly<Record<string, string>> = {
  "303a": "Espressif",
  "10c4": "Silicon Labs",
  "1a86": "WCH",
  "0403": "FTDI",
  "239a": "Adafruit",
  "2886": "Seeed",
};

/**
 * All serial ports, with the names by which they are opened.
 * @throws StepError when the library `serialport` cannot be loaded, or the system does not list them
 */
export async function listPorts(): Promise<PortInfo[]> {
  const { SerialPort } = await loadSerialport();
  // where there is no udev, such as in a container, the library has nobody to ask
  if (process.platform === "linux" && spawnSync("udevadm", ["--version"]).error) return portsInSysfs();
  const ports: PortInfo[] = await SerialPort.list().catch((error: unknown) => {
    throw new StepError(
      "the port",
      `The serial ports cannot be listed: ${messageOf(error)}.`,
      "Name the port: --port.",
    );
  });
  // opening /dev/tty.* on macOS waits for a modem's carrier
  return ports.map((port) => ({ ...port, path: port.path.replace(/^\/dev\/tty\./, "/dev/cu.") }));
}

/** Those that a board may be on. */
export const boardPorts = (ports: readonly PortInfo[]): PortInfo[] =>
  ports.filter(({ vendorId }) => vendorId !== undefined && vendorId.toLowerCase() in VENDORS);

/** A line for people. */
export function describePort({ path, vendorId, productId, manufacturer }: PortInfo): string {
  const maker = manufacturer ?? VENDORS[vendorId?.toLowerCase() ?? ""];
  return [path, maker, vendorId && `USB ${vendorId}:${productId}`].filter(Boolean).join("  ");
}

/**
 * The port to use: the wanted one, whatever it is, or the only one that a board may be on.
 * @param exists whether the wanted one is there all the same when it is not among them: a link such as `/dev/serial/by-id/…`
 * @throws StepError when there is none, or more than one
 */
export function choosePort(ports: readonly PortInfo[], wanted?: string, exists = false): string {
  const list = (some: readonly PortInfo[]) => some.map((port) => `\n    ${describePort(port)}`).join("");
  if (wanted) {
    if (exists || ports.some(({ path }) => path === wanted)) return wanted;
    const there = ports.length > 0 ? ` There are:${list(ports)}` : " There is no serial port at all.";
    throw new StepError(
      "the port",
      `There is no ${wanted}.${there}`,
      "Plug the board in anew, or name another --port.",
    );
  }
  const found = boardPorts(ports);
  if (found.length === 1) return found[0].path;
  if (found.length > 1)
    throw new StepError("the port", `There is more than one:${list(found)}`, `Name one: --port ${found[0].path}`);
  const others = ports.length > 0 ? ` (These look like something else; --port takes one all the same:${list(ports)})` : ""; // prettier-ignore
  throw new StepError(
    "the port",
    `No board was found on a serial port.${others}`,
    "Plug the board in with a USB cable that carries data, not power alone. If it still does not appear, hold its button BOOT (or IO0, B) while you plug it in; boards with a CP210x or CH340 need that chip's driver on Windows and macOS.", // prettier-ignore
  );
}

/**
 * Looks whether this user may open the port.
 * @throws StepError that says how to be allowed to, where the system knows
 */
export async function checkAccess(port: string): Promise<void> {
  // Windows has no such file, and no such right
  if (process.platform === "win32") return;
  try {
    await access(port, constants.R_OK | constants.W_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EACCES" && (error as NodeJS.ErrnoException).code !== "EPERM") return;
    throw new StepError("the port", `This user may not open ${port}.`, await groupRemedy(port));
  }
}

async function groupRemedy(port: string): Promise<string> {
  const { gid } = await stat(port).catch(() => ({ gid: -1 }));
  const groups = await readFile("/etc/group", "utf8").catch(() => "");
  const group = groups.split("\n").find((line) => line.split(":")[2] === String(gid))?.split(":")[0] ?? "dialout"; // prettier-ignore
  return `Run sudo usermod -aG ${group} $USER, then log out and in again.`;
}

/** The ports as flashing uses them; a test has its own. */
export interface Ports {
  list(): Promise<PortInfo[]>;
  /** Whether there is such a file, on the list or not. */
  exists(path: string): Promise<boolean>;
  /** Throws a StepError when this user may not open it. */
  check(path: string): Promise<void>;
  open(path: string): OpenPort;
}

const existsFile = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

export const systemPorts: Ports = {
  list: listPorts,
  exists: existsFile,
  check: checkAccess,
  open: (path) => systemPort(path),
};

/**
 * Opens the port of a board wherever it is by then: one over the chip's own USB may come back from a reset with another name.
 */
export function boardPort(ports: Ports, path: string): OpenPort {
  return async (events) => {
    const there = await ports.list();
    const others = boardPorts(there);
    const gone = !there.some((port) => port.path === path) && !(await ports.exists(path));
    const now = gone && others.length === 1 ? others[0].path : path;
    return ports.open(now)(events);
  };
}
