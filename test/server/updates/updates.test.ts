/** Tests program updates of boards over the air, with boards that have no virtual machine. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { NightlightServer } from "nightlight-server";
import { describe, expect, test } from "vitest";
import { ImageFolder } from "../../../server/src/updates/image-folder.js";
import { eventually } from "../../support/eventually.js";
import { freePort } from "../../support/free-port.js";
import { UpdatableBoard, writeTestImage } from "../../support/updatable-board.js";
import { ask, followEvents, sendJson } from "../support/api.js";
import { findDiscoveryProblems, type Discovery } from "../support/homeassistant.js";
import { createTestLog } from "../support/http-app.js";
import { connectClient, createTemporaryFolder, startTestServer } from "../support/server.js";
import { startBoard, startUpdateServer } from "./support.js";

const ID = "nightlight/porch";
const URL_PATH = `/api/devices/${ID}/update`;

const post = (server: NightlightServer, body: object = {}) =>
  sendJson("POST", server.httpUrl!, URL_PATH, JSON.stringify(body));

const waitForState = (server: NightlightServer, state: string) =>
  eventually(() => server.devices.get(ID)?.update?.state === state && server.devices.get(ID), { what: state });

describe("an update", () => {
  test("installs the newest version and the previous one again", async () => {
    const { server, log } = await startUpdateServer();
    const board = await startBoard(server, ID);
    const { events } = await followEvents(server.httpUrl!);
    const { status, body } = await post(server);
    expect(status).toBe(202);
    expect(body).toMatchObject({ id: ID, update: { latest: "2", version: "2" } });
    expect(await waitForState(server, "done")).toMatchObject({
      firmware: "2",
      online: true,
      update: { latest: "2", state: "done", version: "2", percent: null, problem: null, previous: "1" },
    });
    expect(board.version).toBe("2");
    await eventually(() => JSON.stringify(events.at(-1)).includes('"state":"done"'), { what: "the event" });
    const logged = log.lines.map(({ text }) => text);
    expect(logged).toContain(`${ID} is updating its program`);
    expect(logged).not.toContain(`${ID} is offline`);
    expect((await post(server)).body).toEqual({ error: `${ID} already runs 2.` });
    expect((await ask(server.httpUrl!, "/api/updates")).body).toMatchObject({
      versions: [
        { board: "test_board", version: "2", bytes: 4096, latest: true },
        { version: "1", latest: false },
      ],
    });
    expect((await post(server, { version: "1" })).status).toBe(202);
    await eventually(() => board.version === "1" && server.devices.get(ID)?.firmware === "1", { what: "version 1" });
    expect(board.starts).toBe(3);
  });

  test("continues after power cuts at any byte", async () => {
    const { server } = await startUpdateServer();
    const powerCuts = [0, 1, 192, 193, 2000, 4095, 4096];
    const board = await startBoard(server, ID, { powerCuts: [...powerCuts] });
    await post(server);
    await waitForState(server, "done");
    expect(board.version).toBe("2");
    expect(board.starts).toBe(2);
  });

  test("continues after a restart of the server", async () => {
    const data = await createTemporaryFolder();
    const ports = { mqttPort: await freePort(), httpPort: await freePort() };
    const { server, folder } = await startUpdateServer({}, { data, ...ports });
    const board = await startBoard(server, ID, { powerCuts: [1000, 1000, 1000, 1000] });
    await post(server);
    await waitForState(server, "writing");
    await server.close();
    const next = await startTestServer({ data, ...ports, updates: { folder } });
    await eventually(() => next.devices.get(ID)?.update?.state === "done", { what: "the update" });
    expect(board.version).toBe("2");
  });

  test("of a board that is offline begins when the board returns", async () => {
    const { server } = await startUpdateServer();
    const board = await startBoard(server, ID);
    board.close();
    await eventually(() => server.devices.get(ID)?.online === false, { what: "offline" });
    expect((await post(server)).status).toBe(202);
    expect(server.devices.get(ID)?.update?.state).toBe("waiting");
    const returned = await startBoard(server, ID);
    await waitForState(server, "done");
    expect(returned.version).toBe("2");
  });

  test("to a program that crashes is reported, and the previous version can be installed", async () => {
    const { server, log } = await startUpdateServer({ restart: 2000 }, { offered: "2-broken" });
    const board = await startBoard(server, ID);
    await post(server);
    const failed = await waitForState(server, "failed");
    expect(failed.online).toBe(false);
    expect(failed.update).toMatchObject({
      previous: "1",
      problem: `${ID} has the program 2-broken but did not report that it runs it. Its program may crash. Install the previous version 1, or flash the board by cable.`,
    });
    expect(log.lines).toContainEqual(expect.objectContaining({ level: "warn", text: failed.update!.problem }));
    // a failed update is not repeated by itself
    expect(board.version).toBe("2-broken");
    expect((await post(server, { version: "1" })).status).toBe(202);
    await waitForState(server, "done");
    expect(board.version).toBe("1");
    expect(server.devices.get(ID)?.online).toBe(true);
  });

  test("fails with the reason of the board, or when the board does not reply or connect", async () => {
    const { server } = await startUpdateServer({ handover: 200 });
    const refusing = await startBoard(server, ID, { refusal: "set UPDATE_URL first" });
    await post(server);
    expect((await waitForState(server, "failed")).update?.problem).toBe(
      `${ID} refuses the update: set UPDATE_URL first.`,
    );
    refusing.close();
    const wrong = (await server.updateUrlOf(ID))!.replace(/wssk:.{64}/, `wssk:${"1".repeat(64)}`);
    const unable = await startBoard(server, ID, { updateUrl: wrong });
    await post(server);
    expect((await waitForState(server, "failed")).update?.problem).toContain(
      "did not reach this server for the update, or has another key, and keeps its version. Check that its setting UPDATE_URL",
    );
    expect(unable.version).toBe("1");
    expect((await ask(server.httpUrl!, URL_PATH, { method: "DELETE" })).status).toBe(204);
    expect(server.devices.get(ID)?.update?.state).toBeNull();
    expect((await ask(server.httpUrl!, URL_PATH, { method: "DELETE" })).status).toBe(404);
  });

  test("is refused without a key, a version or a type of board", async () => {
    const { server } = await startUpdateServer();
    const board = new UpdatableBoard({ id: ID, mqttUrl: server.brokerUrl, updateUrl: "ws://x", version: "1" });
    await board.start();
    await eventually(() => server.devices.get(ID)?.firmware, { what: "the board" });
    expect(await post(server)).toMatchObject({ status: 409, body: { error: expect.stringContaining("has no key") } });
    expect(await post(server, { version: "9" })).toMatchObject({ status: 404 });
    expect(await post(server, { version: 9 })).toMatchObject({ status: 400 });
  });
});

test("an image folder with too many entries is reported once", async () => {
  const folder = await createTemporaryFolder();
  await writeTestImage(folder, "1");
  const log = createTestLog();
  const images = new ImageFolder(folder, log);
  for (let n = 0; n < 199; n++) await mkdir(path.join(folder, `a${n}`));
  for (let i = 0; i < 2; i++) await images.refresh();
  expect(images.latestFor("test_board")?.version).toBe("1");
  expect(log.lines).toEqual([]);
  await mkdir(path.join(folder, "b"));
  for (let i = 0; i < 2; i++) await images.refresh();
  expect(images.latestFor("test_board")).toBeUndefined();
  expect(log.lines.map(({ text }) => text)).toEqual([
    expect.stringMatching(/has more than 200 entries\. The server reads only the first 200 by name/),
  ]);
});

test("a board without a program gets the one that it had", async () => {
  const { server } = await startUpdateServer();
  const board = await startBoard(server, ID, { version: "2" });
  board.close();
  const updateUrl = (await server.updateUrlOf(ID))!;
  const erased = new UpdatableBoard({ id: ID, mqttUrl: server.brokerUrl, updateUrl, version: "1-broken" });
  erased.flash.program = undefined;
  void erased.runAdapter();
  await waitForState(server, "done");
  expect(erased.version).toBe("2");
});

describe("the image folder", () => {
  test("ignores images that are not valid, and reports each once", async () => {
    const { server, folder, log } = await startUpdateServer();
    const refresh = async () => {
      const { body } = await ask(server.httpUrl!, "/api/updates");
      return (body as { versions: { version: string; latest: boolean }[] }).versions.find(({ latest }) => latest)
        ?.version;
    };
    const problemOf = async () => {
      const before = log.lines.length;
      for (let i = 0; i < 3; i++) expect(await refresh()).toBeUndefined();
      expect(log.lines).toHaveLength(before + 1);
      return log.lines.at(-1)!.text;
    };
    expect(await refresh()).toBe("2");
    await writeTestImage(folder, "3", { sha256: "0".repeat(64) });
    expect(await problemOf()).toContain("the SHA-256 of program.devs differs from firmware.json");
    await writeTestImage(folder, "4", { bytes: 10 });
    expect(await problemOf()).toContain("program.devs has 4096 bytes instead of 10");
    await writeTestImage(folder, "5", { board: "" });
    expect(await problemOf()).toContain("firmware.json is not valid (board:");
    await writeTestImage(folder, "6");
    await writeFile(path.join(folder, "test", "firmware.json"), "{");
    expect(await problemOf()).toContain("firmware.json is not JSON");
    await writeTestImage(folder, "7");
    await rm(path.join(folder, "test", "program.devs"));
    expect(await problemOf()).toContain("ENOENT");
    await writeTestImage(folder, "8");
    expect(await refresh()).toBe("8");
  });
});

test("an update that fails after the board has lost its program counts as failed, although the board refused it before", async () => {
  const { server } = await startUpdateServer({ restart: 300 }, { offered: "2-broken" });
  const countOf = async (outcome: string) => {
    const text = await (await fetch(`${server.httpUrl}/metrics`)).text();
    return new RegExp(`^nightlight_updates_total\\{outcome="${outcome}"\\} (\\d+)`, "m").exec(text)?.[1];
  };
  const board = await startBoard(server, ID, { refusal: "set UPDATE_URL first" });
  await post(server);
  await waitForState(server, "failed");
  expect([await countOf("refused"), await countOf("failed")]).toEqual(["1", "0"]);
  board.cutPower();
  board.flash.program = undefined;
  void board.runAdapter();
  await waitForState(server, "restarting");
  await waitForState(server, "failed");
  expect([await countOf("refused"), await countOf("failed")]).toEqual(["1", "1"]);
});

test("Home Assistant sees both versions and the progress, and its button installs the newest version", async () => {
  const { server } = await startUpdateServer();
  const board = await startBoard(server, ID);
  const home = await connectClient(server.brokerUrl, {}, "homeassistant/device/#", `${ID}/update`);
  const findMessage = (end: string) => home.got.findLast(({ topic }) => topic.endsWith(end));
  const discovery = await eventually(
    () => findMessage("/config")?.text.includes('"program"') && findMessage("/config"),
  );
  expect(findDiscoveryProblems("homeassistant", discovery.topic, discovery.text)).toEqual([]);
  const { program } = (JSON.parse(discovery.text) as Discovery).components;
  expect(program).toMatchObject({ platform: "update", state_topic: `${ID}/update` });
  const waitForUpdate = (fields: object) =>
    eventually(() => JSON.stringify(fields) === findMessage("/update")?.text, { what: JSON.stringify(fields) });
  await ask(server.httpUrl!, "/api/updates");
  await waitForUpdate({ installed_version: "1", latest_version: "2", in_progress: false, release_summary: "" });
  const messages: unknown[] = [];
  server.on("received", (id, channel, message) => messages.push({ id, channel, message }));
  const { received } = server.counters;
  await home.publishAsync(String(program.command_topic), String(program.payload_install), { qos: 1 });
  await waitForUpdate({ installed_version: "2", latest_version: "2", in_progress: false, release_summary: "" });
  expect(board.version).toBe("2");
  expect(home.got.some(({ text }) => /"in_progress":true.*"update_percentage":\d+/.test(text))).toBe(true);
  expect(server.counters.rejected).toEqual({});
  expect(messages).toContainEqual({ id: ID, channel: "set", message: { install: "latest" } });
  expect(server.counters.received - received).toBe(messages.length);
  await server.forget(ID);
  await eventually(() => findMessage("/update")?.text === "", { what: "the removal" });
});

test("a server without an HTTP port offers no updates, and says why when an app asks for one", async () => {
  const { server, log } = await startUpdateServer({}, { http: false });
  const board = new UpdatableBoard({ id: ID, mqttUrl: server.brokerUrl, updateUrl: "ws://x", version: "1" });
  const home = await connectClient(server.brokerUrl, {}, "homeassistant/device/#", `${ID}/update`, `${ID}/commands`);
  await board.start();
  await eventually(() => server.devices.get(ID)?.firmware, { what: "the board" });
  const reason = "Boards cannot be updated over the air, because the server has no HTTP port";
  await home.publishAsync(`${ID}/set`, '{"install":"latest"}', { qos: 1 });
  await eventually(() => log.lines.some(({ text }) => text.includes(reason)), { what: "the reason in the log" });
  const modern = await connectClient(server.brokerUrl, { protocolVersion: 5 });
  await expect(modern.publishAsync(`${ID}/set`, '{"install":"latest"}', { qos: 1 })).rejects.toMatchObject({
    code: 0x83,
  });
  // the discovery message is there, without an entity for updates
  const findDiscovery = () => home.got.findLast(({ topic }) => topic.endsWith("/config"))?.text;
  expect(await eventually(findDiscovery, { what: "the discovery" })).not.toContain('"update"');
  expect(server.devices.get(ID)?.update).toBeUndefined();
  expect(home.got.filter(({ text }) => text.includes('"action":"update"'))).toEqual([]);
});
