/** Checks of the installation: Node.js, DeviceScript, free disk space and the built firmware. */
import { noteFinding, okFinding, todoFinding, type Check, type Finding } from "./finding.js";
import type { System } from "./system.js";

/** The fields of package.json that the checks use. */
interface Manifest {
  readonly engines: { readonly node: string };
  readonly devDependencies: Readonly<Record<string, string>>;
}

const INSTALL_ADVICE = "Run npm ci in the project's folder.";

const readManifest = async (system: System) => JSON.parse((await system.readFile("package.json")) ?? "") as Manifest;

/** Checks that Node.js is at least the version in package.json. */
export const checkNode: Check = async (system) => {
  const { engines } = await readManifest(system);
  const wantedVersion = engines.node.replace(/^>=\s*/, "");
  if (isVersionAtLeast(system.nodeVersion, wantedVersion)) return [okFinding("Node.js", system.nodeVersion)];
  return [todoFinding("Node.js", `This is version ${system.nodeVersion}; ${wantedVersion} or newer is needed.`, "Install a newer version from https://nodejs.org, or with your version manager.")]; // prettier-ignore
};

function isVersionAtLeast(version: string, least: string): boolean {
  const parts = version.split(".").map(Number);
  for (const [i, wanted] of least.split(".").map(Number).entries()) {
    if (parts[i] !== wanted) return (parts[i] ?? 0) > wanted;
  }
  return true;
}

/** Checks that the version of DeviceScript in package.json is installed. */
export const checkDeviceScript: Check = async (system) => {
  const about = "DeviceScript";
  const wantedVersion = (await readManifest(system)).devDependencies["@devicescript/cli"];
  const installed = await system.readFile("node_modules/@devicescript/cli/package.json");
  if (installed === undefined)
    return [todoFinding(about, "DeviceScript's command-line program is not installed.", INSTALL_ADVICE)];
  const { version } = JSON.parse(installed) as { version: string };
  if (version !== wantedVersion)
    return [
      todoFinding(about, `Version ${version} is installed; this project needs ${wantedVersion}.`, INSTALL_ADVICE),
    ];
  // reports missing libraries of DeviceScript, which `npm install` deletes and a build restores
  if ((await system.getFileSize("node_modules/@devicescript/core/package.json")) === undefined)
    return [noteFinding(about, `${version}; its libraries are missing, so editors show errors until the next build.`, "Run npm run build.")]; // prettier-ignore
  return [okFinding(about, version)];
};

/** Minimum free disk space in bytes, enough for node_modules, a cached runtime, the history and builds. */
const NEEDED_SPACE = 500_000_000;

/** Checks that at least `NEEDED_SPACE` bytes are free on the disk. */
export const checkDisk: Check = async (system) => {
  const free = await system.getFreeSpace();
  const text = free < 1e10 ? `${Math.floor(free / 1e6)} MB free` : `${Math.floor(free / 1e9)} GB free`;
  if (free >= NEEDED_SPACE) return [okFinding("disk", text)];
  return [todoFinding("disk", `Only ${text}; builds, the runtime's download and the history need ${NEEDED_SPACE / 1e6} MB.`, "Free some disk space.")]; // prettier-ignore
};

/** The largest program that this project allows, in bytes. DeviceScript's own limit is 65,536. */
export const MAX_PROGRAM_SIZE = 40_960;

/** Checks that the firmware of every board is built and within its size limit. */
export const checkFirmware: Check = async (system) => {
  const sizes = new Map<string, number | undefined>();
  for (const entry of await system.listFirmware())
    sizes.set(entry, await system.getFileSize(`.devicescript/bin/${entry}/program.devs`));
  const missing = [...sizes].filter(([, size]) => size === undefined).map(([entry]) => `src/${entry}.ts`);
  const findings: Finding[] = [];
  if (missing.length > 0)
    findings.push(noteFinding("firmware", `Not built yet: ${missing.join(", ")}.`, "npm start and npm run flash build what they need; npm run build:firmware builds all.")); // prettier-ignore
  for (const [entry, size = 0] of sizes) {
    if (size > MAX_PROGRAM_SIZE)
      findings.push(todoFinding("firmware", `src/${entry}.ts compiles to ${formatBytes(size)}; the limit is ${formatBytes(MAX_PROGRAM_SIZE)}.`, "See .devicescript/bin/bytecode-sizes.md for the size of each function.")); // prettier-ignore
  }
  if (findings.length > 0) return findings;
  const largest = Math.max(...[...sizes.values()].map((size = 0) => size));
  return [
    okFinding(
      "firmware",
      `built for ${sizes.size} boards; the largest has ${formatBytes(largest)} of ${formatBytes(MAX_PROGRAM_SIZE)}`,
    ),
  ];
};

const formatBytes = (count: number): string => `${count.toLocaleString("en-US")} bytes`;
