/** Tests how people change settings over HTTP while the server runs. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, lstat, readdir, readFile, realpath, rename, stat, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { applyChange } from "../../server/src/config/edit/changed-data.js";
import { editText } from "../../server/src/config/edit/edit-text.js";
import { writeRefusal } from "../../server/src/config/edit/refusals.js";
import type { Mapping } from "../../server/src/config/paths.js";
import { NIGHTLIGHT_SERVER } from "../support/nightlight-server.js";
import { eventually } from "../support/eventually.js";
import { ask, followEvents } from "./support/api.js";
import { startTestBoard, type TestBoard } from "./support/board.js";
import { runNightlight } from "./support/config.js";
import { addUsers, passwordOf } from "./support/guarded.js";
import { connectClient, createTemporaryFolder } from "./support/server.js";
import { startSettingsServer } from "./support/settings.js";

const COMMENTED_FILE = `# Our lamps

rule:
  threshold:   300   # tested in May
  # hysteresis: 20

zones:
  hall: # the long one
    sensors: [n/a,  n/b]
    lamps:
      - n/a   # by the door
      - n/b
    hours:
      from: 17:00
      to: 08:00   # when the sun is up

devices:
  n/c: {label: 'Porch'}
`;

/** Returns the lamp's state in the last command that a board has received. */
const findLastLampCommand = ({ commands }: TestBoard): unknown =>
  commands.length > 0 ? (JSON.parse(commands.at(-1)!.text) as { led_on?: boolean }).led_on : undefined;

describe("changes over HTTP", () => {
  test("a new threshold is in the file, reaches a board at once, and switches its lamp", async () => {
    const { brokerUrl, patch, text } = await startSettingsServer(COMMENTED_FILE);
    const porch = await startTestBoard(brokerUrl, "n/c");
    await porch.read(250);
    await eventually(() => findLastLampCommand(porch) === true, { what: "the lamp to be on" });
    const answer = await patch({ rule: { threshold: 200 } });
    expect(answer.status).toBe(200);
    expect(answer.body.changed).toEqual(["rule > threshold", "zones > hall > threshold"]);
    expect(answer.body.restart).toEqual([]);
    await eventually(() => findLastLampCommand(porch) === false, { what: "the lamp to be off" });
    await eventually(() => porch.config()?.threshold === 200, { what: "the board's new rule" });
    expect(await text()).toBe(COMMENTED_FILE.replace("threshold:   300   #", "threshold:   200   #"));
  });

  test("only the lines of the changed settings change", async () => {
    const { send, patch, text } = await startSettingsServer(COMMENTED_FILE);
    await patch({ rule: { min_on: "1 min" } });
    await patch({ zones: { hall: { hours: { to: "07:30" } } } });
    await send("PUT", "/api/settings/devices/n%2Fc", { label: "Porch light" });
    await send("PUT", "/api/settings/zones/hall/name", { name: "corridor" });
    await patch({ zones: { corridor: { lamps: ["n/b", "n/d"] } } });
    await patch({ home_assistant: false });
    expect(await text()).toBe(`# Our lamps

rule:
  threshold:   300   # tested in May
  min_on: 1 min
  # hysteresis: 20

zones:
  corridor: # the long one
    sensors: [n/a,  n/b]
    lamps:
      # by the door
      - n/b
      - n/d
    hours:
      from: 17:00
      to: 07:30   # when the sun is up

devices:
  n/c: {label: Porch light}
home_assistant: false
`);
  });

  test("a label appears on the live page at once", async () => {
    const { httpUrl, brokerUrl, send } = await startSettingsServer("");
    await (await startTestBoard(brokerUrl, "n/c")).read(500);
    const { events } = await followEvents(httpUrl);
    await send("PUT", "/api/settings/devices/n/c", { label: "Porch" });
    await eventually(() => events.some(({ event, data }) => event === "device" && (data as { label: string }).label === "Porch"), { what: "the label" }); // prettier-ignore
    expect(events).toContainEqual({ event: "settings", data: { etag: expect.any(String), by: { name: null, address: "127.0.0.1" }, changed: ["devices > n/c > label"] } }); // prettier-ignore
  });

  test("a renamed zone keeps its override, also over a restart, and a deleted zone loses it", async () => {
    const zone = "zones: {hall: {sensors: [n/a], lamps: [n/a]}}\n";
    const first = await startSettingsServer(zone);
    await first.send("PUT", "/api/zones/hall/mode", { mode: "on" });
    await first.send("PUT", "/api/settings/zones/hall/name", { name: "porch" });
    expect((await ask(first.httpUrl, "/api/zones")).body).toMatchObject([{ name: "porch", mode: "on", led_on: true }]);
    await first.close();

    const data = path.join(path.dirname(first.file), "data");
    const second = await startSettingsServer(undefined, { file: first.file, data });
    expect((await ask(second.httpUrl, "/api/zones")).body).toMatchObject([{ name: "porch", mode: "on" }]);
    await second.send("DELETE", "/api/settings/zones/porch");
    await second.close();

    const third = await startSettingsServer(zone.replace("hall", "porch"), { file: first.file, data });
    expect((await ask(third.httpUrl, "/api/zones")).body).toMatchObject([{ name: "porch", mode: "auto" }]);
  });

  test("retention and Home Assistant change without a restart, and what needs one is named", async () => {
    const { brokerUrl, patch, get } = await startSettingsServer("history: false\n");
    await (await startTestBoard(brokerUrl, "n/c")).read(500);
    const discovery = await connectClient(brokerUrl, {}, "homeassistant/#");
    await eventually(() => discovery.got.some(({ text }) => text.includes("n/c")), { what: "the discovery message" });
    expect((await patch({ home_assistant: false })).body.restart).toEqual([]);
    await eventually(() => discovery.got.at(-1)?.text === "", { what: "the removal" });
    const answer = await patch({ history: { readings: "5 d" } });
    expect(answer.body.restart).toEqual(["history"]);
    expect((await get()).view.restart).toEqual(["history"]);
  });
});

