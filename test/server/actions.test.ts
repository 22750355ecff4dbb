/** Tests actions that the API requests from a board: each runs at most once before it expires, and reports an outcome. */
import { describe, expect, onTestFinished, test } from "vitest";
import { startServer, type NightlightServer } from "nightlight-server";
import { eventually } from "../support/eventually.js";
import { startMosquitto } from "../support/mosquitto.js";
import { isMissing, MOSQUITTO } from "../support/programs.js";
import { startTestBoard, type TestBoard } from "./support/board.js";
import { connectClient, UNLIMITED_HISTORY, startTestServer, createTemporaryFolder } from "./support/server.js";

const ID = "nightlight/porch";

interface Answer {
  readonly status: number;
  readonly body: { outcome?: string; seq: number; error?: string } & Record<string, unknown>;
}

async function requestJson(url: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

function requestAction(at: NightlightServer, body: unknown, { id = ID, wait = "" } = {}): Promise<Answer> {
  return requestJson(`${at.httpUrl}/api/devices/${id}/actions${wait && "?wait=" + wait}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

const outcomeOf = (at: NightlightServer, seq: number): Promise<Answer> =>
  requestJson(`${at.httpUrl}/api/devices/${ID}/actions/${seq}`);

/** Waits for the board's nth command and returns it as an action. */
async function waitForAction(porch: TestBoard, n: number): Promise<{ action: string; seq: number }> {
  await eventually(() => porch.commands.length > n, { what: `command ${n}` });
  return JSON.parse(porch.commands[n].text) as { action: string; seq: number };
}

describe("an action", () => {
  test("an action reaches the board at QoS 1, not retained, and the board's reply is returned to the client", async () => {
    const running = await startTestServer();
    const porch = await startTestBoard(running.brokerUrl, ID);
    const asked = requestAction(running, { action: "report" });
    const { action, seq } = await waitForAction(porch, 0);
    expect(action).toBe("report");
    expect(porch.commands[0]).toMatchObject({ qos: 1, retained: false });
    await porch.reply({ seq, ok: true, light: 200, uptime: 12345 });
    const body = { outcome: "done", seq, ok: true, light: 200, uptime: 12345 };
    expect(await asked).toEqual({ status: 200, body });
    expect(await outcomeOf(running, seq)).toEqual({ status: 200, body });
    const late = await connectClient(running.brokerUrl, {}, `${ID}/commands`, `${ID}/status`);
    await eventually(() => late.got.length > 0, { what: "the retained messages" });
    expect(late.got.map(({ topic }) => topic)).toEqual([`${ID}/status`]);
  });

  test("an action that the board refuses returns the outcome refused with the reason", async () => {
    const running = await startTestServer();
    const porch = await startTestBoard(running.brokerUrl, ID);
    const asked = requestAction(running, { action: "identify" });
    const { seq } = await waitForAction(porch, 0);
    await porch.reply({ seq, ok: false, error: "too many actions at once" });
    expect(await asked).toMatchObject({ status: 200, body: { outcome: "refused", error: "too many actions at once" } });
  });

  test("an action without a wait continues, and the API returns its outcome later", async () => {
    const running = await startTestServer();
    const porch = await startTestBoard(running.brokerUrl, ID);
    const { status, body } = await requestAction(running, { action: "reboot" }, { wait: "0" });
    expect({ status, outcome: body.outcome }).toEqual({ status: 202, outcome: "pending" });
    expect((await outcomeOf(running, body.seq)).body).toEqual({ outcome: "pending", seq: body.seq });
    await porch.reply({ seq: body.seq, ok: true });
    await eventually(async () => (await outcomeOf(running, body.seq)).body.outcome === "done", { what: "the outcome" });
  });

  test("a sleeping board receives queued actions in order", async () => {
    const running = await startTestServer();
    const porch = await startTestBoard(running.brokerUrl, ID);
    await porch.client.endAsync();
    const seqs: number[] = [];
    for (const action of ["identify", "report", "reboot"])
      seqs.push((await requestAction(running, { action }, { wait: "0" })).body.seq);
    const awake = await startTestBoard(running.brokerUrl, ID);
    await eventually(() => awake.commands.length === 3, { what: "the queue" });
    expect(awake.commands.map(({ text }) => (JSON.parse(text) as { seq: number }).seq)).toEqual(seqs);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
  });
});

describe("a lamp that blinks for the action identify", () => {
  /**
   * Starts a server with a board in the dark, whose lamp is on. Returns the server, the board, and functions that make the
   * lamp blink and read the history.
   */
  async function startWithLitLamp() {
    const running = await startTestServer({ history: UNLIMITED_HISTORY });
    const porch = await startTestBoard(running.brokerUrl, ID);
    await porch.read(77);
    await eventually(() => running.devices.get(ID)?.led_on === true, { what: "the lamp" });
    const reportLed = (led_on: boolean, fields: object = {}) =>
      porch.client.publishAsync(`${ID}/status`, JSON.stringify({ online: true, led_on, ...fields }), {
        qos: 1,
        retain: true,
      });
    const waitForBlinking = (wanted: boolean) =>
      eventually(() => running.devices.get(ID)?.blinking === wanted, { within: 15_000, what: `blinking: ${wanted}` });
    /** Requests the action identify. The board replies and, like firmware 0.1.0, publishes a status at each blink. */
    async function blink(): Promise<void> {
      const asked = requestAction(running, { action: "identify" });
      const { seq } = await eventually(
        () => porch.commands.map(({ text }) => JSON.parse(text)).find(({ action }) => action === "identify"),
        { what: "the action" },
      );
      await porch.reply({ seq, ok: true });
      expect((await asked).body.outcome).toBe("done");
      for (const led_on of [false, true, false, true, false]) await reportLed(led_on);
    }
    const readSwitches = async () =>
      (await requestJson(`${running.httpUrl}/api/history?device=${encodeURIComponent(ID)}`)).body.switches as {
        led_on: boolean;
      }[];
    return { running, porch, reportLed, blink, waitForBlinking, readSwitches };
  }

  test("a blinking lamp keeps its state in the API, the events and the history, even if the board publishes each blink", async () => {
    const { running, reportLed, blink, waitForBlinking, readSwitches } = await startWithLitLamp();
    const views: { blinking: boolean; led_on: boolean | null }[] = [];
    running.on("device", ({ blinking, led_on }) => views.push({ blinking, led_on }));
    await blink();
    await waitForBlinking(true);
    await reportLed(true);
    await waitForBlinking(false);
    expect(views.every(({ led_on }) => led_on === true)).toBe(true);
    expect(views.map((view) => view.blinking)).toContain(true);
    expect((await readSwitches()).map(({ led_on }) => led_on)).toEqual([true]);
  });

  test("a blinking lamp can be switched, and is commanded again if the board restores its previous state", async () => {
    const { running, porch, reportLed, blink, waitForBlinking, readSwitches } = await startWithLitLamp();
    await blink();
    await porch.read(900);
    await eventually(() => running.devices.get(ID)?.led_on === false, { what: "the lamp off" });
    const commands = porch.commands.length;
    // after blinking, firmware 0.1.0 switches the lamp back on, although the server has meanwhile switched it off
    await reportLed(true);
    await waitForBlinking(false);
    await eventually(() => porch.commands.length > commands, { what: "the command again" });
    expect(JSON.parse(porch.commands.at(-1)!.text)).toMatchObject({ led_on: false });
    expect((await readSwitches()).map(({ led_on }) => led_on)).toEqual([true, false]);
  });

  test("after blinking, the lamp of a board that decides by itself has the state that the board reports", async () => {
    const { running, reportLed, blink, waitForBlinking } = await startWithLitLamp();
    await blink();
    await reportLed(false, { decided_by: "device" });
    expect(running.devices.get(ID)?.led_on).toBe(true);
    await waitForBlinking(false);
    expect(running.devices.get(ID)?.led_on).toBe(false);
  });
});

describe("an expired action", () => {
  test("an expired action returns a timeout, and the board's configuration tells the board not to run it", async () => {
    const running = await startTestServer();
    const porch = await startTestBoard(running.brokerUrl, ID);
    expect(porch.config()).toMatchObject({ threshold: 300, hysteresis: 0, min_on: 0, min_off: 0 });
    const from = performance.now();
    const { status, body } = await requestAction(running, { action: "reboot", expires: 1 });
    expect(performance.now() - from).toBeGreaterThanOrEqual(990);
    expect({ status, outcome: body.outcome }).toEqual({ status: 504, outcome: "timeout" });
    expect(body.error).toMatch(/did not reply in time.*will not be done later/);
    await eventually(() => porch.config()?.expired === body.seq, { what: "the expired number in the configuration" });
    const late = await connectClient(running.brokerUrl, {}, `${ID}/config`);
    await eventually(() => late.got.length > 0, { what: "the retained configuration" });
    expect(JSON.parse(late.got[0].text)).toMatchObject({ threshold: 300, expired: body.seq });
  });

  test("an action that expires also expires the earlier ones in the queue, but not the later ones", async () => {
    const running = await startTestServer();
    const porch = await startTestBoard(running.brokerUrl, ID);
    const firstSeq = (await requestAction(running, { action: "identify", expires: 60 }, { wait: "0" })).body.seq;
    const second = requestAction(running, { action: "reboot", expires: 1 });
    await eventually(() => porch.commands.length === 2, { what: "the second" });
    const thirdSeq = (await requestAction(running, { action: "report", expires: 60 }, { wait: "0" })).body.seq;
    const { seq } = (await second).body;
    expect((await outcomeOf(running, firstSeq)).body).toMatchObject({
      outcome: "timeout",
      error: expect.stringContaining(`because action ${seq}`),
    });
    expect((await outcomeOf(running, thirdSeq)).body.outcome).toBe("pending");
    await eventually(() => porch.config()?.expired === seq, { what: "the expired number in the configuration" });
  });

  test("an action that expires while the server is stopped is a timeout before a board can receive it", async () => {
    const data = await createTemporaryFolder();
    const options = { data, mqttPort: 0, httpPort: 0 } as const;
    const first = await startServer(options);
    const porch = await startTestBoard(first.brokerUrl, ID);
    const expiredSeq = (await requestAction(first, { action: "reboot", expires: 1 }, { wait: "0" })).body.seq;
    await porch.client.endAsync(true);
    await first.close();
    await eventually(() => Date.now() / 1000 - Date.UTC(2026, 0, 1) / 1000 > expiredSeq + 2, {
      what: "the action to expire",
    });
    const second = await startTestServer(options);
    const config = await connectClient(second.brokerUrl, {}, `${ID}/config`);
    await eventually(() => config.got.length > 0, { what: "the configuration" });
    expect(config.got.map(({ text }) => (JSON.parse(text) as { expired: number }).expired)).toEqual([expiredSeq]);
    expect((await outcomeOf(second, expiredSeq)).body).toMatchObject({ outcome: "timeout" });
  });

  test("an expired action counts as done if the board's reply arrives late", async () => {
    const running = await startTestServer();
    const porch = await startTestBoard(running.brokerUrl, ID);
    const { seq } = (await requestAction(running, { action: "identify", expires: 1 })).body;
    await porch.reply({ seq, ok: false, error: "expired" });
    expect((await outcomeOf(running, seq)).body.outcome).toBe("timeout");
    await porch.reply({ seq, ok: true });
    await eventually(async () => (await outcomeOf(running, seq)).body.outcome === "done", { what: "the outcome" });
  });
});

test("a pending action is done after a restart of the server, and later actions have higher numbers", async () => {
  const data = await createTemporaryFolder();
  const options = { data, mqttPort: 0, httpPort: 0 } as const;
  const first = await startServer(options);
  const asleep = await startTestBoard(first.brokerUrl, ID);
  await asleep.client.endAsync();
  const { seq } = (await requestAction(first, { action: "report" }, { wait: "0" })).body;
  await first.close();
  const second = await startTestServer(options);
  expect((await outcomeOf(second, seq)).body.outcome).toBe("pending");
  const porch = await startTestBoard(second.brokerUrl, ID);
  expect(await waitForAction(porch, 0)).toEqual({ action: "report", seq });
  await porch.reply({ seq, ok: true });
  await eventually(async () => (await outcomeOf(second, seq)).body.outcome === "done", { what: "the outcome" });
  expect((await requestAction(second, { action: "report" }, { wait: "0" })).body.seq).toBeGreaterThan(seq);
});

describe("an invalid action gets an error sentence", () => {
  test.each<[body: unknown, wait: string, status: number, words: RegExp]>([
    [{ action: "dance" }, "", 400, /one of report, reboot, identify/],
    [{}, "", 400, /"action" is missing/],
    [null, "", 400, /not a JSON object/],
    [{ action: "report", expires: 0 }, "", 400, /"expires" must be a number from 1 to 86400/],
    [{ action: "report", expires: "60" }, "", 400, /"expires"/],
    [{ action: "report" }, "-1", 400, /"wait" must be/],
    [{ action: "report" }, "601", 400, /from 0 to 600/],
  ])("the body %j with wait=%s is refused", async (body, wait, status, words) => {
    const running = await startTestServer();
    const porch = await startTestBoard(running.brokerUrl, ID);
    const answer = await requestAction(running, body, { wait });
    expect(answer.status).toBe(status);
    expect(answer.body.error).toMatch(words);
    expect(porch.commands).toEqual([]);
  });

  test("the API refuses actions for a lesson device or an unknown device, an unknown action number, and a ninth action", async () => {
    const running = await startTestServer();
    const lesson = await connectClient(running.brokerUrl, {}, "lesson/commands");
    await lesson.publishAsync("lesson/telemetry", '{"light":1}', { qos: 1 });
    await eventually(() => lesson.got.length === 1, { what: "the lesson's answer" });
    expect(await requestAction(running, { action: "report" }, { id: "lesson" })).toMatchObject({
      status: 409,
      body: { error: expect.stringMatching(/has not published /) },
    });
    expect((await requestAction(running, { action: "report" }, { id: "ghost" })).status).toBe(404);
    await startTestBoard(running.brokerUrl, ID);
    expect((await outcomeOf(running, 5)).status).toBe(404);
    for (let n = 0; n < 8; n++) await requestAction(running, { action: "report" }, { wait: "0" });
    expect(await requestAction(running, { action: "report" })).toMatchObject({
      status: 429,
      body: { error: expect.stringMatching(/8 actions .* wait/) },
    });
    expect(lesson.got).toHaveLength(1);
  });
});

describe("a board's configuration", () => {
  test("the configuration is published once, and again only when it changes", async () => {
    const data = await createTemporaryFolder();
    const options = { data, mqttPort: 0, http: false } as const;
    const first = await startServer(options);
    const porch = await startTestBoard(first.brokerUrl, ID);
    for (let n = 0; n < 5; n++) {
      await porch.client.publishAsync(`${ID}/status`, `{"online":true,"dropped":${n}}`, { qos: 1, retain: true });
      await porch.read(100);
    }
    await eventually(() => porch.commands.length === 5, { what: "the answers" });
    expect(porch.configs).toHaveLength(1);
    await porch.client.endAsync();
    await first.close();
    const second = await startTestServer(options);
    const silent = await startTestBoard(second.brokerUrl, ID, { silent: true });
    await eventually(() => silent.configs.length > 0, { what: "the configuration after a start" });
  });

  test("the configuration is never published for a lesson device", async () => {
    const { brokerUrl } = await startTestServer();
    const lesson = await connectClient(brokerUrl, {}, "lesson/#");
    await lesson.publishAsync("lesson/telemetry", '{"light":1}', { qos: 1 });
    await eventually(() => lesson.got.length === 2, { what: "the answer" });
    expect(lesson.got.map(({ topic }) => topic).sort()).toEqual(["lesson/commands", "lesson/telemetry"]);
  });
});

describe.skipIf(isMissing(MOSQUITTO, "Mosquitto"))("at Mosquitto", () => {
  test("actions and configuration work the same, also after the broker has lost its retained messages", async () => {
    const mosquitto = await startMosquitto();
    onTestFinished(() => mosquitto.remove());
    const running = await startTestServer({ broker: mosquitto.url });
    const porch = await startTestBoard(mosquitto.url, ID);
    const asked = requestAction(running, { action: "report" });
    const { seq } = await waitForAction(porch, 0);
    await porch.reply({ seq, ok: true });
    expect((await asked).body.outcome).toBe("done");
    await mosquitto.kill();
    await mosquitto.start();
    await eventually(
      async () => {
        const late = await connectClient(mosquitto.url, {}, `${ID}/config`);
        await eventually(() => late.got.length > 0, { within: 2000 });
        return JSON.parse(late.got[0].text);
      },
      { what: "the configuration to be published again" },
    );
  });
});
