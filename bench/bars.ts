/** Bar charts as SVG, with colors for light and dark mode. */

export interface Bar {
  readonly label: string;
  /** The measured value, which is the bar's length; undefined when there is no measurement. */
  readonly value: number | undefined;
  /** Whether to draw the bar in the highlight color. */
  readonly highlighted: boolean;
}

export interface BarGroup {
  readonly label: string;
  readonly bars: readonly Bar[];
}

const CHART_WIDTH = 760;
const LABEL_WIDTH = 270;
const VALUE_WIDTH = 80;
const ROW_HEIGHT = 22;
const BAR_HEIGHT = 14;
const TITLE_HEIGHT = 36;
const GROUP_HEIGHT = 34;

const STYLE_SHEET = `
    text { font: 13px system-ui, sans-serif; fill: #24292f; }
    .title { font-weight: 600; }
    .group { fill: #57606a; }
    .bar { fill: #afb8c1; }
    .marked { fill: #0969da; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .group { fill: #9198a1; }
      .bar { fill: #57606a; }
      .marked { fill: #4493f8; }
    }
`;

const escapeXml = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

/**
 * Draws groups of horizontal bars and returns the SVG document.
 * @param digits decimal places of the values
 */
export function drawBarChart(title: string, digits: number, groups: readonly BarGroup[]): string {
  const all = groups.flatMap((group) => group.bars.map(({ value }) => value ?? 0));
  const maximum = Math.max(...all) || 1;
  const room = CHART_WIDTH - LABEL_WIDTH - VALUE_WIDTH;
  const parts: string[] = [];
  const appendText = (x: number, y: number, kind: string, words: string, anchor = "start"): void =>
    void parts.push(`<text x="${x}" y="${y}" class="${kind}" text-anchor="${anchor}">${escapeXml(words)}</text>`);
  appendText(0, 18, "title", title);
  let y = TITLE_HEIGHT;
  for (const group of groups) {
    appendText(0, y + 20, "group", group.label);
    y += GROUP_HEIGHT;
    for (const { label, value, highlighted } of group.bars) {
      const width = Math.round(((value ?? 0) / maximum) * room);
      appendText(LABEL_WIDTH - 8, y + BAR_HEIGHT - 2, "label", label, "end");
      parts.push(`<rect x="${LABEL_WIDTH}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="2" class="bar${highlighted ? " marked" : ""}"/>`); // prettier-ignore
      const figure = value?.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
      appendText(LABEL_WIDTH + width + 6, y + BAR_HEIGHT - 2, "value", figure ?? "no figure");
      y += ROW_HEIGHT;
    }
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${CHART_WIDTH} ${y + 8}" role="img" aria-label="${escapeXml(title)}">`,
    `  <style>${STYLE_SHEET}  </style>`,
    ...parts.map((part) => `  ${part}`),
    "</svg>",
    "",
  ].join("\n");
}