describe("two people", () => {
  test("the second of two changes is refused, and learns who changed what", async () => {
    const { get, patch, text } = await startSettingsServer(COMMENTED_FILE);
    const { etag } = await get();
    expect((await patch({ rule: { threshold: 200 } }, etag)).status).toBe(200);
    const { status, body } = await patch({ rule: { threshold: 100 } }, etag);
    expect(status).toBe(412);
    expect(body).toMatchObject({
      error: expect.stringContaining(
        "Somebody at 127.0.0.1 has changed settings since you read them: rule > threshold",
      ),
      by: { name: null, address: "127.0.0.1" },
      changed: [{ path: ["rule", "threshold"], name: "rule > threshold", before: 300, now: 200 }],
    });
    const now = await get();
    expect(now.etag).not.toBe(etag);
    expect(await text()).toContain("threshold:   200   # tested in May");
    expect((await patch({ rule: { threshold: 100 } }, now.etag)).status).toBe(200);
  });

  test("of many simultaneous changes with the same version, exactly one is written", async () => {
    const { get, patch, text } = await startSettingsServer("rule: {threshold: 300}\n");
    const { etag } = await get();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => patch({ rule: { threshold: i } }, etag)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(19);
    const winner = answers.findIndex(({ status }) => status === 200);
    expect(await text()).toBe(`rule: {threshold: ${winner}}\n`);
  });

  test("a change in an editor counts as a change, and is not overwritten", async () => {
    const { get, patch, text, write } = await startSettingsServer(COMMENTED_FILE);
    const { etag } = await get();
    const edited = COMMENTED_FILE.replace("300", "350");
    await write(edited);
    expect((await get()).view.unapplied).toEqual(["rule > threshold", "zones > hall > threshold"]);
    const { status, body } = await patch({ rule: { min_on: "5 s" } }, etag);
    expect({ status, by: body.by }).toEqual({ status: 412, by: null });
    expect(await text()).toBe(edited);
    const both = await patch({ rule: { min_on: "5 s" } }, (await get()).etag);
    expect(both.body.changed).toContain("rule > threshold");
    expect(both.body.settings.unapplied).toEqual([]);
  });

  test("a change without a version is refused", async () => {
    const { httpUrl } = await startSettingsServer("");
    const headers = { "content-type": "application/json" };
    const { status, body } = await ask(httpUrl, "/api/settings", { method: "PATCH", headers }, "{}");
    expect(status).toBe(428);
    expect((body as { error: string }).error).toContain("If-Match");
  });
});

