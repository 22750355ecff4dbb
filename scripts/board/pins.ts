/** Whether what is wired to a board can be there. */
import { chipOf, listed, pinOf, type BoardFile, type Role } from "./board.js";

const THING: Readonly<Record<Role, string>> = { light: "light sensor", lamp: "lamp" };
const OTHER: Readonly<Record<Role, Role>> = { light: "lamp", lamp: "light" };

/** All that is wrong with the pins of a board, each a sentence that says where the thing could be instead. */
export function pinProblems(file: BoardFile): string[] {
  return (["light", "lamp"] as const).flatMap((role) => {
    const label = pinOf(file, role);
    if (label === undefined) return [`It has no ${THING[role]}: $services lacks one that is called "${role}".`];
    if (!(label in file.pins)) return [`It has no pin "${label}" for its ${THING[role]}. ${instead(file, role)}`];
    const why = objection(file, role, label);
    return why
      ? [`Its ${THING[role]} cannot be on ${label} (GPIO${file.pins[label]}): ${why}. ${instead(file, role)}`]
      : [];
  });
}

/** The labels of the pins on which a thing may be. */
export function possiblePins(file: BoardFile, role: Role): string[] {
  return Object.keys(file.pins)
    .filter((label) => !label.startsWith("#") && !objection(file, role, label))
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/**
 * The label that somebody means by a label, a part of one as boards print it (`A1` of `A1_D1`), or `GPIO3`.
 * @returns undefined when it is none, or more than one
 */
export function findPin({ pins }: BoardFile, text: string): string | undefined {
  const wanted = text.toUpperCase();
  const labels = Object.keys(pins).filter((label) => !label.startsWith("#"));
  const exact = labels.find((label) => label.toUpperCase() === wanted);
  if (exact) return exact;
  const gpio = /^GPIO(\d+)$/.exec(wanted)?.[1];
  const fits = (label: string) =>
    gpio === undefined ? label.toUpperCase().split("_").includes(wanted) : pins[label] === Number(gpio);
  const found = labels.filter(fits);
  return found.length === 1 ? found[0] : undefined;
}

/** Where a thing can be, in a sentence. */
export function instead(file: BoardFile, role: Role): string {
  const possible = possiblePins(file, role);
  return possible.length > 0
    ? `It can be on ${listed(possible, "or")}.`
    : `There is no pin on this board where it could be.`;
}

/** Why a thing cannot be on a pin, completing "it …" or as a clause of its own; undefined when it can. */
function objection(file: BoardFile, role: Role, label: string): string | undefined {
  const chip = chipOf(file);
  const gpio = file.pins[label];
  if (!chip.pins.includes(gpio)) return `an ${chip.name} has no GPIO${gpio}`;
  const taken = chip.taken.find(({ pins }) => pins.includes(gpio));
  if (taken) return `it ${taken.why}`;
  const own = ownUses(file).get(gpio);
  if (own) return `it is in use on the board itself (${own})`;
  const other = pinOf(file, OTHER[role]);
  if (other !== undefined && file.pins[other] === gpio) return `the ${THING[OTHER[role]]} is there`;
  if (role === "lamp") return chip.inputOnly.includes(gpio) ? "it can be read, but not driven" : undefined;
  if (chip.adc1.includes(gpio)) return undefined;
  return chip.adc2.includes(gpio)
    ? "it belongs to ADC2, which Wi-Fi needs for itself and DeviceScript does not read"
    : "it is not analogue";
}

/** What the board uses itself: the paths of all fields that start with `pin`, as DeviceScript finds them, by GPIO. */
function ownUses(file: BoardFile): Map<number, string> {
  const uses = new Map<number, string>();
  const note = (pin: unknown, use: string) => {
    const gpio = typeof pin === "string" ? file.pins[pin] : pin;
    if (typeof gpio === "number") uses.set(gpio, use);
  };
  const walk = (value: unknown, where: string): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (/^[#$]/.test(key) || key === "pins" || key === "sPin") continue;
      const at = where ? `${where}.${key}` : key;
      if (key.startsWith("pin")) note(inner, at);
      else walk(inner, at);
    }
  };
  walk(file, "");
  for (const label of Object.keys(file.sPin ?? {})) note(label, `sPin.${label}`);
  return uses;
}
