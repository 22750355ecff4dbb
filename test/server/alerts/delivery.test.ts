/** Tests which messages a webhook and ntfy receive, with simulated time and a simulated network. */
import https from "node:https";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { postJson } from "../../../server/src/alerts/delivery/channel.js";
import { generateCertificate } from "../../support/certificates.js";
import { AlertBench, type WebhookBody } from "../support/alert-bench.js";
import { getTestSeed } from "../../support/seed.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const GRACE_PERIOD = 2 * MINUTE;
const SETTINGS = { after: GRACE_PERIOD, webhook: { url: "https://hook.test/secret" } };

/** Bodies of the messages that the webhook received. */
let webhookBodies: WebhookBody[] = [];
/** Whether the simulated network delivers requests. */
let isNetworkUp = true;
/** How long the simulated service takes to answer, in ms. */
let answerTime = 0;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 5, 1, 12) });
  webhookBodies = [];
  isNetworkUp = true;
  answerTime = 0;
  vi.stubGlobal("fetch", async (_url: string, { body }: { body: string }) => {
    const isDelivered = isNetworkUp;
    if (isDelivered) webhookBodies.push(JSON.parse(body) as WebhookBody);
    if (answerTime > 0) await new Promise((resolve) => setTimeout(resolve, answerTime));
    if (!isDelivered) throw new TypeError("fetch failed", { cause: new Error("no network") });
    return new Response(null);
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("when 500 boards go offline within a minute, there are at most three messages, and one when they return", async () => {
  const server = new AlertBench(SETTINGS);
  const ids = Array.from({ length: 500 }, (_, n) => `b${n}`);
  for (const id of ids) {
    server.publishStatus(id, { online: false });
    await server.advance(MINUTE / ids.length);
  }
  await server.advance(10 * MINUTE);
  expect(webhookBodies.length).toBeLessThanOrEqual(3);
  expect(webhookBodies.reduce((sum, { raised }) => sum + raised, 0)).toBe(500);
  const largest = webhookBodies.reduce((a, b) => (b.raised > a.raised ? b : a));
  expect(largest.title).toBe(`${largest.raised} boards offline`);
  expect(largest.alerts.length).toBeLessThanOrEqual(100);
  expect(largest.text.length).toBeLessThan(1000);
  expect(largest.text).toMatch(/… and \d+ more\.$/);
  webhookBodies = [];
  for (const id of ids) server.publishStatus(id, { online: true });
  await server.advance(5 * MINUTE);
  expect(webhookBodies).toMatchObject([{ title: "Resolved: 500 boards offline", raised: 0, resolved: 500, open: 0 }]);
});

test("while a service fails, messages wait and are sent together later; a restart of the server loses none", async () => {
  const server = new AlertBench(SETTINGS);
  isNetworkUp = false;
  server.publishStatus("porch", { online: false });
  await server.advance(10 * MINUTE);
  server.health.problem = "The disk is full.";
  await server.advance(10 * MINUTE);
  expect(server.alerts.listChannels()).toEqual([
    {
      channel: "webhook",
      target: "https://hook.test/********",
      problem: "https://hook.test/******** cannot be reached (no network). Check alerts > webhook and the network.",
      waiting: 2,
      delivered: 0,
      failed: expect.any(Number) as number,
    },
  ]);
  const [{ failed }] = server.alerts.listChannels();
  expect(failed).toBeGreaterThan(2);
  expect(failed).toBeLessThan(10);
  await server.restart(SECOND);
  isNetworkUp = true;
  await server.advance(MINUTE);
  expect(webhookBodies).toMatchObject([{ title: "The disk is full, Board porch is offline", raised: 2, open: 2 }]);
  expect(server.alerts.listChannels()).toMatchObject([{ problem: null, waiting: 0, delivered: 1 }]);
  await server.restart(SECOND);
  await server.advance(30 * MINUTE);
  expect(webhookBodies).toHaveLength(1);
});

test("a service with a certificate that nobody trusts is named as such, without its secret", async () => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  const { cert, key } = await generateCertificate("localhost");
  const service = https.createServer({ cert, key }, (_request, response) => response.end());
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void service.close());
  const url = `https://127.0.0.1:${(service.address() as AddressInfo).port}`;
  const sent = postJson("alerts > webhook", `${url}/secret`, {}, undefined);
  await expect(sent).rejects.toThrow(
    `${url}/******** has a certificate that this machine does not trust (DEPTH_ZERO_SELF_SIGNED_CERT). Give that service a valid certificate for its name, or start Nightlight with its authority in NODE_EXTRA_CA_CERTS.`,
  );
});

