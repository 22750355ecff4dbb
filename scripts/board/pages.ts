/** What is made of the boards' data: the drawings, and the tables in `docs/reference/hardware.md`. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fill } from "../docs/markdown.js";
import { chipOf, drawingPath, layoutPath, type Board } from "./board.js";
import { describe, draw, pinText } from "./drawing.js";
import { wiredPlaces, type Layout } from "./layout.js";

export const PAGE = "docs/reference/hardware.md";

type Drawn = Board & { layout: Layout };

/**
 * The files as they are to be, by their path in the repository.
 * @throws Error that names a board that cannot be drawn
 */
export async function generate(root: string, boards: readonly Board[]): Promise<Map<string, string>> {
  const drawn = boards.map(withLayout);
  const files = new Map<string, string>();
  for (const board of drawn) files.set(drawingPath(board.name), `${draw(board)}\n`);
  files.set(PAGE, fill(await read(root, PAGE), { boards: overview(drawn), wiring: drawn.map(wiring).join("\n\n") }));
  return files;
}

/** Those of the files that are not as they are to be. */
export async function outdated(root: string, files: ReadonlyMap<string, string>): Promise<string[]> {
  const found: string[] = [];
  for (const [file, text] of files) if ((await read(root, file).catch(() => undefined)) !== text) found.push(file);
  return found;
}

/** Writes what is out of date, and says what that was. */
export async function redraw(root: string, boards: readonly Board[]): Promise<string[]> {
  const files = await generate(root, boards);
  const old = await outdated(root, files);
  for (const file of old) await writeFile(path.join(root, file), files.get(file)!);
  return old;
}

function withLayout(board: Board): Drawn {
  if (board.layout) return { ...board, layout: board.layout };
  throw new Error(`${board.name} cannot be drawn: there is no ${layoutPath(board.name)} that says what it looks like.`);
}

function overview(boards: readonly Drawn[]): string {
  return table(
    ["board", "chip", "light sensor", "lamp", "firmware", "name"],
    boards.map((board) => {
      const { light, lamp } = wiredPlaces(board.layout, board.file);
      return [
        `[${board.title}](#${anchor(board.title)})`,
        chipOf(board.file).name,
        pinText(light, board.file.pins),
        pinText(lamp, board.file.pins),
        `\`src/${board.entry}.ts\``,
        `\`${board.name}\``,
      ];
    }),
  );
}

function wiring(board: Drawn): string {
  const { title, name, file, layout } = board;
  const { light, lamp, power, ground } = wiredPlaces(layout, file);
  const at = (place: typeof light) => pinText(place, file.pins);
  const rows =
    layout.parts === "grove"
      ? [
          ["Grove light sensor: SIG (yellow)", at(light)],
          ["Grove LED: SIG (yellow)", at(lamp)],
          ["both: VCC (red)", power.print],
          ["both: GND (black)", ground.print],
        ]
      : [
          ["photoresistor, one leg", power.print],
          ["photoresistor, other leg; and 10 kΩ, one leg", at(light)],
          ["330 Ω, then the LED's long leg", at(lamp)],
          ["10 kΩ, other leg; and the LED's short leg", ground.print],
        ];
  return [
    `### ${title}`,
    `![${describe(board)}](../boards/${name}.svg)`,
    table(["from", "to"], rows),
    [...(layout.notes ?? []), seeAlso(board)].map((note) => `- ${note}`).join("\n"),
  ].join("\n\n");
}

function seeAlso({ file, layout }: Drawn): string {
  const links = [
    ...(file.url ? [`[the board](${file.url})`] : []),
    ...(layout.source ? [`[its pins](${layout.source})`] : []),
    `DeviceScript's \`${layout.base}\``,
  ];
  return `See ${links.join(", ")}.`;
}

/** As GitHub makes it of a heading. */
const anchor = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");

function table(head: readonly string[], rows: readonly string[][]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** A file of the repository, whichever way git ends its lines on this platform. */
async function read(root: string, file: string): Promise<string> {
  return (await readFile(path.join(root, file), "utf8")).replaceAll("\r\n", "\n");
}
