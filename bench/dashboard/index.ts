/** Measures how the dashboard loads with many boards: bytes, and the time to the first card and to the last. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { runGenerator } from "../loop/generator.js";
import { startNightlight } from "../flat/server.js";
import { findFreePort } from "../loop/ports.js";
import { median } from "../statistics.js";
import { formatTable } from "../table.js";
import { CHROMIUM_INSTALL_HINT, findChromium, startChromium } from "./chromium.js";

export interface DashboardOptions {
  readonly boards: number;
  readonly rounds: number;
}

interface PageLoad {
  readonly requests: number;
  /** Number of compressed bytes that the browser received over the network. */
  readonly bytes: number;
  /** Time from the start of the navigation to the first card, in ms. */
  readonly first: number;
  /** Time from the start of the navigation to the last card, in ms. */
  readonly last: number;
}

/** Runs the dashboard benchmark. @returns the table in Markdown */
export async function measureDashboard(
  { boards, rounds }: DashboardOptions,
  print: (text: string) => void,
): Promise<string> {
  const program = findChromium();
  if (program === undefined) {
    print(`Skipping the dashboard, because Chromium is not installed: ${CHROMIUM_INSTALL_HINT}`);
    return `Missing: Chromium: ${CHROMIUM_INSTALL_HINT}.`;
  }
  const folder = await mkdtemp(path.join(tmpdir(), "nightlight-bench-"));
  const server = await startNightlight("embedded", await findFreePort(), folder);
  let browser: Browser | undefined;
  try {
    const { mqttPort } = server;
    const connections = Math.min(100, boards);
    await runGenerator(
      { port: mqttPort, devices: boards, connections, qos: 1, payloadFormat: "full", outstanding: connections, switchEvery: 1, warmUp: 0, warmUpCycles: 0, seconds: 0.1 }, // prettier-ignore
      async () => {},
    );
    browser = await startChromium(program);
    const loads: PageLoad[] = [];
    for (let round = 0; round < rounds; round++) {
      loads.push(await loadPage(browser, server.httpPort, boards));
      const { bytes, first, last } = loads[round];
      print(`dashboard: ${bytes} bytes, first card after ${first.toFixed(0)} ms, last after ${last.toFixed(0)} ms`);
    }
    const medianOf = (name: keyof PageLoad): number => median(loads.map((load) => load[name]))!;
    return formatTable(
      ["boards", "requests", "bytes", "first card", "all cards"],
      [
        [
          boards.toLocaleString("en"),
          String(medianOf("requests")),
          medianOf("bytes").toLocaleString("en"),
          `${Math.round(medianOf("first"))} ms`,
          `${Math.round(medianOf("last"))} ms`,
        ],
      ],
    );
  } finally {
    await browser?.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A script that runs before the page's own scripts and records when the first card and all cards are shown. */
const createRecordScript = (boards: number): string => `
  window.cards = {};
  const recordCards = () => {
    const count = document.querySelectorAll("article").length;
    if (count > 0) window.cards.first ??= performance.now();
    if (count >= ${boards}) window.cards.last = performance.now();
    else requestAnimationFrame(recordCards);
  };
  requestAnimationFrame(recordCards);
`;

/** Loads the dashboard once, with an empty browser cache. */
async function loadPage(browser: Browser, port: number, boards: number): Promise<PageLoad> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    const page = await context.newPage();
    const network = await context.newCDPSession(page);
    let requests = 0;
    let bytes = 0;
    await network.send("Network.enable");
    network.on("Network.requestWillBeSent", () => void requests++);
    // loadingFinished never fires for an open event stream, so its bytes are summed from dataReceived
    const streamed = new Map<string, number>();
    network.on("Network.dataReceived", ({ requestId, encodedDataLength }) =>
      streamed.set(requestId, (streamed.get(requestId) ?? 0) + encodedDataLength),
    );
    network.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      streamed.delete(requestId);
      bytes += encodedDataLength;
    });
    await page.addInitScript(createRecordScript(boards));
    await page.goto(`http://127.0.0.1:${port}/`);
    for (const deadline = performance.now() + 60_000; ; await sleep(20)) {
      const { first, last } = await page.evaluate<{ first?: number; last?: number }>("window.cards");
      if (first !== undefined && last !== undefined) {
        for (const received of streamed.values()) bytes += received;
        return { requests, bytes, first, last };
      }
      if (performance.now() > deadline) throw new Error(`The dashboard did not show ${boards} cards within 60 s.`);
    }
  } finally {
    await context.close();
  }
}