describe("a refused change", () => {
  test("wrong values are refused with the messages of config check, and nothing changes", async () => {
    const { patch, text, file } = await startSettingsServer(COMMENTED_FILE);
    const folder = await createTemporaryFolder();
    for (const values of [
      { rule: { threshold: 2000 } },
      { rule: { threshold: "dark" }, reporting: { dead_band: -1 } },
      { rule: { treshold: 5 } },
      { zones: { hall: { sensors: [] } } },
      { zones: { hall: { at_least: 3 } } },
      { zones: { "no/name": { sensors: ["a"], lamps: ["a"] } } },
      { zones: { other: { sensors: ["a"], lamps: ["n/a"] } } },
      { zones: { hall: { hours: { from: "25:00" } } } },
      { devices: { "n/c": { label: "two\nlines" } } },
      { history: { readings: "5 weeks" } },
    ]) {
      const { status, body } = await patch(values);
      expect(status, JSON.stringify(body)).toBe(422);
      expect(await text()).toBe(COMMENTED_FILE);
      const other = path.join(folder, "other.yaml");
      const data = applyChange(parse(COMMENTED_FILE) as Mapping, { kind: "merge", values });
      await writeFile(other, editText(COMMENTED_FILE, data));
      const { code, err } = await runNightlight(folder, "config", "check", other);
      expect(code).toBe(1);
      expect(body.error).toBe(err.trimEnd().replaceAll(other, file));
      expect(body.problems.map((problem) => problem.text).join("\n")).toBe(body.error);
      expect(body.problems[0].path![0]).toBe(Object.keys(values)[0]);
    }
  });

  test("a file with mistakes stays as it is, and the answer lists the mistakes", async () => {
    const { get, patch, text, write } = await startSettingsServer(COMMENTED_FILE);
    const broken = COMMENTED_FILE.replace("17:00", "noon");
    await write(broken);
    expect((await get()).view).toMatchObject({
      problems: [{ text: expect.stringContaining("from is noon"), path: ["zones", "hall", "hours", "from"], line: 14 }],
      zones: { hall: { hours: { from: "17:00" } } },
    });
    const { status, body } = await patch({ rule: { threshold: 200 } });
    expect({ status, error: body.error }).toEqual({ status: 409, error: expect.stringContaining("from is noon") });
    expect(await text()).toBe(broken);
  });

  test("a setting that needs a restart or holds a secret cannot be changed here", async () => {
    const { patch } = await startSettingsServer("");
    for (const values of [{ http_port: 1 }, { broker: { password: "x" } }, { history: { url: "postgres://a@b/c" } }]) {
      const { status, body } = await patch(values);
      expect(status).toBe(403);
      expect(body.error).toMatch(/cannot be changed here; change it in .*nightlight\.yaml/);
    }
  });

  test("URLs of alerts can be written and removed, and no answer shows them", async () => {
    const { httpUrl, get, patch, text, lines } = await startSettingsServer("alerts:\n  after: 5 min # long\n");
    const shown: unknown[] = [];
    const changeSettings = async (values: object, etag?: string) => {
      const answer = await patch({ alerts: values }, etag);
      shown.push(answer.body, (await get()).view);
      return answer;
    };
    expect(
      (await changeSettings({ ntfy: "https://ntfy.sh/topic-one", webhook: "http://127.0.0.1:9/hook-one" })).status,
    ).toBe(200);
    expect(await text()).toBe(
      "alerts:\n  after: 5 min # long\n  ntfy: https://ntfy.sh/topic-one\n  webhook: http://127.0.0.1:9/hook-one\n",
    );
    const { view, etag } = await get();
    expect(view.settings.find(({ path }) => path.join() === "alerts,ntfy")).toMatchObject({
      value: "https://ntfy.sh/********",
      secret: true,
      editable: true,
      origin: { from: "file" },
    });
    expect((await ask(httpUrl, "/api/alert-channels")).body).toHaveLength(2);

    expect((await changeSettings({ ntfy: "https://ntfy.sh/topic-two" }, etag)).status).toBe(200);
    const late = await changeSettings({ ntfy: "https://ntfy.sh/topic-three" }, etag);
    expect(late.status).toBe(412);
    expect(late.body.changed).toEqual([{ path: ["alerts", "ntfy"], name: "alerts > ntfy", before: null, now: null }]);
    for (const values of [{ ntfy: "ftp://ntfy.sh/topic-four" }, { webhook: "http://127.0.0.1:9/********" }])
      expect((await changeSettings(values)).status).toBe(422);
    expect((await changeSettings({ webhook: null, after: null })).status).toBe(200);
    expect(await text()).toBe("alerts:\n  # long\n  ntfy: https://ntfy.sh/topic-two\n");
    expect(JSON.stringify([shown, lines])).not.toMatch(/topic-|hook-/);
  });

  test("a credential of alerts is not sent to another host by a change of its URL", async () => {
    const file = "alerts: {webhook: 'http://127.0.0.1:9/a', webhook_authorization: Bearer x}\n";
    const { patch, text } = await startSettingsServer(file);
    const { status, body } = await patch({ alerts: { webhook: "http://localhost:9/a" } });
    expect({ status, error: body.error }).toEqual({ status: 409, error: expect.stringContaining("names another host, which would receive alerts > webhook_authorization") }); // prettier-ignore
    expect(await text()).toBe(file);
    expect((await patch({ alerts: { webhook: "http://127.0.0.1:9/b" } })).status).toBe(200);
  });

  test("a URL of alerts from the environment cannot be changed, and its source is named", async () => {
    const { get, patch } = await startSettingsServer("", { env: { NIGHTLIGHT_ALERT_NTFY: "https://ntfy.sh/hidden" } });
    const answer = await patch({ alerts: { ntfy: "https://ntfy.sh/other" } });
    expect({ status: answer.status, error: answer.body.error }).toEqual({ status: 409, error: expect.stringContaining("alerts > ntfy is set by NIGHTLIGHT_ALERT_NTFY") }); // prettier-ignore
    const setting = (await get()).view.settings.find(({ path }) => path.join() === "alerts,ntfy");
    expect(setting).toMatchObject({ editable: false, origin: { from: "variable", name: "NIGHTLIGHT_ALERT_NTFY" } });
    expect(JSON.stringify(setting)).not.toContain("hidden");
  });

  test("a setting that a flag overrides is refused with the flag's name", async () => {
    const { patch, get } = await startSettingsServer("", { env: { NIGHTLIGHT_LOG_MESSAGES: "all" }, flags: ["--history", "postgres://me:hidden@127.0.0.1:1/x"] }); // prettier-ignore
    const { status, body } = await patch({ history: false });
    expect({ status, error: body.error }).toEqual({ status: 409, error: expect.stringContaining("history is set by --history, which overrides the file") }); // prettier-ignore
    const { settings } = (await get()).view;
    expect(settings.find((one) => one.path.join() === "log_messages")).toMatchObject({
      origin: { from: "variable", name: "NIGHTLIGHT_LOG_MESSAGES" },
      value: "all",
      editable: false,
    });
    expect(JSON.stringify(settings)).not.toContain("hidden");
  });

  test("a reader sees the settings and changes nothing, and a page of another site cannot change anything", async () => {
    const data = await createTemporaryFolder();
    await addUsers(data, { ann: "admin", rob: "reader" });
    const { httpUrl, text, lines } = await startSettingsServer(COMMENTED_FILE, { data });
    const requestAs = (name: string, method: string, headers = {}) =>
      ask(
        httpUrl,
        "/api/settings",
        { method, headers: { "authorization": `Basic ${btoa(`${name}:${passwordOf(name)}`)}`, "content-type": "application/json", "if-match": "*", ...headers } }, // prettier-ignore
        method === "GET" ? undefined : '{"rule":{"threshold":5}}',
      );
    expect((await requestAs("rob", "GET")).status).toBe(200);
    expect((await requestAs("rob", "PATCH")).status).toBe(403);
    expect((await requestAs("ann", "PATCH", { origin: "http://evil.example" })).status).toBe(403);
    expect((await ask(httpUrl, "/api/settings")).status).toBe(401);
    expect(await text()).toBe(COMMENTED_FILE);
    expect((await requestAs("ann", "PATCH")).status).toBe(200);
    await eventually(() => lines.some(({ msg }) => /^ann changed settings in .*: rule > threshold/.test(msg)), { what: "the log line" }); // prettier-ignore
  });
});

