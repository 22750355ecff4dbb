import type { Browser, Page } from "playwright-core";
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadBoards } from "../../scripts/board/board.js";
import { ROOT } from "../../scripts/lib/repository.js";
import { chromiumNote, chromiumPath, startChromium } from "../support/chromium.js";

const drawings = (await loadBoards(ROOT)).map(
  ({ name, title }) => [title, readFileSync(path.join(ROOT, `docs/boards/${name}.svg`), "utf8")] as const,
);

describe("the drawings of the boards", () => {
  it.each(drawings)("have a title and a description for screen readers: %s", (title, svg) => {
    expect(svg).toContain('role="img" aria-labelledby="title desc"');
    expect(svg).toContain(`<title id="title">Wiring of the ${title}</title>`);
    expect(svg).toContain(`<desc id="desc">${title}: the light sensor at `);
  });
});

describe.skipIf(!chromiumPath)(`the drawings of the boards, in a browser${chromiumNote}`, () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await startChromium();
    page = await browser.newPage();
  });
  afterAll(() => browser?.close());

  it.each(drawings)("are valid SVG without overlapping labels: %s", async (_title, svg) => {
    await page.setContent(svg);
    expect(await page.evaluate<string>(`(${FIND_PARSE_ERROR})(${JSON.stringify(svg)})`)).toBe("");
    expect(await page.evaluate<string[]>(FIND_LAYOUT_PROBLEMS)).toEqual([]);
  });

  it.each(["light", "dark"] as const)("have labels with enough contrast on a %s page", async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await page.setContent(drawings[0][1]);
    const contrasts = await page.evaluate<{ label: string; contrast: number }[]>(COMPUTE_CONTRASTS);
    expect(contrasts.length).toBeGreaterThan(15);
    // WCAG 2.2, success criterion 1.4.3, requires a contrast of at least 4.5 to 1
    expect(contrasts.filter(({ contrast }) => contrast < 4.5)).toEqual([]);
  });
});

// These functions run in the browser. They are text, because this project's types do not include the DOM.

const FIND_PARSE_ERROR = `(text) =>
  new DOMParser().parseFromString(text, "image/svg+xml").querySelector("parsererror")?.textContent ?? ""`;

/** Finds labels outside the drawing's card, and labels that overlap by more than 3 pixels. */
const FIND_LAYOUT_PROBLEMS = `(() => {
  const card = document.querySelector(".card").getBoundingClientRect();
  const labels = [...document.querySelectorAll("text")].map((node) => ({ text: node.textContent, box: node.getBoundingClientRect() }));
  const outside = labels.filter(({ box }) => box.left < card.left + 4 || box.right > card.right - 4 || box.bottom > card.bottom);
  const doOverlap = (a, b) => a.left < b.right && b.left < a.right && a.top + 3 < b.bottom - 3 && b.top + 3 < a.bottom - 3;
  const overlaps = labels.flatMap((a, i) =>
    labels.slice(i + 1).filter((b) => doOverlap(a.box, b.box)).map((b) => a.text + " and " + b.text + " overlap"));
  return [...overlaps, ...outside.map(({ text }) => text + " is outside the card")];
})()`;

/** Computes the contrast of each label to its background, as WCAG defines it. */
const COMPUTE_CONTRASTS = `(() => {
  const luminanceOf = (css) => {
    const [r, g, b] = css.match(/\\d+/g).map((part) => part / 255)
      .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const fillOf = (node) => getComputedStyle(node).fill;
  return [...document.querySelectorAll("text")].map((node) => {
    const background = document.querySelector(node.matches(".on") ? ".board" : ".card");
    const [a, b] = [luminanceOf(fillOf(node)), luminanceOf(fillOf(background))].sort((x, y) => y - x);
    return { label: node.textContent, contrast: (a + 0.05) / (b + 0.05) };
  });
})()`;
