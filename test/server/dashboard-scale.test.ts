import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import mqtt from "mqtt";
import { describe, expect, test } from "vitest";
import { startServer } from "../../server/src/index.js";
import { chromiumNote, chromiumPath, openPage, startChromium } from "../support/chromium.js";
import { eventually } from "../support/eventually.js";

const BOARD_COUNT = 500;
const ROUND_COUNT = 5;

describe.skipIf(!chromiumPath)(`the dashboard with ${BOARD_COUNT} boards${chromiumNote}`, () => {
  test("the dashboard reacts to clicks while every board reports once a second, draws only visible plots, and misses no update", async () => {
    const data = await mkdtemp(path.join(tmpdir(), "nightlight-scale-"));
    const server = await startServer({ mqttPort: 0, httpPort: 0, data });
    const client = await mqtt.connectAsync(server.brokerUrl);
    const browser = await startChromium();
    const lightOf = (board: number, round: number) => (board * 7 + round * 97) % 1000;
    const publishRound = (from: number, to: number, round: number) => {
      for (let i = from; i < to; i++)
        client.publish(`many/${i}/telemetry`, JSON.stringify({ light: lightOf(i, round) }));
    };
    try {
      publishRound(0, BOARD_COUNT, 0);
      const { page } = await openPage(browser, server.httpUrl!);
      const cards = page.getByRole("article");
      await eventually(async () => (await cards.count()) === BOARD_COUNT, { what: `${BOARD_COUNT} cards` });

      // The duration of tasks depends on the machine, so the test also counts the plots that are drawn in each frame.
      await page.evaluate(`
        longTasks = [];
        new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((task) => task.duration))).observe({
          type: "longtask",
        });
        drawn = 0;
        frames = 0;
        const clear = CanvasRenderingContext2D.prototype.clearRect;
        CanvasRenderingContext2D.prototype.clearRect = function (...args) {
          drawn++;
          clear.apply(this, args);
        };
        const frame = () => {
          frames++;
          requestAnimationFrame(frame);
        };
        frame();
      `);
      const mode = page.getByRole("article", { name: "many/0", exact: true }).getByRole("group", { name: "Lamp" });
      const longest: number[] = [];
      for (let round = 1; round <= ROUND_COUNT; round++) {
        const began = performance.now();
        const wanted = round % 2 ? "On" : "Off";
        // Reports are spread over the second, and the user clicks meanwhile.
        for (let from = 0; from < BOARD_COUNT; from += 25) {
          publishRound(from, from + 25, round);
          if (from === 250) await mode.getByRole("radio", { name: wanted }).check();
          const due = began + ((from + 25) / BOARD_COUNT) * 1000;
          await eventually(() => performance.now() >= due, { what: "the next boards' turn" });
        }
        await eventually(() => server.devices.get("many/0")?.mode === wanted.toLowerCase(), {
          what: `lamp ${wanted}`,
        });
        longest.push(await page.evaluate<number>("Math.max(0, ...longTasks.splice(0))"));
      }
      const { drawn, frames } = await page.evaluate<{ drawn: number; frames: number }>("({ drawn, frames })");
      expect(drawn).toBeGreaterThan(0);
      // The viewport and its margin have room for thirty cards.
      expect(drawn / frames).toBeLessThan(30);

      const last = page.getByRole("article", { name: `many/${BOARD_COUNT - 1}`, exact: true });
      const value = String(lightOf(BOARD_COUNT - 1, ROUND_COUNT));
      await eventually(async () => (await last.locator('[data-part="light"]').textContent()) === value, {
        what: `${value} on the last card, far out of sight`,
      });
      console.info(`longest task of each second, in ms: ${longest.map(Math.round).join(", ")}`);
    } finally {
      await browser.close();
      await client.endAsync(true);
      await server.close();
      await rm(data, { recursive: true, force: true });
    }
  });

  test("the dashboard shows boards that reported only once while a slow machine was busy", async () => {
    const data = await mkdtemp(path.join(tmpdir(), "nightlight-scale-"));
    const server = await startServer({ mqttPort: 0, httpPort: 0, data });
    const client = await mqtt.connectAsync(server.brokerUrl);
    const browser = await startChromium();
    try {
      const page = await browser.newPage();
      // Slow the CPU to a third, so that one frame has time for only a few cards.
      const devtools = await page.context().newCDPSession(page);
      await devtools.send("Emulation.setCPUThrottlingRate", { rate: 3 });
      await page.goto(server.httpUrl!);
      const publishLight = (board: number): void => void client.publish(`many/${board}/telemetry`, '{"light":1}');
      const cards = page.getByRole("article");
      for (let board = 0; board < 100; board++) publishLight(board);
      await eventually(async () => (await cards.count()) === 100, { what: "100 cards" });
      for (let board = 100; board < 250; board++) publishLight(board);
      // Updates a card outside the viewport last, which must not prevent the creation of the new cards.
      publishLight(99);
      await eventually(async () => (await cards.count()) === 250, { what: "250 cards" });
    } finally {
      await browser.close();
      await client.endAsync(true);
      await server.close();
      await rm(data, { recursive: true, force: true });
    }
  });
});
