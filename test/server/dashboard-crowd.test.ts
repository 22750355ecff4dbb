import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import mqtt from "mqtt";
import { describe, expect, test } from "vitest";
import { startServer } from "../../server/src/index.js";
import { chromiumNote, chromiumPath, openPage, startChromium } from "../support/chromium.js";
import { eventually } from "../support/eventually.js";

const BOARDS = 500;
const ROUNDS = 5;

describe.skipIf(!chromiumPath)(`the dashboard with ${BOARDS} boards${chromiumNote}`, () => {
  test("stays responsive while each of them reports once a second, and misses nothing", async () => {
    const data = await mkdtemp(path.join(tmpdir(), "nightlight-crowd-"));
    const server = await startServer({ mqttPort: 0, httpPort: 0, data });
    const client = await mqtt.connectAsync(server.brokerUrl);
    const browser = await startChromium();
    const light = (board: number, round: number) => (board * 7 + round * 97) % 1000;
    const report = (from: number, to: number, round: number) => {
      for (let i = from; i < to; i++)
        client.publish(`crowd/${i}/telemetry`, JSON.stringify({ light: light(i, round) }));
    };
    try {
      report(0, BOARDS, 0);
      const { page } = await openPage(browser, server.httpUrl!);
      const cards = page.getByRole("article");
      await eventually(async () => (await cards.count()) === BOARDS, { within: 15_000, what: `${BOARDS} cards` });

      await page.evaluate(`
        longTasks = [];
        new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((task) => task.duration))).observe({
          type: "longtask",
        });
      `);
      const longest: number[] = [];
      for (let round = 1; round <= ROUNDS; round++) {
        const began = performance.now();
        // spread over the second, as boards are
        for (let from = 0; from < BOARDS; from += 25) {
          report(from, from + 25, round);
          const due = began + ((from + 25) / BOARDS) * 1000;
          await eventually(() => performance.now() >= due, { what: "the next boards' turn" });
        }
        longest.push(await page.evaluate<number>("Math.max(0, ...longTasks.splice(0))"));
      }

      const last = page.getByRole("article", { name: `crowd/${BOARDS - 1}`, exact: true });
      const value = String(light(BOARDS - 1, ROUNDS));
      await eventually(async () => (await last.locator('[data-part="light"]').textContent()) === value, {
        what: `${value} on the last card, far out of sight`,
      });
      // How long a task takes is the machine's affair as well; but a page that cannot keep up is busy all the time.
      console.info(`longest task of each second, in ms: ${longest.map(Math.round).join(", ")}`);
      expect(Math.min(...longest), "the page never rests").toBeLessThan(1000);
    } finally {
      await browser.close();
      await client.endAsync(true);
      await server.close();
      await rm(data, { recursive: true, force: true });
    }
  });
});
