/** Tests alerts at a real server with real MQTT, and a real HTTP server that receives the messages. */
import { describe, expect, onTestFinished, test } from "vitest";
import { startServer, type NightlightServer, type ServerOptions } from "nightlight-server";
import type { AlertView } from "../../server/src/alerts/alert.js";
import { createLog } from "../../server/src/observability/log.js";
import { eventually } from "../support/eventually.js";
import { ask, followEvents, sendJson } from "./support/api.js";
import type { WebhookBody } from "./support/alert-bench.js";
import { startTestBoard } from "./support/board.js";
import { startReceiver } from "./support/receiver.js";
import { connectClient, createTemporaryFolder, type TestClient } from "./support/server.js";

/** Grace period in ms. It is short, so that the tests do not take minutes. */
const GRACE_PERIOD = 1500;

async function startAlertServer(
  data: string,
  alerts: ServerOptions["alerts"],
  lines: string[] = [],
): Promise<NightlightServer> {
  const log = createLog("json", { output: { write: (text) => lines.push(...text.trim().split("\n")) } });
  const running = await startServer({ data, mqttPort: 0, httpPort: 0, history: false, log, alerts });
  onTestFinished(() => running.close());
  return running;
}

/** Connects a client with a will, as a board does. Unlike a board, the client does not reconnect. */
async function connectBoard(running: NightlightServer, id: string): Promise<TestClient> {
  const topic = `${id}/status`;
  const will = { topic, payload: Buffer.from('{"online":false}'), retain: true, qos: 1 } as const;
  const connection = await connectClient(running.brokerUrl, { will });
  await connection.publishAsync(topic, '{"online":true}', { retain: true, qos: 1 });
  return connection;
}

const listAlerts = async (url: string): Promise<AlertView[]> => (await ask(url, "/api/alerts")).body as AlertView[];

describe("a board that goes offline", () => {
  test("webhook, ntfy, API, event stream, metrics and log report it once, and its return, also over a restart", async () => {
    const [hook, ntfy] = [await startReceiver(), await startReceiver()];
    const alerts = {
      after: GRACE_PERIOD,
      page: "https://lights.example.org/home",
      webhook: { url: `${hook.url}/hooks/abc`, authorization: "Bearer hook-secret" },
      ntfy: { url: `${ntfy.url}/my-topic`, token: "tk_secret" },
    };
    const data = await createTemporaryFolder();
    const lines: string[] = [];
    let running = await startAlertServer(data, alerts, lines);
    const { events } = await followEvents(running.httpUrl!);
    const [porch] = [await connectBoard(running, "nightlight/porch"), await connectBoard(running, "nightlight/hall")];
    porch.stream.destroy();
    await eventually(() => hook.requests.length > 0 && ntfy.requests.length > 0, { what: "the messages" });

    const [alert] = await listAlerts(running.httpUrl!);
    expect(alert).toMatchObject({ kind: "board-offline", device: "nightlight/porch", resolved: null });
    const link = "https://lights.example.org/home/#/board/nightlight%2Fporch";
    expect(hook.requests).toMatchObject([
      {
        path: "/hooks/abc",
        headers: { authorization: "Bearer hook-secret", "content-type": "application/json" },
        body: {
          event: "alerts",
          title: "Board nightlight/porch is offline",
          raised: 1,
          resolved: 0,
          open: 1,
          link,
          alerts: [{ ...alert, state: "open", link }],
        },
      },
    ]);
    expect(ntfy.requests).toMatchObject([
      {
        path: "/",
        headers: { authorization: "Bearer tk_secret" },
        body: {
          topic: "my-topic",
          title: "Board nightlight/porch is offline",
          message: expect.stringMatching(
            /^Board nightlight\/porch is offline\. Since \d{4}-\d\d-\d\d \d\d:\d\d\.$/,
          ) as string,
          tags: ["warning"],
          priority: 3,
          click: link,
        },
      },
    ]);
    await eventually(() => events.some(({ event }) => event === "alert"), { what: "the event" });
    expect(events.filter(({ event }) => event.startsWith("alert"))).toEqual([
      { event: "alerts", data: [] },
      { event: "alert", data: alert },
    ]);
    // the service has a message before the server has its answer
    const metrics = await eventually(
      async () => {
        const text = (await ask(running.httpUrl!, "/metrics")).body as string;
        return /^nightlight_alert_messages_total\{channel="ntfy",outcome="delivered"\} 1$/m.test(text) && text;
      },
      { what: "the delivery to be counted" },
    );
    expect(metrics).toMatch(/^nightlight_alerts\{kind="board-offline"\} 1$/m);
    expect(lines.filter((line) => line.includes('"alert"'))).toEqual([
      expect.stringContaining("Alert: Board nightlight/porch is offline."),
    ]);

    await running.close();
    running = await startAlertServer(data, alerts, lines);
    const again = await startTestBoard(running.brokerUrl, "nightlight/porch");
    // the other board was online when the server stopped, and does not return
    const statesOf = (device: string): string[] =>
      hook.requests
        .flatMap(({ body }) => (body as WebhookBody).alerts)
        .filter((one) => one.device === device)
        .map(({ id, state }) => (id === alert.id ? `${state} as before` : state));
    await eventually(() => statesOf("nightlight/porch").length > 1 && statesOf("nightlight/hall").length > 0, {
      what: "the messages about both boards",
    });
    expect(statesOf("nightlight/porch")).toEqual(["open as before", "resolved as before"]);
    expect(statesOf("nightlight/hall")).toEqual(["open"]);
    const isResolved = ({ title }: { title: string }) => title.includes("Resolved: Board nightlight/porch is offline");
    await eventually(() => ntfy.requests.slice(1).some(({ body }) => isResolved(body as { title: string })), {
      what: "ntfy",
    });
    await again.client.endAsync();
    await running.close();
    expect(lines.join("\n")).not.toMatch(/hook-secret|tk_secret|hooks\/abc|my-topic/);
  });
});

