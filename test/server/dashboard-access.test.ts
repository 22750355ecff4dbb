import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumNote, chromiumPath, openPage, startChromium } from "../support/chromium.js";
import { eventually } from "../support/eventually.js";
import { DASHBOARD_FOLDER, FakeApi } from "./support/fake-api.js";
import { startHttpApp } from "./support/http-app.js";

const AXE_SCRIPT = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const BOARD_ID = "nightlight/yard/gate";

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

test("the first load has less than 100 KB compressed, and every browser gets it compressed", async () => {
  const { url } = await startHttpApp();
  const files = (await readdir(DASHBOARD_FOLDER)).filter((name) => !/\.(br|gz)$/.test(name));
  expect(files).toEqual(expect.arrayContaining(["index.html", "app.js", "style.css", "icon.svg"]));
  const first = await listFilesOfFirstLoad();
  let sum = 0;
  // Counts only the largest language file, because the page loads one of them.
  let largestLanguageSize = 0;
  for (const name of files) {
    const plain = await readFile(path.join(DASHBOARD_FOLDER, name));
    for (const [taken, encoding, unpack] of [
      ["gzip, deflate, br, zstd", "br", brotliDecompressSync],
      ["gzip", "gzip", gunzipSync],
      ["identity", undefined, (bytes: Buffer) => bytes],
    ] as const) {
      const { headers, bytes } = await download(`${url}/${name}`, taken);
      expect([headers["content-encoding"], headers["content-type"]]).toEqual([
        encoding,
        expect.not.stringMatching(/octet/),
      ]);
      expect(unpack(bytes).equals(plain), `${name} as ${taken}`).toBe(true);
      if (encoding !== "gzip") continue;
      if (name.startsWith("messages-")) largestLanguageSize = Math.max(largestLanguageSize, bytes.length);
      else if (first.has(name)) sum += bytes.length;
    }
    expect((await download(`${url}/${name}.br`, "identity")).status).toBe(404);
  }
  expect(largestLanguageSize).toBeGreaterThan(1000);
  expect(sum).toBeGreaterThan(10_000);
  expect(sum + largestLanguageSize).toBeLessThan(100_000);
});

/** Returns the files that the page loads at once, without its translations and the scripts of views. */
async function listFilesOfFirstLoad(): Promise<Set<string>> {
  const scripts = new Set(["app.js"]);
  for (const name of scripts) {
    const text = await readFile(path.join(DASHBOARD_FOLDER, name), "utf8");
    for (const [, chunk] of text.matchAll(/\b(?:from|import)"\.\/([^"]+)"/g)) scripts.add(chunk);
  }
  expect(scripts.size).toBeGreaterThan(1);
  return new Set([...scripts, "index.html", "style.css", "events-worker.js", "icon.svg"]);
}

/** Downloads a file without decompressing it. */
async function download(url: string, encodings: string) {
  const request = http.get(url, { agent: false, headers: { "accept-encoding": encodings } });
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return { status: response.statusCode, headers: response.headers, bytes: Buffer.concat(parts) };
}

describe.skipIf(!chromiumPath)(`the dashboard for everybody${chromiumNote}`, () => {
  let browser: Browser;
  let api: FakeApi;

  beforeAll(async () => {
    browser = await startChromium();
    api = await FakeApi.start();
    const now = Date.now();
    api.session = { name: "ann", role: "admin", required: true };
    api.changeDevice(BOARD_ID, {
      label: "Garden gate",
      zone: "yard",
      led_on: true,
      light: 120,
      firmware: "1.0.0",
      missing: 2,
    });
    api.changeDevice("nightlight/an-id-as-long-as-ids-can-be-on-a-phone/and-without-a-blank/porch", { online: false });
    api.changeDevice("nightlight/held", { mode: "on", until: new Date(now + 3_600_000).toISOString(), led_on: true });
    api.changeZone("yard", {
      label: "Yard",
      sensors: [
        { id: BOARD_ID, light: 120, stale: false },
        { id: "nightlight/gone", light: 300, stale: true },
      ],
      lamps: [BOARD_ID],
      led_on: true,
      mode: "on",
      until: new Date(now + 3_600_000).toISOString(),
    });
    api.readings = Array.from({ length: 600 }, (_, i) => {
      const light = (i * 37) % 1000;
      return { time: now - (600 - i) * 60_000, min: light, max: light, last: light, count: 1 };
    });
    api.contested = [
      {
        client_id: `a-client-id/${"as-long-as-allowed".repeat(6)}`,
        account: "ann",
        addresses: ["fe80::1"],
        takeovers: 9,
      },
    ];
    api.switches = [{ time: now - 3_600_000, led_on: true, by: "server", reason: "light 120 < 300" }];
  });
  afterAll(async () => {
    await browser?.close();
    await api?.close();
  });

  const VIEWS = { overview: "#/", zones: "#/zones", board: `#/board/${encodeURIComponent(BOARD_ID)}` };

  const SCREENS = { desk: { width: 1280, height: 800 }, phone: { width: 360, height: 640 } };

  for (const [scheme, screen] of [
    ["dark", "desk"],
    ["light", "desk"],
    // On a phone most boards are outside the viewport, so the page must lay them out before axe checks them.
    ["light", "phone"],
  ] as const)
    for (const [view, hash] of Object.entries(VIEWS))
      test(`axe finds no serious accessibility problem on the ${view} in ${scheme} on a ${screen}`, async () => {
        const { page, complaints } = await openPage(browser, api.url);
        try {
          await page.setViewportSize(SCREENS[screen]);
          await page.goto("about:blank");
          await page.goto(api.url + hash);
          await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
          await eventually(() => page.getByText("Garden gate").filter({ visible: true }).first().isVisible(), {
            what: "the view",
          });
          if (view === "board") {
            await page.getByText("Show readings as a table").click();
            await eventually(async () => (await page.getByRole("row").count()) > 10, { what: "the table" });
          }
          await page.evaluate(await readFile(AXE_SCRIPT, "utf8"));
          const { violations, passes } = await page.evaluate<{ violations: Finding[]; passes: Finding[] }>("axe.run()");
          const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
          const said = grave.flatMap(({ id, nodes }) =>
            nodes.map((node) => `${id}: ${node.html}\n${node.failureSummary}`),
          );
          expect(said).toEqual([]);
          expect(passes.map(({ id }) => id)).toContain("color-contrast");
          expect(complaints).toEqual([]);
        } finally {
          await page.close();
        }
      });

  test("every view fits on a phone with 320 pixels", async () => {
    const { page, complaints } = await openPage(browser, api.url);
    await page.setViewportSize({ width: 320, height: 640 });
    for (const hash of Object.values(VIEWS)) {
      await page.goto(api.url + hash);
      await eventually(() => page.getByText("Garden gate").filter({ visible: true }).first().isVisible(), {
        what: hash,
      });
      // Elements outside the viewport are laid out only after scrolling.
      await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)");
      expect(await page.evaluate("document.documentElement.scrollWidth"), hash).toBe(320);
    }
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("nothing moves for users who prefer reduced motion", async () => {
    const { page } = await openPage(browser, api.url);
    await page.emulateMedia({ reducedMotion: "reduce" });
    await eventually(() => page.getByRole("article").first().isVisible(), { what: "a card" });
    const moving = await page.evaluate(
      `[...document.querySelectorAll("*")].filter((e) => parseFloat(getComputedStyle(e).transitionDuration) > 0).length`,
    );
    expect(moving).toBe(0);
    await page.close();
  });
});
