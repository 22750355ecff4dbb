/** Checks the systemd unit and the Containerfile without starting a service or a container. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { isMissing } from "../support/programs.js";

const ROOT = new URL("../../", import.meta.url);
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

describe("the Containerfile", () => {
  const file = readFileSync(new URL("packaging/Containerfile", ROOT), "utf8");
  const instructions = parseContainerfile(file);
  const last = instructions.slice(instructions.findLastIndex(([instruction]) => instruction === "FROM"));
  const valuesOf = (name: string): string[] =>
    last.filter(([instruction]) => instruction === name).map(([, rest]) => rest);

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
    expect(instructions.filter(([instruction]) => instruction === "FROM").length).toBe(3);
    expect(valuesOf("USER")).toEqual(["node"]);
    expect(valuesOf("VOLUME")).toEqual(["/data"]);
    expect(valuesOf("EXPOSE")).toEqual(["1883 8883 8080"]);
    expect(JSON.parse(valuesOf("ENTRYPOINT")[0])).toEqual(["nightlight-server"]);
  });

  test("the image contains no secret and does not allow anonymous access", () => {
    expect(instructions.some(([, rest]) => /PASSWORD|TOKEN|SECRET|ANONYMOUS/.test(rest))).toBe(false);
    expect(valuesOf("ENV").join()).toContain("NIGHTLIGHT_HOST=0.0.0.0");
  });

  test("the health check requests /healthz and fails when the server does not answer", () => {
    const [, command] = /CMD (\[.*\])$/.exec(valuesOf("HEALTHCHECK")[0])!;
    const [node, flag, script] = JSON.parse(command) as string[];
    expect([node, flag]).toEqual(["node", "-e"]);
    // run the health check on port 1, where no server listens
    const dead = spawnSync(process.execPath, [flag, script.replace(":8080", ":1")], { timeout: 60_000 });
    expect(dead.status).toBe(1);
    expect(script).toContain("http://127.0.0.1:8080/healthz");
  });
});
