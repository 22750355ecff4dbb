/** Adds a board: its board file, its firmware's entry file, and its wiring section in the docs. */
import { access, writeFile } from "node:fs/promises";
import path from "node:path";
import prettier from "prettier";
import { toDeviceScriptBoardName, createBoardFile } from "./base.js";
import {
  boardPathOf,
  chipOf,
  loadBoards,
  BOARD_PREFIX,
  SERVICE_NAMES,
  titleOf,
  type BoardFile,
  type Role,
} from "./board.js";
import { createHardwarePage, insertSection, HARDWARE_PAGE, type WiringParts } from "./hardware-page.js";
import { findPin, findPinProblems, suggestPins } from "./pins.js";

/** Description of a new board, from the flags of `npm run board -- add`. */
export interface NewBoard {
  /** The board's name without the prefix `nightlight_`: lower-case letters, digits and `_`. */
  readonly name: string;
  /** The name of the DeviceScript board to start from, or of a chip, such as `esp32c3`. */
  readonly base: string;
  /** The pin of the light sensor: its label, part of its label, or its GPIO number such as `GPIO3`. */
  readonly light: string;
  /** The pin of the lamp: its label, part of its label, or its GPIO number such as `GPIO3`. */
  readonly lamp: string;
  /** The board's name in documents and messages; by default the name of the base. */
  readonly title?: string;
  readonly parts?: WiringParts;
}

/**
 * Maximum length of a board's name without `BOARD_PREFIX`, in characters. Status messages limit the name with the
 * prefix to 64 characters.
 */
const MAX_NAME_LENGTH = 64 - BOARD_PREFIX.length;

/**
 * Adds a board. Checks everything before the first file is written.
 * @returns the paths of the written files in the repository
 * @throws Error that says what is wrong and what would be right
 */
export async function addBoard(root: string, wanted: NewBoard): Promise<string[]> {
  const short = parseShortName(wanted.name);
  const name = BOARD_PREFIX + short;
  const entry = `main_${short}`;
  const entryPath = `src/${entry}.ts`;
  for (const file of [boardPathOf(name), entryPath])
    if (await pathExists(path.join(root, file))) throw new Error(`There is a ${file} already: choose another name, or delete that board first.`); // prettier-ignore

  const given = await createBoardFile(wanted.base, name, "Nightlight on " + (wanted.title ?? wanted.base));
  chipOf(given);
  const light = resolvePin(given, "light", wanted.light);
  const lamp = resolvePin(given, "lamp", wanted.lamp);
  const file: BoardFile = {
    ...given,
    $description: `Light sensor on ${light}, lamp on ${lamp}.`,
    $services: [
      { service: SERVICE_NAMES.light, name: "light", pin: light },
      { service: SERVICE_NAMES.lamp, name: "lamp", pin: lamp },
    ],
  };
  const problems = findPinProblems(file);
  if (problems.length > 0) throw new Error(problems.join("\n"));

  const board = { name, title: titleOf(file), file, entry };
  const page = insertSection(
    await createHardwarePage(root, await loadBoards(root)),
    board,
    wanted.parts ?? "bare",
    toDeviceScriptBoardName(wanted.base),
  );
  const json = await prettier.format(JSON.stringify(sortFields(file)), { parser: "json", printWidth: 120 });
  await writeFile(path.join(root, boardPathOf(name)), json);
  await writeFile(path.join(root, entryPath), createEntryText(name, wanted.title ?? wanted.base));
  await writeFile(path.join(root, HARDWARE_PAGE), page);
  await writeFile(path.join(root, HARDWARE_PAGE), await createHardwarePage(root, await loadBoards(root)));
  return [boardPathOf(name), entryPath, HARDWARE_PAGE];
}

function parseShortName(name: string): string {
  const short = name.startsWith(BOARD_PREFIX) ? name.slice(BOARD_PREFIX.length) : name;
  if (!/^[a-z][a-z0-9_]*$/.test(short)) throw new Error(`"${name}" cannot be the name of a board: use lower-case letters, digits and _, beginning with a letter, such as lolin_s2_mini.`); // prettier-ignore
  if (short.length > MAX_NAME_LENGTH) throw new Error(`"${name}" is too long: use at most ${MAX_NAME_LENGTH} characters, because every status message contains the name.`); // prettier-ignore
  return short;
}

function resolvePin(file: BoardFile, role: Role, text: string): string {
  const label = findPin(file, text);
  if (label !== undefined) return label;
  // leaves out the services, because the pin of the other part (light sensor or lamp) is not chosen yet
  const suggestion = suggestPins({ ...file, $services: [] }, role);
  throw new Error(`--${role} ${text}: no pin, or more than one, has that name on this board. ${suggestion}`);
}

function createEntryText(name: string, title: string): string {
  return [
    `// ${title}, with a light sensor and a lamp.`,
    `import { board } from "@dsboard/${name}"`,
    `import { runNightlight } from "./nightlight.js"`,
    ``,
    `await runNightlight({ name: "${name}", light: board.startLight(), lamp: board.startLamp() })`,
    ``,
  ].join("\n");
}

/** Sorts the fields of a new board file by name, like the existing board files. The fields of a service keep their order. */
function sortFields(value: object): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === "object" && inner !== null && !Array.isArray(inner) && !("service" in inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ),
  );
}

const pathExists = (file: string): Promise<boolean> => access(file).then(() => true, () => false); // prettier-ignore
