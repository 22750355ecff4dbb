/** Checks for flashing over USB: the connected boards, and permission to open their ports. */
import { StepError } from "../../flashing/step-error.js";
import type { PortInfo } from "../lib/serial/port.js";
import { filterBoardPorts, describePort } from "../lib/serial/ports.js";
import { noteFinding, okFinding, todoFinding, type Check, type Finding } from "./finding.js";
import type { System } from "./system.js";

/** Converts a StepError, which flashing would report, into a finding of level `todo`. Throws other errors again. */
function toFinding(about: string, error: unknown): Finding {
  if (error instanceof StepError) return todoFinding(about, error.problem, error.remedy);
  throw error;
}

/** Returns whether a board is connected. Without one, the user may want to simulate boards only. */
export async function isBoardConnected(system: System): Promise<boolean> {
  const ports = await system.listSerialPorts().catch(() => []);
  return filterBoardPorts(ports).length > 0;
}

/** Checks which boards are connected, and whether this user may open their ports. */
export const checkBoards: Check = async (system) => {
  let ports: PortInfo[];
  try {
    ports = await system.listSerialPorts();
  } catch (error) {
    return [toFinding("boards", error)];
  }
  const boards = filterBoardPorts(ports);
  if (boards.length === 0) return [await explainMissingBoard(system), ...(await checkGroup(system))];
  const findings = await Promise.all(boards.map((port) => checkPortAccess(system, port)));
  if (boards.length > 1)
    findings.push(noteFinding("boards", "More than one board is connected.", `Name the one to flash: npm run flash -- --port ${boards[0].path}`)); // prettier-ignore
  return findings;
};

async function checkPortAccess(system: System, port: PortInfo): Promise<Finding> {
  try {
    await system.checkAccess(port.path);
    return okFinding("board", describePort(port));
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    const udev =
      system.platform === "linux"
        ? ` Or allow every logged-in user to use this kind of board, then unplug it and plug it in again: ${formatUdevCommand(port.vendorId)}`
        : "";
    return todoFinding("board", `${describePort(port)}: ${error.problem}`, `${error.remedy}${udev}`);
  }
}

/** Returns a command that adds a udev rule. Rules with `uaccess` must have a number below 73 (systemd's 73-seat-late.rules). */
const formatUdevCommand = (vendorId = ""): string =>
  `echo 'SUBSYSTEM=="tty", ATTRS{idVendor}=="${vendorId.toLowerCase()}", TAG+="uaccess"' | sudo tee /etc/udev/rules.d/60-nightlight.rules && sudo udevadm control --reload`;

async function explainMissingBoard(system: System): Promise<Finding> {
  const advice = "Nightlight also runs with simulated boards. To flash a real one, plug it in with a USB cable that carries data; if it does not appear, hold its button BOOT while you plug it in."; // prettier-ignore
  const { output } = system.platform === "linux" ? await system.run("uname", "-r") : { output: "" };
  const wsl = /microsoft/i.test(output)
    ? " In WSL, attach the board from Windows first: usbipd attach --wsl --busid <id from usbipd list>"
    : "";
  return noteFinding("boards", "No board is connected.", advice + wsl);
}

/** Checks that this user is in the group that may open serial ports on Linux. */
async function checkGroup(system: System): Promise<Finding[]> {
  if (system.platform !== "linux" || system.uid === 0) return [];
  const dialoutEntry = (await system.run("getent", "group", "dialout")).output.trim();
  const group = dialoutEntry ? "dialout" : "uucp";
  const { output, code } = await system.run("id", "-nG");
  if (code !== 0) return [];
  if (output.trim().split(/\s+/).includes(group))
    return [okFinding("serial ports", `this user is in the group ${group}`)];
  return [noteFinding("serial ports", `This user is not in the group ${group}, and may lack permission to open a board's port.`, `Run sudo usermod -aG ${group} $USER, then log out and in again.`)]; // prettier-ignore
}
