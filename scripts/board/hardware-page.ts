/** Generates the table of all boards in `docs/reference/hardware.md`, and creates and checks the boards' wiring sections. */
import { access } from "node:fs/promises";
import path from "node:path";
import { fillGeneratedParts, formatMarkdownTable, readText } from "../lib/generated-files.js";
import { chipOf, gpioOf, PART_NAMES, pinOf, type Board } from "./board.js";

export const HARDWARE_PAGE = "docs/reference/hardware.md";

/** The comment in the page before which new wiring sections are inserted. */
const INSERTION_MARK = "<!-- npm run board -- add inserts new boards here -->";

/** The parts that are wired to a board: Grove modules, or a photoresistor and an LED with their resistors. */
export type WiringParts = "grove" | "bare";

/** Returns the text of the page with a current table of boards. */
export async function createHardwarePage(root: string, boards: readonly Board[]): Promise<string> {
  return fillGeneratedParts(await readText(root, HARDWARE_PAGE), { boards: formatOverviewTable(boards) });
}

/**
 * Returns the text of a page with a wiring section for a new board.
 * @throws Error when the page does not mark the place for new sections
 */
export function insertSection(page: string, board: Board, parts: WiringParts, base: string): string {
  if (!page.includes(INSERTION_MARK))
    throw new Error(`${HARDWARE_PAGE} has no place for the board: add ${INSERTION_MARK}.`);
  // passes a function, because $ is special in a replacement string
  return page.replace(INSERTION_MARK, () => `${formatWiringSection(board, parts, base)}\n\n${INSERTION_MARK}`);
}

/** Checks a board's wiring section and drawing. Returns a sentence for each mistake. Accepts a missing drawing. */
export async function findDocumentationProblems(root: string, board: Board): Promise<string[]> {
  const [, section] = (await readText(root, HARDWARE_PAGE)).split(`\n### ${board.title}\n`);
  if (section === undefined) return [`${HARDWARE_PAGE} has no section "### ${board.title}" that explains the wiring.`];
  const texts: Record<string, string> = { [`Its section in ${HARDWARE_PAGE}`]: section.split(/^##/m)[0] };
  const drawing = `docs/boards/${board.name}.svg`;
  if (await fileExists(path.join(root, drawing))) texts[drawing] = await readText(root, drawing);
  return Object.entries(texts).flatMap(([name, text]) =>
    (["light", "lamp"] as const)
      .filter((role) => !text.includes(`(GPIO${gpioOf(board.file, role)})`))
      .map((role) => `${name} does not show the ${PART_NAMES[role]} on (GPIO${gpioOf(board.file, role)}).`),
  );
}

function formatOverviewTable(boards: readonly Board[]): string {
  return formatMarkdownTable(
    ["board", "chip", "light sensor", "lamp", "firmware", "name"],
    boards.map(({ title, file, entry, name }) => [
      `[${title}](#${anchorOf(title)})`,
      chipOf(file).name,
      `GPIO${gpioOf(file, "light")}`,
      `GPIO${gpioOf(file, "lamp")}`,
      `\`src/${entry}.ts\``,
      `\`${name}\``,
    ]),
  );
}

function formatWiringSection({ title, file }: Board, parts: WiringParts, base: string): string {
  const [light, lamp] = (["light", "lamp"] as const).map((role) => `${pinOf(file, role)} (GPIO${gpioOf(file, role)})`);
  const rows =
    parts === "grove"
      ? [
          ["Grove light sensor: SIG (yellow)", light],
          ["Grove LED: SIG (yellow)", lamp],
          ["both: VCC (red)", "3.3 V"],
          ["both: GND (black)", "GND"],
        ]
      : [
          ["photoresistor, one leg", "3.3 V"],
          ["photoresistor, other leg; and 10 kΩ, one leg", light],
          ["330 Ω, then the LED's long leg", lamp],
          ["10 kΩ, other leg; and the LED's short leg", "GND"],
        ];
  const links = [...(file.url ? [`[the board](${file.url})`] : []), `DeviceScript's \`${base}\``];
  return [`### ${title}`, formatMarkdownTable(["from", "to"], rows), `- See ${links.join(", ")}.`].join("\n\n");
}

/** Returns the anchor that GitHub gives a heading. */
const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");

const fileExists = (file: string): Promise<boolean> => access(file).then(() => true, () => false); // prettier-ignore
