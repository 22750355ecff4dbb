/** Checks the systemd unit and the Containerfile without starting a service or a container. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.js";
import { isMissing } from "../support/programs.js";
import { createTemporaryFolder } from "./support/server.js";

const ROOT = new URL("../../", import.meta.url);

interface LockFile {
  readonly packages: Readonly<Record<string, { version?: string; dev?: true; os?: string[]; cpu?: string[] }>>;
}

const LOCK = JSON.parse(readFileSync(new URL("package-lock.json", ROOT), "utf8")) as LockFile;

/** Does what a COPY instruction does, with a folder of the file system instead of the image. */
async function copyIntoScratch(root: string, rest: string): Promise<void> {
  // the stage `build` has built the server as this repository has
  const words = rest
    .replace(/^--from=build /, "")
    .replace("/build/", "")
    .split(" ");
  const target = words.pop()!;
  for (const source of words) {
    const to = target.endsWith("/") ? path.join(root, target, path.basename(source)) : path.join(root, target);
    await cp(fileURLToPath(new URL(source, ROOT)), to, { recursive: true });
  }
}
const UNIT_FILE = fileURLToPath(new URL("packaging/nightlight-server.service", ROOT));
const SYSTEMD_ANALYZE = spawnSync("systemd-analyze", ["--version"]).status === 0 ? "systemd-analyze" : undefined;