test("a service that refuses messages is named with a remedy in the log and the API, and a test message shows it too", async () => {
  const hook = await startReceiver();
  const lines: string[] = [];
  const data = await createTemporaryFolder();
  const { httpUrl, brokerUrl, reload } = await startAlertServer(data, { after: GRACE_PERIOD }, lines);
  const requestTestMessage = () => sendJson("POST", httpUrl!, "/api/alert-channels/test", "{}");
  expect((await requestTestMessage()).status).toBe(409);
  expect((await ask(httpUrl!, "/api/alert-channels")).body).toEqual([]);
  reload({ data, history: false, alerts: { after: GRACE_PERIOD, webhook: { url: `${hook.url}/abc` } } });
  expect((await requestTestMessage()).body).toEqual([{ channel: "webhook", problem: null }]);
  expect(hook.requests).toMatchObject([{ body: { event: "test", alerts: [], raised: 0 } }]);
  for (const [status, remedy] of [[401, /status 401\. Check alerts > webhook_authorization\.$/], [302, /status 302\. This is a redirect: set alerts > webhook/], [404, /Check alerts > webhook\.$/]] as const) {
    hook.status = status;
    expect((await requestTestMessage()).body).toEqual([{ channel: "webhook", problem: expect.stringMatching(remedy) as string }]);
  } // prettier-ignore

  const porch = await connectClient(brokerUrl);
  await porch.publishAsync("nightlight/porch/status", '{"online":false}', { qos: 1, retain: true });
  await eventually(() => lines.some((line) => line.includes("Alerts do not arrive at webhook")), { what: "the log" });
  expect((await ask(httpUrl!, "/api/alert-channels")).body).toMatchObject([
    {
      channel: "webhook",
      target: `${hook.url}/********`,
      problem: expect.stringContaining("404") as string,
      waiting: 1,
    },
  ]);
  hook.status = 204;
  await eventually(() => lines.some((line) => line.includes("Alerts arrive at webhook again")), { what: "the log" });
  expect((hook.requests.at(-1)!.body as WebhookBody).alerts).toMatchObject([
    { device: "nightlight/porch", state: "open" },
  ]);
});
