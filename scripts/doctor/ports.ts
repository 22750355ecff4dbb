/** Checks that the TCP ports for npm start and VS Code are free, and finds the programs that use them. */
import { noteFinding, okFinding, todoFinding, type Check, type Finding } from "./finding.js";
import type { System } from "./system.js";

/** A program that listens on a port. */
interface Listener {
  /** The program's name in messages, such as "node (process 123)". */
  readonly name: string;
  /** The command line; empty when unknown. */
  readonly command: string;
}

/** Checks the ports of the broker, of the dashboard, and of DeviceScript's tools. */
export const checkPorts: Check = async (system) => [
  ...(await Promise.all([
    checkServerPort(system, 1883, "the broker", "--mqtt-port 1884"),
    checkServerPort(system, 8080, "the dashboard", "--http-port 8090"),
  ])),
  ...(await checkDevtoolsPorts(system)),
];

/** Checks a port that `npm start` listens on. */
async function checkServerPort(system: System, port: number, what: string, flag: string): Promise<Finding> {
  const about = `port ${port}`;
  const error = await system.listen(port);
  if (!error) return okFinding(about, `free, for ${what}`);
  if (error !== "EADDRINUSE") return createCannotListenFinding(about, error, `npm start -- ${flag}`);
  const { name, command } = await findListener(system, port);
  const isNightlight = /nightlight|scripts[\\/]start\.ts|server[\\/]src[\\/]main\.ts/.test(command);
  if (isNightlight || (port === 8080 && (await system.answers(`http://127.0.0.1:${port}/healthz`))))
    return okFinding(about, `in use by a running nightlight server: ${name}`);
  return todoFinding(
    about,
    `${name} uses it, so ${what} cannot start there.`,
    `Stop that program, or run npm start -- ${flag}`,
  );
}

/** Checks the fixed ports of DeviceScript's tools. */
async function checkDevtoolsPorts(system: System): Promise<Finding[]> {
  const used: Finding[] = [];
  for (const port of [8081, 8082, 8083]) {
    const about = `port ${port}`;
    const error = await system.listen(port);
    if (!error) continue;
    if (error !== "EADDRINUSE") {
      used.push(createCannotListenFinding(about, error));
      continue;
    }
    const { name, command } = await findListener(system, port);
    if (/devicescript|devtools|\bdevs\b/i.test(command)) used.push(okFinding(about, `in use by DeviceScript's tools: ${name}`));
    else used.push(noteFinding(about, `${name} uses it, but VS Code's DeviceScript extension and devs run need it.`, "Stop that program before you use them.")); // prettier-ignore
  }
  return used.length > 0 ? used : [okFinding("ports 8081–8083", "free, for VS Code's DeviceScript extension")];
}

const createCannotListenFinding = (
  about: string,
  code: string,
  remedy = "Find out which rule of this computer reserves the port.",
): Finding => todoFinding(about, `No program may listen on this port (${code}).`, remedy);

/** Finds the program that listens on a port. A program that this user may not see remains unnamed. */
async function findListener(system: System, port: number): Promise<Listener> {
  const pid = system.platform === "win32" ? await findPidOnWindows(system, port) : await findPidOnUnix(system, port);
  if (!pid) return { name: "Another program", command: "" };
  if (system.platform === "win32") {
    const { output } = await system.run("tasklist", "/FI", `PID eq ${pid}`, "/FO", "CSV", "/NH");
    return { name: `${/^"([^"]+)"/m.exec(output)?.[1] ?? "A program"} (process ${pid})`, command: "" };
  }
  const { output } = await system.run("ps", "-o", "args=", "-p", pid);
  const command = output.trim();
  const program = command.split(" ")[0].split("/").at(-1);
  return { name: `${program || "A program"} (process ${pid})`, command };
}

async function findPidOnUnix(system: System, port: number): Promise<string | undefined> {
  // tries ss, which Linux usually has, and then lsof, which macOS has
  const { output } = await system.run("ss", "-ltnpH", `sport = :${port}`);
  const [, pid] = /\bpid=(\d+)/.exec(output) ?? [];
  if (pid) return pid;
  const listed = await system.run("lsof", "-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fp");
  return /^p(\d+)$/m.exec(listed.output)?.[1];
}

async function findPidOnWindows(system: System, port: number): Promise<string | undefined> {
  // finds listening sockets by their remote port 0, because Windows translates the name of the state LISTENING
  const { output } = await system.run("netstat", "-ano", "-p", "TCP");
  return new RegExp(`^\\s*TCP\\s+\\S+:${port}\\s+\\S+:0\\s+\\S+\\s+(\\d+)\\s*$`, "m").exec(output)?.[1];
}
