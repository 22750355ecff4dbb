/** A simulated computer for `npm run doctor`. Everything is ready there unless a test changes something. */
import type { System } from "../../scripts/doctor/system.js";

export const PACKAGE_JSON = JSON.stringify({
  engines: { node: ">=20.19" },
  devDependencies: { "@devicescript/cli": "2.16.4" },
});

export const SETTINGS = {
  ssid: "home",
  wifiPassword: "w1fi-pass#word",
  broker: { host: "192.168.1.20", port: 1883, tls: false },
  user: "porch",
  password: "br0ker secret",
  id: "nightlight/porch",
};

export const BOARD_PORT = { path: "/dev/ttyACM0", vendorId: "303A", productId: "1001", manufacturer: "Espressif" };

/** Creates a simulated computer on which all checks succeed. @param change replaces functions and files */
export function createSystem(change: Partial<System> & { files?: Record<string, string | undefined> } = {}): System {
  const files: Record<string, string | undefined> = {
    "package.json": PACKAGE_JSON,
    "node_modules/@devicescript/cli/package.json": '{ "version": "2.16.4" }',
    "node_modules/@devicescript/core/package.json": "{}",
    ".devicescript/bin/main/program.devs": "x".repeat(40_288),
    ".devicescript/bin/main_qt_py/program.devs": "x".repeat(40_000),
    ...change.files,
  };
  return {
    platform: "linux",
    nodeVersion: "20.19.0",
    uid: 1000,
    readFile: (name) => Promise.resolve(files[name]),
    getFileSize: (name) => Promise.resolve(files[name]?.length),
    getFreeSpace: () => Promise.resolve(50e9),
    listen: () => Promise.resolve(""),
    run: () => Promise.resolve({ code: undefined, output: "", error: "ENOENT" }),
    answers: () => Promise.resolve(false),
    listSerialPorts: () => Promise.resolve([BOARD_PORT, { path: "/dev/ttyS0" }]),
    checkAccess: () => Promise.resolve(),
    listFirmware: () => Promise.resolve(["main", "main_qt_py"]),
    findDataFolder: () => Promise.resolve({ folder: "/home/me/.local/share/nightlight", former: undefined }),
    checkSettings: () => Promise.resolve({ exists: true, problems: [], notes: [], settings: SETTINGS }),
    broker: () => Promise.resolve(""),
    ...change,
  };
}

/** Simulates programs. @param answers the output of each program, by the beginning of the command line */
export function createFakePrograms(answers: Record<string, string>): System["run"] {
  return (...words) => {
    const line = words.join(" ");
    const [, output] = Object.entries(answers).find(([start]) => line.startsWith(start)) ?? [];
    return Promise.resolve(
      output === undefined ? { code: undefined, output: "", error: "ENOENT" } : { code: 0, output },
    );
  };
}
