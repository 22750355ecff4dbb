/** What everything here needs, with a board or without: Node, DeviceScript, room on the disk, the firmware. */
import { note, ok, todo, type Check, type Finding } from "./finding.js";
import type { System } from "./system.js";

interface Manifest {
  readonly engines: { readonly node: string };
  readonly devDependencies: Readonly<Record<string, string>>;
}

const INSTALL = "Run npm ci in the project's folder.";

const manifest = async (system: System) => JSON.parse((await system.read("package.json")) ?? "") as Manifest;

export const checkNode: Check = async (system) => {
  const { engines } = await manifest(system);
  const wanted = engines.node.replace(/^>=\s*/, "");
  if (isAtLeast(system.nodeVersion, wanted)) return [ok("Node.js", system.nodeVersion)];
  return [todo("Node.js", `This is version ${system.nodeVersion}; ${wanted} or newer is needed.`, "Install a newer one from https://nodejs.org, or with your version manager.")]; // prettier-ignore
};

function isAtLeast(version: string, least: string): boolean {
  const parts = version.split(".").map(Number);
  for (const [i, wanted] of least.split(".").map(Number).entries()) {
    if (parts[i] !== wanted) return (parts[i] ?? 0) > wanted;
  }
  return true;
}

export const checkDeviceScript: Check = async (system) => {
  const about = "DeviceScript";
  const wanted = (await manifest(system)).devDependencies["@devicescript/cli"];
  const installed = await system.read("node_modules/@devicescript/cli/package.json");
  if (installed === undefined) return [todo(about, "Its command-line program is not installed.", INSTALL)];
  const { version } = JSON.parse(installed) as { version: string };
  if (version !== wanted) return [todo(about, `Version ${version} is installed; this needs ${wanted}.`, INSTALL)];
  // `npm install` deletes them, a build writes them
  if ((await system.size("node_modules/@devicescript/core/package.json")) === undefined)
    return [note(about, `${version}; its libraries are written by the next build, until when editors complain.`, "Run npm run build.")]; // prettier-ignore
  return [ok(about, version)];
};

/** What node_modules, a cached runtime, the history and builds may want, in bytes. */
const ROOM = 500_000_000;

export const checkDisk: Check = async (system) => {
  const free = await system.free();
  const text = free < 1e10 ? `${Math.floor(free / 1e6)} MB free` : `${Math.floor(free / 1e9)} GB free`;
  if (free >= ROOM) return [ok("disk", text)];
  return [todo("disk", `Only ${text}; builds, the runtime's download and the history need ${ROOM / 1e6} MB.`, "Delete what you do not need.")]; // prettier-ignore
};

/** The largest program that the project allows itself, in bytes: DeviceScript itself ends at 65,536. */
export const MAX_PROGRAM = 40_960;

export const checkFirmware: Check = async (system) => {
  const sizes = new Map<string, number | undefined>();
  for (const entry of await system.firmware())
    sizes.set(entry, await system.size(`.devicescript/bin/${entry}/bytecode.devs`));
  const missing = [...sizes].filter(([, size]) => size === undefined).map(([entry]) => `src/${entry}.ts`);
  const findings: Finding[] = [];
  if (missing.length > 0)
    findings.push(todo("firmware", `Not built: ${missing.join(", ")}.`, "Run npm run build:firmware."));
  for (const [entry, size = 0] of sizes) {
    if (size > MAX_PROGRAM)
      findings.push(todo("firmware", `src/${entry}.ts has ${bytes(size)}; the limit is ${bytes(MAX_PROGRAM)}.`, "See .devicescript/bin/bytecode-sizes.md for what takes the room.")); // prettier-ignore
  }
  if (findings.length > 0) return findings;
  const largest = Math.max(...[...sizes.values()].map((size = 0) => size));
  return [ok("firmware", `built for ${sizes.size} boards; the largest has ${bytes(largest)} of ${bytes(MAX_PROGRAM)}`)];
};

const bytes = (count: number): string => `${count.toLocaleString("en-US")} bytes`;