describe("the file", () => {
  test("without a file, the first change creates one where the next start reads it", async () => {
    const folder = await createTemporaryFolder();
    const child = spawn(process.execPath, [NIGHTLIGHT_SERVER, "--mqtt-port", "0", "--http-port", "0"], { cwd: folder });
    onTestFinished(() => void child.kill("SIGKILL"));
    let out = "";
    child.stdout.on("data", (part: Buffer) => (out += part.toString()));
    const url = await eventually(() => /Dashboard and API at (http:\S+)/.exec(out)?.[1], { what: "the address" });
    const file = path.join(await realpath(folder), "nightlight.yaml");
    const before = await ask(url, "/api/settings");
    expect(before.body).toMatchObject({ file: { path: file, exists: false } });
    const headers = { "content-type": "application/json", "if-match": String(before.headers.etag) };
    const { status } = await ask(url, "/api/settings", { method: "PATCH", headers }, '{"rule":{"threshold":250}}');
    expect(status).toBe(200);
    expect(await readFile(file, "utf8")).toBe("rule:\n  threshold: 250\n");
    expect((await runNightlight(folder, "config", "print")).out).toContain("threshold: 250 # nightlight.yaml:2");
  });

  test("a file that somebody has removed is not replaced by one that lacks its settings", async () => {
    const folder = await createTemporaryFolder();
    const file = path.join(await realpath(folder), "nightlight.yaml");
    await writeFile(file, COMMENTED_FILE);
    const child = spawn(process.execPath, [NIGHTLIGHT_SERVER, "--mqtt-port", "0", "--http-port", "0"], { cwd: folder });
    onTestFinished(() => void child.kill("SIGKILL"));
    let out = "";
    child.stdout.on("data", (part: Buffer) => (out += part.toString()));
    const url = await eventually(() => /Dashboard and API at (http:\S+)/.exec(out)?.[1], { what: "the address" });
    const headers = { "content-type": "application/json", "if-match": "*" };
    const patch = () => ask(url, "/api/settings", { method: "PATCH", headers }, '{"rule":{"threshold":250}}');
    await rename(file, `${file}.old`);
    const { status, body } = await patch();
    expect(status).toBe(409);
    expect((body as { error: string }).error).toBe(
      `Nothing was changed:\n${file} is gone, and the server still uses its settings. Put the file back, or reload the server to go on without these settings.`,
    );
    const { body: view } = await ask(url, "/api/settings");
    expect(view).toMatchObject({ problems: [{ text: expect.stringContaining("is gone") }], zones: { hall: {} } });
    expect(existsSync(file)).toBe(false);
    await rename(`${file}.old`, file);
    expect((await patch()).status).toBe(200);
    expect(await readFile(file, "utf8")).toBe(COMMENTED_FILE.replace("threshold:   300", "threshold:   250"));
  });

  test("the answer about a full disk does not speak of permissions", () => {
    const error = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    expect(writeRefusal("/etc/nightlight.yaml", error)).toEqual({
      status: 507,
      error:
        "Nothing was changed: /etc/nightlight.yaml cannot be written (ENOSPC: no space left on device, write). Free space on the disk, and try again.",
    });
  });

  test.skipIf(process.platform === "win32")("the file keeps its mode, and a symbolic link stays a link", async () => {
    const { file, patch } = await startSettingsServer("rule: {threshold: 5}\n");
    const real = path.join(path.dirname(file), "real.yaml");
    await rename(file, real);
    await chmod(real, 0o640);
    await symlink("real.yaml", file);
    expect((await patch({ rule: { threshold: 6 } })).status).toBe(200);
    expect((await lstat(file)).isSymbolicLink()).toBe(true);
    expect((await stat(file)).mode & 0o777).toBe(0o640);
    expect(await readFile(real, "utf8")).toBe("rule: {threshold: 6}\n");
    expect((await readdir(path.dirname(file))).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test.skipIf(process.platform === "win32" || process.getuid?.() === 0)(
    "a folder without write permission does not prevent a change, but a read-only file does",
    async () => {
      const { file, patch, text } = await startSettingsServer("rule: {threshold: 5}\n");
      await chmod(path.dirname(file), 0o500);
      onTestFinished(() => chmod(path.dirname(file), 0o700));
      expect((await patch({ rule: { threshold: 6 } })).status).toBe(200);
      expect(await text()).toBe("rule: {threshold: 6}\n");
      await chmod(file, 0o400);
      const { status, body } = await patch({ rule: { threshold: 7 } });
      expect({ status, error: body.error }).toEqual({ status: 409, error: expect.stringContaining("cannot be written") }); // prettier-ignore
      expect(await text()).toBe("rule: {threshold: 6}\n");
    },
  );

  test("a file that cannot be edited without a loss is left alone", async () => {
    const odd = "? rule\n: threshold: 5\n";
    const { patch, text } = await startSettingsServer(odd);
    const { status, body } = await patch({ rule: { min_on: "7 s" } });
    expect({ status, error: body.error }).toEqual({ status: 409, error: expect.stringContaining("change rule > min_on in the file itself") }); // prettier-ignore
    expect(await text()).toBe(odd);
  });
});
