import type { Browser, Page } from "playwright-core";
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawingPath, loadBoards } from "../../scripts/board/board.js";
import { describe as sentenceOf, draw } from "../../scripts/board/drawing.js";
import { layoutProblems, type Layout } from "../../scripts/board/layout.js";
import { ROOT } from "../../scripts/build.js";
import { chromiumNote, chromiumPath, startChromium } from "../support/chromium.js";

const boards = (await loadBoards(ROOT)).map((board) => ({ ...board, layout: board.layout! }));
const [xiao] = boards;

describe("a drawing", () => {
  it("is made of the board's pins: another pin gives another drawing", () => {
    const moved = { ...xiao.file, pins: { ...xiao.file.pins, A1_D1: 4, A2_D2: 3 } };
    expect(draw(xiao)).toContain("D1 (GPIO3)");
    expect(draw({ ...xiao, file: moved })).toContain("D1 (GPIO4)");
  });

  it("says in words what it shows, for those who do not see it", () => {
    const text = readFileSync(path.join(ROOT, drawingPath(xiao.name)), "utf8");
    expect(text).toContain('role="img" aria-labelledby="title desc"');
    expect(text).toContain(`<desc id="desc">${sentenceOf(xiao)}</desc>`);
    expect(sentenceOf(xiao)).toBe(
      "Seeed Studio XIAO ESP32C3: the light sensor at D1 (GPIO3), the lamp at D10 (GPIO10); 3V3 to the Grove light sensor and the Grove LED, and GND to both.",
    );
  });

  it("is refused when what is printed at a pin belies its GPIO, and when a pin or ground is missing", () => {
    const { file, layout } = boards.find(({ name }) => name === "nightlight_esp32s3_devkitm")!;
    const swap = (from: string, to: string): Layout => ({
      ...layout,
      left: layout.left.map((text) => (text === from ? to : text)),
      right: layout.right.filter((text) => text !== "G"),
    });
    expect(layoutProblems(swap("7=P7", "7=P8"), file)).toEqual([
      '"7=P8": what is printed there says GPIO7, and the pin is GPIO8.',
    ]);
    expect(layoutProblems(swap("7=P7", "7=P77"), file)).toEqual(['"7=P77": it has no pin P77.']);
    expect(layoutProblems(swap("G", "N"), file)).toEqual(['Neither "left" nor "right" has ground (GND, G).']);
    expect(layoutProblems(swap("4=P4", "x"), file)).toEqual(['Neither "left" nor "right" has the pin P4.']);
  });
});

describe.skipIf(!chromiumPath)(`in a browser, every drawing${chromiumNote}`, () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await startChromium();
    page = await browser.newPage();
  });
  afterAll(() => browser?.close());

  it.each(boards.map((board) => [board.title, board] as const))("can be read: %s", async (_title, board) => {
    await page.setContent(draw(board));
    expect(await page.evaluate<string>(`(${PARSE_ERROR})(${JSON.stringify(draw(board))})`)).toBe("");
    const found = await page.evaluate<string[]>(UNREADABLE);
    expect(found).toEqual([]);
  });

  it.each(["light", "dark"] as const)(
    "has words that stand out from the ground they are on, on a %s page",
    async (colorScheme) => {
      await page.emulateMedia({ colorScheme });
      await page.setContent(draw(boards[0]));
      const contrasts = await page.evaluate<{ said: string; contrast: number }[]>(CONTRASTS);
      expect(contrasts.length).toBeGreaterThan(15);
      // WCAG 2.2, 1.4.3: 4.5 to 1
      expect(contrasts.filter(({ contrast }) => contrast < 4.5)).toEqual([]);
    },
  );
});

// What runs in the browser: text, because nothing else here knows of a DOM.

const PARSE_ERROR = `(text) =>
  new DOMParser().parseFromString(text, "image/svg+xml").querySelector("parsererror")?.textContent ?? ""`;

/** Words that are outside the card, or that cover one another; lines of text may touch. */
const UNREADABLE = `(() => {
  const card = document.querySelector(".card").getBoundingClientRect();
  const words = [...document.querySelectorAll("text")].map((node) => ({ said: node.textContent, at: node.getBoundingClientRect() }));
  const outside = words.filter(({ at }) => at.left < card.left + 4 || at.right > card.right - 4 || at.bottom > card.bottom);
  const meet = (a, b) => a.left < b.right && b.left < a.right && a.top + 3 < b.bottom - 3 && b.top + 3 < a.bottom - 3;
  const covered = words.flatMap((a, i) =>
    words.slice(i + 1).filter((b) => meet(a.at, b.at)).map((b) => a.said + " and " + b.said + " cover one another"));
  return [...covered, ...outside.map(({ said }) => said + " is outside")];
})()`;

/** How each word stands out from its ground, as WCAG counts it. */
const CONTRASTS = `(() => {
  const luminance = (css) => {
    const [r, g, b] = css.match(/\\d+/g).map((part) => part / 255)
      .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const fill = (node) => getComputedStyle(node).fill;
  return [...document.querySelectorAll("text")].map((node) => {
    const ground = document.querySelector(node.matches(".on") ? ".board" : ".card");
    const [a, b] = [luminance(fill(node)), luminance(fill(ground))].sort((x, y) => y - x);
    return { said: node.textContent, contrast: (a + 0.05) / (b + 0.05) };
  });
})()`;
