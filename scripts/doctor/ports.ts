/** Whether the TCP ports are free that npm start and VS Code want, and who has them if not. */
import { note, ok, todo, type Check, type Finding } from "./finding.js";
import type { System } from "./system.js";

interface Holder {
  /** For people: "node (process 123)". */
  readonly name: string;
  /** Its command line, where that can be had. */
  readonly command: string;
}

export const checkPorts: Check = async (system) => [
  ...(await Promise.all([
    ours(system, 1883, "the broker", "--mqtt-port 1884"),
    ours(system, 8080, "the dashboard", "--http-port 8090"),
  ])),
  ...(await devtools(system)),
];

/** One of those that `npm start` listens on. */
async function ours(system: System, port: number, what: string, flag: string): Promise<Finding> {
  const about = `port ${port}`;
  const error = await system.listen(port);
  if (!error) return ok(about, `free, for ${what}`);
  if (error !== "EADDRINUSE") return notAllowed(about, error, `npm start -- ${flag}`);
  const { name, command } = await holderOf(system, port);
  const isNightlight = /nightlight|scripts[\\/]start\.ts|server[\\/]src[\\/]main\.ts/.test(command);
  if (isNightlight || (port === 8080 && (await system.answers(`http://127.0.0.1:${port}/healthz`))))
    return ok(about, `a nightlight server that runs has it: ${name}`);
  return todo(about, `${name} has it, so ${what} cannot start there.`, `Stop it, or start with npm start -- ${flag}`);
}

/** Those that DeviceScript's tools have and cannot change. */
async function devtools(system: System): Promise<Finding[]> {
  const taken: Finding[] = [];
  for (const port of [8081, 8082, 8083]) {
    const about = `port ${port}`;
    const error = await system.listen(port);
    if (!error) continue;
    if (error !== "EADDRINUSE") {
      taken.push(notAllowed(about, error));
      continue;
    }
    const { name, command } = await holderOf(system, port);
    if (/devicescript|devtools|\bdevs\b/i.test(command)) taken.push(ok(about, `DeviceScript's tools have it: ${name}`));
    else taken.push(note(about, `${name} has it, which VS Code's DeviceScript extension and devs run need.`, "Stop it before you use them.")); // prettier-ignore
  }
  return taken.length > 0 ? taken : [ok("ports 8081–8083", "free, for VS Code's DeviceScript extension")];
}

const notAllowed = (about: string, code: string, remedy = "Look for a rule that reserves it."): Finding =>
  todo(about, `Nobody may listen there (${code}).`, remedy);

/** Who listens on a port, as far as the system tells this user. */
async function holderOf(system: System, port: number): Promise<Holder> {
  const pid = system.platform === "win32" ? await pidOnWindows(system, port) : await pidOnUnix(system, port);
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

async function pidOnUnix(system: System, port: number): Promise<string | undefined> {
  // Linux has ss everywhere, and lsof seldom; macOS the other way round
  const { output } = await system.run("ss", "-ltnpH", `sport = :${port}`);
  const [, pid] = /\bpid=(\d+)/.exec(output) ?? [];
  if (pid) return pid;
  const listed = await system.run("lsof", "-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fp");
  return /^p(\d+)$/m.exec(listed.output)?.[1];
}

async function pidOnWindows(system: System, port: number): Promise<string | undefined> {
  // the word for the state is translated; a socket that listens has no port at its other end
  const { output } = await system.run("netstat", "-ano", "-p", "TCP");
  return new RegExp(`^\\s*TCP\\s+\\S+:${port}\\s+\\S+:0\\s+\\S+\\s+(\\d+)\\s*$`, "m").exec(output)?.[1];
}
