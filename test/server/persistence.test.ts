/** Tests that stored data survives a restart or `kill -9`, and tests the contents and permissions of the data folder. */
import type { Stats } from "node:fs";
import { chmod, readdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { ClassicLevel } from "classic-level";
import { startServer } from "nightlight-server";
import { openDataFolder } from "../../server/src/storage/data-folder.js";
import { eventually } from "../support/eventually.js";
import { startServerProgram } from "./support/program.js";
import { silentLog } from "../../server/src/observability/log.js";
import { connectClient, createOfflineSession, startTestServer, createTemporaryFolder } from "./support/server.js";

const ANY_PORT_FLAGS = ["--mqtt-port", "0", "--http-port", "0"];

describe("after kill -9", () => {
  test("kill -9 loses neither the lamp's state, a sleeping client's session and queue, nor an override", async () => {
    const data = await createTemporaryFolder();
    const first = startServerProgram([...ANY_PORT_FLAGS, "--data", data]);
    const { mqtt } = await first.waitForAddresses();
    const sleeper = { clientId: "sleeper", clean: false } as const;
    await (await connectClient(mqtt, sleeper, "news/#")).endAsync();
    const device = await connectClient(mqtt, {}, "porch/commands");
    await device.publishAsync("porch/telemetry", '{"light":1}', { qos: 1 });
    await eventually(() => device.got.length === 1, { what: "the answer" });
    await device.publishAsync("porch/set", '{"mode":"off"}', { qos: 1 });
    await eventually(() => device.got.length === 2, { what: "the override" });
    for (let n = 0; n < 20; n++) await device.publishAsync("news/x", String(n), { qos: 1 });
    // wait until a later message is delivered, because aedes may acknowledge a message before it is stored
    const observer = await connectClient(mqtt, {}, "news/x");
    await device.publishAsync("news/x", "last", { qos: 1 });
    await eventually(() => observer.got.length === 1, { what: "the last message" });
    first.child.kill("SIGKILL");
    await first.waitForExit();

    const second = startServerProgram([...ANY_PORT_FLAGS, "--data", data]);
    const again = await second.waitForAddresses();
    const awake = await connectClient(again.mqtt, sleeper);
    await eventually(() => awake.got.length === 21, { what: "the queue" });
    expect(awake.got.map(({ text }) => text)).toEqual([...Array.from({ length: 20 }, (_, n) => String(n)), "last"]);
    await awake.publishAsync("news/x", "new", { qos: 1 });
    await eventually(() => awake.got.length === 22, { what: "the session's subscription" });
    const late = await connectClient(again.mqtt, {}, "porch/commands");
    await eventually(() => late.got.length === 1, { what: "the lamp's state" });
    expect(late.got[0]).toMatchObject({ text: '{"led_on":false}', retained: true });
    const devices = (await (await fetch(`${again.http}/api/devices`)).json()) as unknown[];
    expect(devices).toMatchObject([
      { id: "porch", mode: "off", light: 1, led_on: false, last_seen: expect.any(String) },
    ]);
    await late.publishAsync("porch/telemetry", '{"light":1}', { qos: 1 });
    await eventually(() => late.got.length === 2, { what: "the answer" });
    expect(late.got[1].text).toBe('{"led_on":false}');
  });
});

test("a clean stop publishes the server's offline status as a retained message", async () => {
  const data = await createTemporaryFolder();
  const options = { data, mqttPort: 0, http: false } as const;
  const first = await startServer(options);
  const watcher = await connectClient(first.brokerUrl, { clientId: "watcher", clean: false }, "nightlight/status");
  await eventually(() => watcher.got.length === 1, { what: "online" });
  await first.close();
  await eventually(() => watcher.got.length === 2, { what: "offline" });
  expect(watcher.got.map(({ text }) => text)).toEqual(['{"online":true}', '{"online":false}']);
});

test("a restart restores the status of a board, but not as a new message", async () => {
  const data = await createTemporaryFolder();
  const options = { data, mqttPort: 0, http: false } as const;
  const first = await startServer(options);
  const board = await connectClient(first.brokerUrl);
  await board.publishAsync("porch/status", '{"online":true,"board":"XIAO"}', { qos: 1, retain: true });
  await eventually(() => first.devices.size === 1, { what: "the board" });
  await board.endAsync();
  await first.close();
  const second = await startTestServer(options);
  expect(second.devices.get("porch")).toMatchObject({ board: "XIAO", last_seen: null });
});

describe("the data folder", () => {
  test("the data folder of another running server is refused with an error sentence", async () => {
    const data = await createTemporaryFolder();
    await startTestServer({ data });
    await expect(startServer({ data, mqttPort: 0, httpPort: 0 })).rejects.toThrow(
      /in use by another nightlight-server.*--data/,
    );
  });

  test("a damaged data folder is repaired, and the log, metrics and status report the damage", async () => {
    const data = await createTemporaryFolder();
    const first = await startServer({ data, mqttPort: 0, http: false, history: false });
    await createOfflineSession(first.brokerUrl, "sleeper");
    await first.close();
    await writeFile(path.join(data, "db", "CURRENT"), "nonsense");
    const errors: string[] = [];
    const log = { ...silentLog, error: (_event: string, text: string) => void errors.push(text) };
    const { httpUrl } = await startTestServer({ data, log });
    expect(errors).toEqual([expect.stringMatching(/db is damaged: the file CURRENT\..*entries could be read/)]);
    const sessions = (await (await fetch(`${httpUrl}/api/sessions`)).json()) as unknown[];
    expect(sessions).toMatchObject([{ client_id: "sleeper", subscriptions: 1 }]);
    expect(await (await fetch(`${httpUrl}/api/status`)).json()).toMatchObject({ damaged_files: 1 });
    expect(await (await fetch(`${httpUrl}/metrics`)).text()).toContain("nightlight_damaged_files_total 1");
  });

  test("entries that cannot be decoded are left out, and each is reported", async () => {
    const folder = await createTemporaryFolder();
    const first = await openDataFolder(folder);
    for (const key of ["session:a:", "subscriptions:a:x", "outgoing:a:run-000000001:0000000000000001", "will:a"])
      first.broker.put(key, Buffer.from([0xc1]));
    await first.close();
    const db = new ClassicLevel<string, string>(path.join(folder, "db"));
    await db.put("!state!mode:porch", "{");
    await db.close();
    const errors: string[] = [];
    const log = { ...silentLog, error: (_event: string, text: string) => void errors.push(text) };
    const { httpUrl } = await startTestServer({ data: folder, log });
    expect(errors).toHaveLength(5);
    expect(errors).toEqual(
      expect.arrayContaining([expect.stringMatching(/"mode:porch" in .*db is damaged .*left out/)]),
    );
    expect(await (await fetch(`${httpUrl}/api/sessions`)).json()).toEqual([]);
  });

  describe.skipIf(process.platform === "win32")("permissions", () => {
    /** Returns a folder and all its files by name. */
    async function filesIn(folder: string): Promise<Map<string, Stats>> {
      const files = new Map<string, Stats>();
      for (const name of ["", ...(await readdir(folder, { recursive: true }))]) {
        // a running server may delete a file of its databases at any time
        const found = await stat(path.join(folder, name)).catch(() => undefined);
        if (found) files.set(name, found);
      }
      return files;
    }
    const modeOf = (file: Stats | undefined): number | undefined => file && file.mode & 0o777;

    test("only the owner can read the files, even those that an earlier version made readable for others", async () => {
      const data = await createTemporaryFolder();
      await chmod(data, 0o755);
      await (await startServer({ data, mqttPort: 0, http: false, history: false })).close();
      for (const [name, file] of await filesIn(data))
        await chmod(path.join(data, name), file.isDirectory() ? 0o755 : 0o644);
      const program = startServerProgram([...ANY_PORT_FLAGS, "--data", data]);
      const { http } = await program.waitForAddresses();
      await fetch(`${http}/api/status`);
      const files = await filesIn(data);
      expect([...files.keys()]).toEqual(expect.arrayContaining(["", "db", "db/CURRENT", "retained", "history.db"]));
      for (const [name, file] of files)
        expect([name, modeOf(file)]).toEqual([name, file.isDirectory() ? 0o700 : 0o600]);
    });

    test("a data folder with files of other programs keeps its permissions, and so do those files", async () => {
      const data = await createTemporaryFolder();
      await chmod(data, 0o755);
      await writeFile(path.join(data, "index.html"), "", { mode: 0o644 });
      await chmod(path.join(data, "index.html"), 0o644);
      await startTestServer({ data });
      const files = await filesIn(data);
      const modes = ["", "index.html", "db", "retained"].map((name) => modeOf(files.get(name)));
      expect(modes).toEqual([0o755, 0o644, 0o700, 0o700]);
    });
  });

  test("a file instead of a data folder is refused with an error sentence", async () => {
    const file = path.join(await createTemporaryFolder(), "file");
    await writeFile(file, "");
    await expect(startServer({ data: file, mqttPort: 0, http: false })).rejects.toThrow(/cannot be used .*--data/);
  });

  test("a start that fails for another reason leaves the data folder usable", async () => {
    const data = await createTemporaryFolder();
    const taken = await startTestServer();
    const mqttPort = Number(new URL(taken.brokerUrl).port);
    const options = { data, history: false } as const;
    await expect(startServer({ ...options, mqttPort, http: false })).rejects.toThrow(/is taken/);
    await startTestServer(options);
    expect((await readdir(data)).sort()).toEqual(["db", "retained"]);
  });
});

test("a sleeping client with a subscription of QoS 0 receives no messages that were published meanwhile", async () => {
  const { brokerUrl } = await startTestServer();
  const sleeper = { clientId: "sleeper", clean: false } as const;
  // because another client has a persistent subscription, plain aedes would also queue the messages for the sleeping client
  await connectClient(brokerUrl, { clientId: "other", clean: false }, "news");
  const first = await connectClient(brokerUrl, sleeper);
  await first.subscribeAsync("news", { qos: 0 });
  await first.endAsync();
  const device = await connectClient(brokerUrl);
  await device.publishAsync("news", "while asleep", { qos: 1 });
  const awake = await connectClient(brokerUrl, sleeper);
  await device.publishAsync("news", "awake", { qos: 1 });
  await eventually(() => awake.got.length > 0, { what: "the live message" });
  expect(awake.got.map(({ text }) => text)).toEqual(["awake"]);
});
