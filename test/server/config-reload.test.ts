/** Tests reloading the configuration file while the server runs. */
import { chmod, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { reload, type Reloadable } from "../../server/src/config/reload.js";
import { UsageError } from "../../server/src/common/errors.js";
import { createLog } from "../../server/src/observability/log.js";
import type { ServerOptions } from "../../server/src/config/options.js";
import { eventually } from "../support/eventually.js";
import { writeConfigFile, loadConfig } from "./support/config.js";
import { startServerProgram } from "./support/program.js";
import { createTemporaryFolder } from "./support/server.js";

const ZONE = "zones: {hall: {sensors: [a], lamps: [a], threshold: 200}}";

/** Creates a fake server that records reloads, and a log that records its entries. */
async function createReloadable(text: string, later: readonly string[] | UsageError = []) {
  const file = await writeConfigFile(text);
  const taken: ServerOptions[] = [];
  const lines: Record<string, unknown>[] = [];
  const log = createLog("json", { output: { write: (written: string) => written.split("\n").filter(Boolean).map((line) => lines.push(JSON.parse(line) as Record<string, unknown>)) } }); // prettier-ignore
  const server: Reloadable = {
    reload(options) {
      if (later instanceof UsageError) throw later;
      taken.push(options);
      return later;
    },
  };
  const loadFile = () => loadConfig(["--config", file]);
  let current = loadFile();
  return {
    file,
    taken,
    lines,
    current: () => current,
    async changeFile(changed: string) {
      await writeFile(file, changed);
      current = reload({ server, log, load: loadFile, current });
      log.flush();
    },
  };
}

describe("a reloaded file", () => {
  test("a reloaded file takes effect, and the log says what changed", async () => {
    const { changeFile, taken, lines, current } = await createReloadable(ZONE);
    await changeFile(ZONE.replace("200", "150"));
    expect(taken).toMatchObject([{ policy: { zones: [{ name: "hall", rule: { threshold: 150 } }] } }]);
    expect(current().configuration.zones.hall.threshold).toBe(150);
    expect(lines).toEqual([
      expect.objectContaining({
        level: "info",
        event: "config",
        msg: expect.stringMatching(/reloaded from .*nightlight\.yaml: zones > hall > threshold changed\.$/),
        changed: ["zones > hall > threshold"],
      }),
    ]);
  });

  test("a reloaded file is compared with the previous one", async () => {
    const { changeFile, lines } = await createReloadable(ZONE);
    await changeFile(ZONE.replace("200", "150"));
    await changeFile(ZONE.replace("200", "150"));
    expect(lines.at(-1)).toMatchObject({ msg: expect.stringMatching(/: nothing changed\.$/), changed: [] });
  });

  test("a reloaded file may contain changes that require a restart, and the log names them", async () => {
    const { changeFile, lines } = await createReloadable("", ["mqtt_port"]);
    await changeFile("mqtt_port: 5\nlog: json");
    expect(lines.at(-1)).toMatchObject({
      level: "warn",
      msg: "Restart the server to apply: mqtt_port, log.",
      restart: ["mqtt_port", "log"],
    });
  });

  test("a reloaded file's secrets do not appear in the log", async () => {
    const { changeFile, lines } = await createReloadable("broker: {password: hunter2}");
    await changeFile("broker: {password: hunter3}");
    expect(lines[0]).toMatchObject({ changed: ["broker > password"] });
    expect(JSON.stringify(lines)).not.toContain("hunter");
  });
});

describe("an invalid file", () => {
  test("an invalid file causes one error in the log for each mistake", async () => {
    const { changeFile, taken, lines, current, file } = await createReloadable(ZONE);
    const before = current();
    await changeFile(`${ZONE}\nrule: {threshold: 5000}\nnonsense: 1\n`);
    expect(taken).toEqual([]);
    expect(current()).toBe(before);
    expect(lines).toMatchObject([
      { level: "error", event: "config", file, line: 2, column: 19, msg: expect.stringMatching(/5000; it must be/) },
      { level: "error", event: "config", file, line: 3, column: 1, msg: expect.stringMatching(/nonsense is no setting/) }, // prettier-ignore
      { level: "warn", event: "config", msg: expect.stringMatching(/keeps the current one/) },
    ]);
    await changeFile(ZONE);
    expect(taken).toHaveLength(1);
  });

  test("a file that only the server refuses is handled the same way", async () => {
    const { changeFile, lines, current } = await createReloadable(
      ZONE,
      new UsageError("--host ::2 is wider than this machine."),
    );
    const before = current();
    await changeFile("");
    expect(current()).toBe(before);
    expect(lines[0]).toMatchObject({ level: "error", msg: "--host ::2 is wider than this machine." });
  });
});

test.skipIf(process.platform === "win32")(
  "SIGHUP reloads the file, and an invalid file does not end the program",
  async () => {
    const file = await writeConfigFile(ZONE);
    const program = startServerProgram(["--config", file, "--mqtt-port", "0", "--http-port", "0", "--data", await createTemporaryFolder(), "--log", "json"]); // prettier-ignore
    await program.waitForAddresses();
    const reloadWithSighup = async (text: string, expected: RegExp) => {
      await writeFile(file, text);
      program.child.kill("SIGHUP");
      await eventually(() => program.readEntries().some(({ event, msg }) => event === "config" && expected.test(String(msg))), { what: `${expected} in:\n${program.output.out}` }); // prettier-ignore
    };
    await reloadWithSighup("zones: 5", /zones is 5; it must be/);
    await reloadWithSighup(ZONE.replace("200", "150"), /zones > hall > threshold changed/);
    await chmod(file, 0o644);
    await reloadWithSighup(
      `${ZONE}\nhistory: {url: "postgres://me:secret@127.0.0.1/x"}`,
      /Every user of this machine can read/,
    );
    program.child.kill("SIGTERM");
    expect(await program.waitForExit()).toBe(0);
    expect(program.output.err).toBe("");
  },
);
