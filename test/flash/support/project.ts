/** A project folder and a simulated computer for `npm run flash`. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { ROOT } from "../../../scripts/lib/repository.js";
import type { Computer } from "../../../scripts/flash/flow.js";
import type { Screen } from "../../../scripts/flash/screen.js";
import type { Ports } from "../../../scripts/lib/serial/ports.js";
import { loadRuntimeSources } from "../../../scripts/flash/runtime.js";
import { loadFirmware } from "../../../sim/firmware.js";
import { SimulatedChip, type SimulatedChipOptions } from "./rom/simulated-chip.js";

export const FAKE_ESPTOOL = fileURLToPath(new URL("./esptool.mjs", import.meta.url));
/** The name of the ESP32-C3's runtime in the cache. */
export const RUNTIME_NAME = "devicescript-esp32c3-esp32c3_bare-0x0.bin";

/**
 * Creates a fake runtime of 64 KB, in which flashing writes the board's configuration at 0x9000.
 * @param chip the number of the chip's type in the image's header
 */
export function createRuntime(chip = 5): Buffer {
  const image = Buffer.alloc(0x10000, 0xff);
  image.set([0xe9, 1, 2, 0x20]);
  image.writeUInt16LE(chip, 12);
  return image;
}

export async function createTemporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "nightlight-flash-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Creates a project with all boards, these settings, and a runtime for the ESP32-C3 in DeviceScript's cache. */
export async function createProject(env: string): Promise<string> {
  const root = await createTemporaryFolder();
  await cp(path.join(ROOT, "boards"), path.join(root, "boards"), { recursive: true });
  await cp(path.join(ROOT, "src"), path.join(root, "src"), { recursive: true });
  await writeFile(path.join(root, "package.json"), '{ "name": "test", "version": "1.0.0", "devicescript": {} }');
  await writeFile(path.join(root, "devsconfig.json"), "{}");
  await writeFile(path.join(root, ".env.local"), env);
  const cache = path.join(root, ".devicescript", "cache");
  await mkdir(cache, { recursive: true });
  await writeFile(path.join(cache, RUNTIME_NAME), createRuntime());
  return root;
}

/** Returns settings for a board that connects to a broker on this computer. */
export const createSettingsFor = (broker: string): string =>
  ["WIFI_SSID=attic", 'WIFI_PWD="12345678"', "MQTT_HOST=broker.test", `MQTT_PORT=${new URL(broker).port}`, ""].join(
    "\n",
  );

/** Simulates a port that is listed but cannot be opened. */
export const createUnopenablePort = (name: string): Ports => ({
  list: () => Promise.resolve([{ path: name, vendorId: "303a" }]),
  exists: () => Promise.resolve(false),
  check: () => Promise.resolve(),
  open: () => () => Promise.reject(new Error("No such file or directory")),
  webSerial: () => Promise.resolve(createUnopenableChip().createPort()),
});

/** Simulates ports with one board, whose chip answers to esptool-js and whose port then cannot be opened by the program. */
export const createPortWithChip = (name: string, options: SimulatedChipOptions = { chip: "esp32c3" }): Ports => ({
  ...createUnopenablePort(name),
  webSerial: () => Promise.resolve(new SimulatedChip(options).createPort()),
});

function createUnopenableChip(): SimulatedChip {
  const chip = new SimulatedChip({ chip: "esp32c3" });
  chip.openError = new Error("No such file or directory");
  return chip;
}

/** A simulated computer that records output and calls. */
export interface RecordingComputer extends Computer {
  /** The printed lines. */
  readonly lines: string[];
  /** Returns the arguments of each call of esptool. */
  calls(): Promise<string[][]>;
}

/**
 * Creates a simulated computer without internet.
 * @param esptool environment variables that control the fake esptool, such as FAKE_ESPTOOL_RESULT
 */
export async function createTestComputer(
  root: string,
  ports: Ports,
  esptool: Record<string, string> = {},
  changes: Partial<Computer> = {},
): Promise<RecordingComputer> {
  const file = path.join(await createTemporaryFolder(), "calls");
  const lines: string[] = [];
  const screen: Screen = {
    print: (line) => lines.push(line),
    showProgress: (what, percent) => lines.push(`${what} ${Math.floor(percent)} %`),
  };
  return {
    root,
    ports,
    screen,
    lines,
    env: { ...process.env, FAKE_ESPTOOL_CALLS: file, ...esptool },
    esptool: () => Promise.resolve({ command: process.execPath, args: [FAKE_ESPTOOL], version: "4.8.1" }),
    fetch: () =>
      Promise.reject(new TypeError("fetch failed", { cause: new Error("getaddrinfo ENOTFOUND github.com") })),
    runtimeSources: async () =>
      Object.fromEntries(Object.entries(await loadRuntimeSources(ROOT)).map(([arch, { url }]) => [arch, { url }])),
    connectAttempts: 1,
    firmware: (entry) => Promise.resolve(loadFirmware(entry)),
    ask: undefined,
    calls: async () =>
      (await readFile(file, "utf8").catch(() => "")).split("\n").filter(Boolean).map((line) => JSON.parse(line) as string[]), // prettier-ignore
    ...changes,
  };
}