test("a channel that is added later receives nothing about alerts of before", async () => {
  const server = new AlertBench({ after: GRACE_PERIOD });
  server.publishStatus("porch", { online: false });
  await server.advance(5 * MINUTE);
  server.alerts.apply(SETTINGS);
  server.publishStatus("shed", { online: false });
  server.publishStatus("porch", { online: true });
  await server.advance(5 * MINUTE);
  expect(webhookBodies).toMatchObject([{ title: "Board shed is offline", raised: 1, resolved: 0, open: 1 }]);
});

describe("when the settings change while a message is on its way", () => {
  const OTHER_SETTINGS = { after: GRACE_PERIOD, webhook: { url: "https://other.test/secret" } };

  /** Lets a board go offline and changes the settings 2 s after the message left, 6 s before the service answers. */
  async function changeSettingsInFlight(change: (server: AlertBench) => void): Promise<AlertBench> {
    const server = new AlertBench(SETTINGS);
    answerTime = 8 * SECOND;
    server.publishStatus("porch", { online: false });
    for (const waiting of [1, 0])
      while (server.alerts.listChannels()[0].waiting !== waiting) await server.advance(SECOND);
    await server.advance(2 * SECOND);
    change(server);
    return server;
  }

  const changes: Record<string, (server: AlertBench) => void> = {
    replaced: ({ alerts }) => alerts.apply(OTHER_SETTINGS),
    "removed and added again": ({ alerts }) => {
      alerts.apply({ after: GRACE_PERIOD });
      alerts.apply(OTHER_SETTINGS);
    },
  };

  describe.each(Object.entries(changes))("and the channel is %s", (_name, change) => {
    test("the alert is not announced again, and its end is sent once", async () => {
      const server = await changeSettingsInFlight(change);
      await server.advance(10 * MINUTE);
      expect(webhookBodies).toMatchObject([{ raised: 1, resolved: 0 }]);
      server.publishStatus("porch", { online: true });
      await server.advance(10 * MINUTE);
      expect(webhookBodies).toMatchObject([{ raised: 1 }, { raised: 0, resolved: 1 }]);
      expect(server.alerts.listChannels()).toMatchObject([{ waiting: 0, delivered: 2, failed: 0 }]);
    });

    test("the end of the alert is sent, even if it comes before the service answers", async () => {
      const server = await changeSettingsInFlight(change);
      server.publishStatus("porch", { online: true });
      await server.advance(10 * MINUTE);
      expect(webhookBodies).toMatchObject([{ raised: 1 }, { raised: 0, resolved: 1 }]);
    });

    test("the alert goes to the new address if the message fails, without the waiting time after a failure", async () => {
      isNetworkUp = false;
      const server = await changeSettingsInFlight(change);
      isNetworkUp = true;
      await server.advance(20 * SECOND);
      expect(webhookBodies).toMatchObject([{ raised: 1, resolved: 0 }]);
      expect(server.alerts.listChannels()).toMatchObject([{ target: "https://other.test/********", problem: null }]);
    });
  });
});

describe("for any outages, failures of the network and restarts", () => {
  test("a service hears of every alert once it is open, and once when it is resolved", async () => {
    const step = fc.record({
      board: fc.constantFrom("a", "b", "c", "d"),
      works: fc.boolean(),
      restart: fc.boolean(),
      minutes: fc.integer({ min: 0, max: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        webhookBodies = [];
        const server = new AlertBench(SETTINGS);
        const online = new Map<string, boolean>();
        for (const { board, works: isWorking, restart, minutes } of steps) {
          isNetworkUp = isWorking;
          online.set(board, !online.get(board));
          server.publishStatus(board, { online: online.get(board)! });
          if (restart) await server.restart(SECOND);
          await server.advance(minutes * MINUTE);
        }
        isNetworkUp = true;
        await server.advance(40 * MINUTE);
        const messages = webhookBodies.flatMap(({ alerts }) => alerts);
        for (const alert of server.alerts.list()) {
          const states = messages.filter(({ id }) => id === alert.id).map(({ state }) => state);
          // an alert that is over before a message was sent may be left out, or only be reported as resolved
          if (alert.resolved === null) expect(states).toEqual(["open"]);
          else expect(["open,resolved", "resolved", ""]).toContain(states.join());
        }
        await server.alerts.close();
      }),
      { numRuns: 60, seed: getTestSeed() },
    );
  });
});
