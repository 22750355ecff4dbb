/** A further board: its file, its firmware's entry, its picture and its lines in the docs, or a sentence why not. */
import { access, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import prettier from "prettier";
import { baseBoard, boardFrom } from "./base.js";
import {
  boardPath,
  chipOf,
  layoutPath,
  loadBoards,
  PREFIX,
  SERVICES,
  type Board,
  type BoardFile,
  type Role,
} from "./board.js";
import { genericLayout, layoutProblems, type Layout } from "./layout.js";
import { generate, redraw } from "./pages.js";
import { findPin, instead, pinProblems } from "./pins.js";

export interface NewBoard {
  /** Small letters, digits and `_`: the board becomes `nightlight_<name>`. */
  readonly name: string;
  /** One of DeviceScript's boards, or a chip. */
  readonly base: string;
  /** Pins by label, by a part of one, or as `GPIO3`. */
  readonly light: string;
  readonly lamp: string;
  /** Its name for people; DeviceScript's unless given. */
  readonly title?: string;
  readonly parts?: Layout["parts"];
}

/** `status` has room for 64 characters. */
const LONGEST_NAME = 64 - PREFIX.length;

/**
 * Adds a board. Nothing is written unless all of it can be.
 * @returns the files that were written, by their path in the repository
 * @throws Error that says what was wrong and what would be right
 */
export async function addBoard(root: string, wanted: NewBoard): Promise<string[]> {
  const short = shortName(wanted.name);
  const name = PREFIX + short;
  const entry = `src/main_${short}.ts`;
  for (const file of [boardPath(name), entry, layoutPath(name)])
    if (await exists(path.join(root, file))) throw new Error(`There is a ${file} already: choose another name, or delete that board first.`); // prettier-ignore

  const given = await boardFrom(wanted.base, name, "Nightlight on " + (wanted.title ?? wanted.base));
  chipOf(given);
  const light = pin(given, "light", wanted.light);
  const lamp = pin(given, "lamp", wanted.lamp);
  const file: BoardFile = {
    ...given,
    $description: `Light sensor on ${light}, lamp on ${lamp}.`,
    $services: [
      { service: SERVICES.light, name: "light", pin: light },
      { service: SERVICES.lamp, name: "lamp", pin: lamp },
    ],
  };
  const problems = pinProblems(file);
  if (problems.length > 0) throw new Error(problems.join("\n"));

  const boards = await loadBoards(root);
  const layout = layoutFor(boards, wanted, file);
  const misfits = layoutProblems(layout, file);
  if (misfits.length > 0) throw new Error(`That pin is not brought out on the ${wanted.base}. ${misfits.join(" ")}`);
  // what keeps the docs from being written is said before anything is
  await generate(root, boards);
  const texts = {
    [boardPath(name)]: JSON.stringify(sorted(file)),
    [layoutPath(name)]: JSON.stringify(layout, null, 2),
  };
  for (const [where, text] of Object.entries(texts)) await write(root, where, await prettier.format(text, { parser: "json", printWidth: 120 })); // prettier-ignore
  await write(root, entry, entryText(name, wanted.title ?? wanted.base));
  return [boardPath(name), entry, layoutPath(name), ...(await redraw(root, await loadBoards(root)))];
}

function shortName(name: string): string {
  const short = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
  if (!/^[a-z][a-z0-9_]*$/.test(short)) throw new Error(`"${name}" is no name for a board: it needs small letters, digits and _, a letter first, such as lolin_s2_mini.`); // prettier-ignore
  if (short.length > LONGEST_NAME) throw new Error(`"${name}" is too long: ${LONGEST_NAME} characters at most, because the board says its name in every status message.`); // prettier-ignore
  return short;
}

function pin(file: BoardFile, role: Role, text: string): string {
  const label = findPin(file, text);
  if (label !== undefined) return label;
  // instead() looks at the other thing too, which is not placed yet
  throw new Error(
    `--${role} ${text}: this board has no one pin of that name. ${instead({ ...file, $services: [] }, role)}`,
  );
}

/** What a board looks like that was described before, if it was made from the same one. */
function layoutFor(boards: readonly Board[], { base, parts }: NewBoard, file: BoardFile): Layout {
  const twin = boards.find(({ layout }) => layout?.base === baseBoard(base))?.layout;
  if (!twin) return genericLayout(baseBoard(base), parts ?? "bare", file);
  return { ...twin, parts: parts ?? twin.parts, notes: undefined };
}

function entryText(name: string, title: string): string {
  return [
    `// ${title}, with a light sensor and a lamp.`,
    `import { board } from "@dsboard/${name}"`,
    `import { runNightlight } from "./nightlight.js"`,
    ``,
    `await runNightlight({ name: "${name}", light: board.startLight(), lamp: board.startLamp() })`,
    ``,
  ].join("\n");
}

/** Fields in the order of their names, as in all board files. */
function sorted(value: object): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === "object" && inner !== null && !Array.isArray(inner) && !("service" in inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ),
  );
}

async function write(root: string, file: string, text: string): Promise<void> {
  await mkdir(path.dirname(path.join(root, file)), { recursive: true });
  await writeFile(path.join(root, file), text);
}

const exists = (file: string): Promise<boolean> => access(file).then(() => true, () => false); // prettier-ignore