/** Parses a unit file, see systemd.syntax(7). Returns values by `<section>.<key>`. @throws Error for an invalid line */
function parseUnit(text: string): Map<string, string> {
  const settings = new Map<string, string>();
  let section = "";
  for (const line of text.split("\n")) {
    if (!line || /^[#;]/.test(line)) continue;
    const [, header] = /^\[(\w+)\]$/.exec(line) ?? [];
    const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (header) section = header;
    else if (section && key)
      settings.set(`${section}.${key}`, [settings.get(`${section}.${key}`), value].filter(Boolean).join("\n"));
    else throw new Error(`not a line of a unit: ${line}`);
  }
  return settings;
}

describe("the systemd unit", () => {
  const unit = parseUnit(readFileSync(UNIT_FILE, "utf8"));

  test("the unit starts at boot, restarts after a failure, and does not restart after a usage error", () => {
    expect(unit.get("Install.WantedBy")).toBe("multi-user.target");
    expect(unit.get("Service.Restart")).toBe("on-failure");
    expect(unit.get("Service.RestartPreventExitStatus")).toBe("2");
    expect(unit.get("Service.ExecReload")).toBe("/bin/kill -HUP $MAINPID");
  });

  test("the unit runs as an unprivileged dynamic user that can write only its data", () => {
    const expected = {
      DynamicUser: "yes",
      NoNewPrivileges: "yes",
      AmbientCapabilities: "",
      CapabilityBoundingSet: "",
      ProtectSystem: "strict",
      ProtectHome: "yes",
      PrivateTmp: "yes",
      PrivateDevices: "yes",
      StateDirectory: "nightlight",
      StateDirectoryMode: "0700",
      UMask: "0077",
    };
    for (const [key, value] of Object.entries(expected)) expect(unit.get(`Service.${key}`), key).toBe(value);
    expect(unit.get("Service.Environment")).toContain("NIGHTLIGHT_DATA=%S/nightlight");
  });

  test.skipIf(isMissing(SYSTEMD_ANALYZE, "systemd-analyze"))(
    "systemd-analyze finds no error in the unit and a low exposure level",
    () => {
      const verify = spawnSync(SYSTEMD_ANALYZE ?? "systemd-analyze", ["verify", UNIT_FILE], {
        encoding: "utf8",
        timeout: 60_000,
      });
      expect({ status: verify.status, problems: verify.stderr }).toEqual({ status: 0, problems: "" });
      // the exposure level is from 0 (safe) to 10; network access alone accounts for 1.0
      const security = spawnSync(
        SYSTEMD_ANALYZE ?? "systemd-analyze",
        ["security", "--offline=true", "--threshold=20", UNIT_FILE],
        {
          encoding: "utf8",
          timeout: 60_000,
        },
      );
      expect(security.stdout).toContain("Overall exposure level");
      expect(security.status, security.stdout.slice(-200)).toBe(0);
    },
  );
});

/** Does what a RUN instruction does, in a folder of the file system. @throws Error with the output if the command fails */
async function runInScratch(root: string, command: string): Promise<void> {
  const child = spawn("sh", ["-ec", command], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill());
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  await once(child, "close");
  if (child.exitCode !== 0) throw new Error(`"${command}" ended with ${child.exitCode}: ${output}`);
}

/** Parses the instructions of a Containerfile and joins continued lines. */
function parseContainerfile(text: string): [instruction: string, rest: string][] {
  return text
    .replace(/^\s*#.*\n/gm, "")
    .replace(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line.trim())
    .map((line) => {
      const [, instruction, rest] = /^([A-Z]+) +(.+)$/.exec(line) ?? [];
      if (!instruction) throw new Error(`not an instruction: ${line}`);
      return [instruction, rest];
    });
}

interface Stage {
  readonly name: string;
  readonly image: string;
  readonly instructions: [instruction: string, rest: string][];
}

function stagesOf(instructions: readonly [string, string][]): Stage[] {
  const stages: Stage[] = [];
  for (const [instruction, rest] of instructions)
    if (instruction === "FROM") {
      const [, image, name] = /(\S+) AS (\S+)$/.exec(rest)!;
      stages.push({ name, image, instructions: [] });
    } else stages.at(-1)!.instructions.push([instruction, rest]);
  return stages;
}

describe("the Containerfile", () => {
  const file = readFileSync(new URL("packaging/Containerfile", ROOT), "utf8");
  const instructions = parseContainerfile(file);
  const stages = stagesOf(instructions);
  const valuesOf = (name: string, stage = "server"): string[] =>
    stages
      .find((one) => one.name === stage)!
      .instructions.flatMap(([instruction, rest]) => (instruction === name ? [rest] : []));

  test("the Containerfile contains only known instructions", () => {
    const known = ["FROM", "WORKDIR", "COPY", "RUN", "LABEL", "ENV", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL"];
    for (const [instruction] of instructions) expect([...known, "HEALTHCHECK", "ENTRYPOINT"]).toContain(instruction);
  });

  test("the Containerfile copies only files that exist in the repository", () => {
    const sources = instructions
      .filter(([instruction, rest]) => instruction === "COPY" && !rest.startsWith("--from"))
      .flatMap(([, rest]) => rest.split(" ").slice(0, -1));
    expect(sources.length).toBeGreaterThan(5);
    for (const source of sources) expect(existsSync(new URL(source, ROOT)), source).toBe(true);
  });

  test("the Containerfile builds in stages, and its image runs as an unprivileged user", () => {
    expect(stages.map(({ name }) => name)).toEqual(["build", "install", "runtime", "home-assistant", "server"]);
    expect(valuesOf("USER")).toEqual(["node"]);
    expect(valuesOf("VOLUME")).toEqual(["/data"]);
    expect(valuesOf("EXPOSE", "runtime")).toEqual(["1883 8883 8080"]);
    expect(JSON.parse(valuesOf("ENTRYPOINT")[0])).toEqual(["nightlight-server"]);
  });

  test("every base image has a digest, and it is the same one everywhere", () => {
    const images = stages.filter(({ image }) => image !== "runtime").map(({ image }) => image);
    expect(new Set(images).size).toBe(1);
    expect(images[0]).toMatch(/^docker\.io\/library\/node:[\d.]+-[a-z-]+@sha256:[0-9a-f]{64}$/);
  });

  test("no step runs a program of another architecture, so that no emulator is needed", () => {
    for (const { name, instructions } of stages)
      if (instructions.some(([instruction]) => instruction === "RUN")) {
        const from = new RegExp(`^FROM --platform=\\$BUILDPLATFORM \\S+ AS ${name}$`, "m");
        expect(file, name).toMatch(from);
      }
    // packages for one architecture only would be those of the machine that builds the image
    for (const [name, { dev, os, cpu }] of Object.entries(LOCK.packages))
      if (!dev) expect({ name, os, cpu }).toEqual({ name, os: undefined, cpu: undefined });
  });

  test(
    "the stage that builds the server has all its sources, and builds the programs for all boards",
    { timeout: 480_000 },
    async () => {
      const root = await createTemporaryFolder();
      for (const [instruction, rest] of stages.find(({ name }) => name === "build")!.instructions) {
        if (instruction === "COPY") await copyIntoScratch(root, rest);
        if (instruction === "RUN") await runInScratch(root, rest);
      }
      const boards = readdirSync(new URL("src", ROOT)).filter((name) => /^main\w*\.ts$/.test(name));
      const programs = path.join(root, "server/dist/firmware");
      expect(readdirSync(programs).sort()).toEqual(boards.map((name) => name.replace(".ts", "")).sort());
      for (const file of ["server/dist/server/src/main.js", "server/dist/dashboard/index.html"])
        expect(existsSync(path.join(root, file)), file).toBe(true);
    },
  );

  test("the image has exactly the packages of the lock file, and its server starts", async () => {
    const root = await createTemporaryFolder();
    const { instructions } = stages.find(({ name }) => name === "install")!;
    for (const [instruction, rest] of instructions) {
      if (instruction === "COPY") await copyIntoScratch(root, rest);
      if (instruction === "RUN") await runInScratch(root, rest);
    }
    const installed = JSON.parse(readFileSync(path.join(root, "node_modules/.package-lock.json"), "utf8")) as LockFile;
    const names = Object.keys(installed.packages).filter((name) => name.startsWith("node_modules/"));
    expect(names.length).toBeGreaterThan(50);
    for (const name of names)
      expect([name, installed.packages[name].version]).toEqual([name, LOCK.packages[name].version]);
    for (const name of names) expect([name, LOCK.packages[name].dev]).toEqual([name, undefined]);
    const version = spawnSync(path.join(root, "bin/nightlight-server"), ["--version"], {
      encoding: "utf8",
      timeout: 60_000,
    });
    expect(version.stdout.trim()).toBe(
      (JSON.parse(readFileSync(new URL("server/package.json", ROOT), "utf8")) as { version: string }).version,
    );
    const ports = ["--mqtt-port", "0", "--http-port", "0"];
    const server = spawn(path.join(root, "bin/nightlight-server"), ["--data", path.join(root, "data"), ...ports], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void server.kill());
    let output = "";
    server.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    await eventually(() => output.includes("Dashboard and API at"), { what: "the server to start" });
    expect(existsSync(path.join(root, "node_modules/classic-level/prebuilds/linux-arm64"))).toBe(true);
    expect(existsSync(path.join(root, "node_modules/classic-level/prebuilds/linux-x64"))).toBe(true);
  }, 600_000);

  test("the image contains no secret and does not allow anonymous access", () => {
    expect(instructions.some(([, rest]) => /PASSWORD|TOKEN|SECRET|ANONYMOUS/.test(rest))).toBe(false);
    expect(valuesOf("ENV", "runtime").join()).toContain("NIGHTLIGHT_HOST=0.0.0.0");
  });

  test("the health check requests /healthz and fails when the server does not answer", () => {
    const [, command] = /CMD (\[.*\])$/.exec(valuesOf("HEALTHCHECK", "runtime")[0])!;
    const [node, flag, script] = JSON.parse(command) as string[];
    expect([node, flag]).toEqual(["node", "-e"]);
    // run the health check on port 1, where no server listens
    const dead = spawnSync(process.execPath, [flag, script.replace(":8080", ":1")], { timeout: 60_000 });
    expect(dead.status).toBe(1);
    expect(script).toContain("http://127.0.0.1:8080/healthz");
  });
});
