/** Finds the serial ports of this computer that boards are on, and checks that this user may open them. */
import { spawnSync } from "node:child_process";
import { access, constants, readFile, realpath, stat } from "node:fs/promises";
import { messageOf, StepError } from "../../../flashing/step-error.js";
import type { OpenPort } from "../../../flashing/serial/port.js";
import { loadSerialport, createPortOpener, type PortInfo } from "./port.js";
import { listPortsInSysfs } from "./sysfs.js";
import { createWebSerialPort } from "./system-device.js";
import type { WebSerialPort } from "./web-serial.js";

/** USB vendors of boards and of USB-to-serial chips: the list of DeviceScript (cli/src/flash.ts), and makers of boards. */
const BOARD_VENDORS: Readonly<Record<string, string>> = {
  "303a": "Espressif",
  "10c4": "Silicon Labs",
  "1a86": "WCH",
  "0403": "FTDI",
  "239a": "Adafruit",
  "2886": "Seeed",
};

/**
 * Lists all serial ports.
 * @throws StepError when the library `serialport` cannot be loaded, or the system does not list its ports
 */
export async function listPorts(): Promise<PortInfo[]> {
  const { SerialPort } = await loadSerialport();
  // lists the ports from sysfs when udev is missing, as in containers, because the library `serialport` needs udev
  if (process.platform === "linux" && spawnSync("udevadm", ["--version"]).error) return listPortsInSysfs();
  const ports: PortInfo[] = await SerialPort.list().catch((error: unknown) => {
    throw new StepError(
      "the port",
      `The serial ports cannot be listed: ${messageOf(error)}.`,
      "Name the port: --port.",
    );
  });
  // on macOS, opening /dev/tty.* waits for a modem's carrier signal; /dev/cu.* does not
  return ports.map((port) => ({ ...port, path: port.path.replace(/^\/dev\/tty\./, "/dev/cu.") }));
}

/** Returns the ports that may be a board's, judged by their USB vendor. */
export const filterBoardPorts = (ports: readonly PortInfo[]): PortInfo[] =>
  ports.filter(({ vendorId }) => vendorId !== undefined && vendorId.toLowerCase() in BOARD_VENDORS);

/** Describes a port on one line, with its USB identifiers. */
export function describePort({ path, vendorId, productId, manufacturer }: PortInfo): string {
  const maker = manufacturer ?? BOARD_VENDORS[vendorId?.toLowerCase() ?? ""];
  return [path, maker, vendorId && `USB ${vendorId}:${productId}`].filter(Boolean).join("  ");
}

/**
 * Chooses the port to use: the wanted port, or the only port that may be a board's.
 * @param exists whether the wanted port exists without being listed, such as the link `/dev/serial/by-id/…`
 * @throws StepError when no port fits, or more than one
 */
export function choosePort(ports: readonly PortInfo[], wanted?: string, exists = false): string {
  const formatList = (some: readonly PortInfo[]) => some.map((port) => `\n    ${describePort(port)}`).join("");
  if (wanted) {
    if (exists || ports.some(({ path }) => path === wanted)) return wanted;
    const there = ports.length > 0 ? ` There are:${formatList(ports)}` : " This computer has no serial ports.";
    throw new StepError(
      "the port",
      `There is no ${wanted}.${there}`,
      "Unplug the board and plug it in again, or name another --port.",
    );
  }
  const found = filterBoardPorts(ports);
  if (found.length === 1) return found[0].path;
  if (found.length > 1)
    throw new StepError(
      "the port",
      `There is more than one board:${formatList(found)}`,
      `Name the port of one of them: --port ${found[0].path}`,
    );
  const others = ports.length > 0 ? ` (These ports do not look like boards; to use one anyway, give --port:${formatList(ports)})` : ""; // prettier-ignore
  throw new StepError(
    "the port",
    `No board was found on a serial port.${others}`,
    "Plug the board in with a USB cable that carries data, not power alone. If it still does not appear, hold its button BOOT (or IO0, B) while you plug it in; boards with a CP210x or CH340 need that chip's driver on Windows and macOS.", // prettier-ignore
  );
}

/**
 * Checks that this user may open the port.
 * @throws StepError with the command that gives the user access
 */
export async function checkAccess(port: string): Promise<void> {
  // on Windows, ports are not files, and every user may open them
  if (process.platform === "win32") return;
  try {
    await access(port, constants.R_OK | constants.W_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EACCES" && (error as NodeJS.ErrnoException).code !== "EPERM") return;
    throw new StepError("the port", `This user may not open ${port}.`, await explainGroupAccess(port));
  }
}

async function explainGroupAccess(port: string): Promise<string> {
  const { gid } = await stat(port).catch(() => ({ gid: -1 }));
  const groups = await readFile("/etc/group", "utf8").catch(() => "");
  const group = groups.split("\n").find((line) => line.split(":")[2] === String(gid))?.split(":")[0] ?? "dialout"; // prettier-ignore
  return `Run sudo usermod -aG ${group} $USER, then log out and in again.`;
}

/** Access to serial ports, which tests replace. */
export interface Ports {
  list(): Promise<PortInfo[]>;
  /** Resolves with whether a port exists, even when `list` does not return it. */
  exists(path: string): Promise<boolean>;
  /** Checks that this user may open a port. @throws StepError when the user may not */
  check(path: string): Promise<void>;
  open(path: string): OpenPort;
  /** Returns a closed port with the interface of the Web Serial API. */
  webSerial(path: string): Promise<WebSerialPort>;
}

const existsFile = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** The serial ports of this computer. */
export const systemPorts: Ports = {
  list: listPorts,
  exists: existsFile,
  check: checkAccess,
  open: (path) => createPortOpener(path),
  webSerial: async (path) => createWebSerialPort(await findPortInfo(path)),
};

/** Finds a port in the list of ports, also by a link to it such as `/dev/serial/by-id/…`. */
async function findPortInfo(path: string): Promise<PortInfo> {
  const target = await realpath(path).catch(() => path);
  return (await listPorts()).find((port) => port.path === path || port.path === target) ?? { path };
}

/**
 * Returns a function that opens a board's port. When the port is gone, the function opens the only other port of a board,
 * because a board with native USB may get a new port name after a reset.
 */
export function createBoardPortOpener(ports: Ports, path: string): OpenPort {
  return async (events) => {
    const there = await ports.list();
    const others = filterBoardPorts(there);
    const gone = !there.some((port) => port.path === path) && !(await ports.exists(path));
    const now = gone && others.length === 1 ? others[0].path : path;
    return ports.open(now)(events);
  };
}
