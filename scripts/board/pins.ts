/** Checks which pins of a board can carry the light sensor and the lamp. */
import { chipOf, joinWords, PART_NAMES, pinOf, type BoardFile, type Role } from "./board.js";

const OTHER_ROLE: Readonly<Record<Role, Role>> = { light: "lamp", lamp: "light" };

/** Returns what is wrong with the pins of a board. Each problem is a sentence that suggests other pins. */
export function findPinProblems(file: BoardFile): string[] {
  return (["light", "lamp"] as const).flatMap((role) => {
    const label = pinOf(file, role);
    if (label === undefined) return [`It has no ${PART_NAMES[role]}: $services has no service called "${role}".`];
    if (!(label in file.pins))
      return [`It has no pin "${label}" for its ${PART_NAMES[role]}. ${suggestPins(file, role)}`];
    const why = findPinProblem(file, role, label);
    return why
      ? [`Its ${PART_NAMES[role]} cannot be on ${label} (GPIO${file.pins[label]}): ${why}. ${suggestPins(file, role)}`]
      : [];
  });
}

/** Returns the labels of the pins that can carry the light sensor or the lamp. */
export function findPossiblePins(file: BoardFile, role: Role): string[] {
  return Object.keys(file.pins)
    .filter((label) => !label.startsWith("#") && !findPinProblem(file, role, label))
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/**
 * Finds the label of a pin by the label itself, by a printed part of the label (`A1` of `A1_D1`), or by `GPIO3`.
 * @returns undefined when no pin fits, or more than one
 */
export function findPin({ pins }: BoardFile, text: string): string | undefined {
  const wanted = text.toUpperCase();
  const labels = Object.keys(pins).filter((label) => !label.startsWith("#"));
  const exact = labels.find((label) => label.toUpperCase() === wanted);
  if (exact) return exact;
  const gpio = /^GPIO(\d+)$/.exec(wanted)?.[1];
  const matchesLabelPart = (label: string) =>
    gpio === undefined ? label.toUpperCase().split("_").includes(wanted) : pins[label] === Number(gpio);
  const found = labels.filter(matchesLabelPart);
  return found.length === 1 ? found[0] : undefined;
}

/** Returns a sentence with the pins that can carry the light sensor or the lamp. */
export function suggestPins(file: BoardFile, role: Role): string {
  const possible = findPossiblePins(file, role);
  return possible.length > 0 ? `It can be on ${joinWords(possible, "or")}.` : `No pin of this board can carry it.`;
}

/** Returns why a pin cannot carry the light sensor or the lamp, as a clause; undefined when the pin can. */
function findPinProblem(file: BoardFile, role: Role, label: string): string | undefined {
  const chip = chipOf(file);
  const gpio = file.pins[label];
  if (!chip.pins.includes(gpio)) return `an ${chip.name} has no GPIO${gpio}`;
  const reserved = chip.reserved.find(({ pins }) => pins.includes(gpio));
  if (reserved) return `it ${reserved.why}`;
  const onboardUse = findOnboardUses(file).get(gpio);
  if (onboardUse) return `it is in use on the board itself (${onboardUse})`;
  const other = pinOf(file, OTHER_ROLE[role]);
  if (other !== undefined && file.pins[other] === gpio) return `the ${PART_NAMES[OTHER_ROLE[role]]} is there`;
  if (role === "lamp") return chip.inputOnly.includes(gpio) ? "it is an input only" : undefined;
  if (chip.adc1.includes(gpio)) return undefined;
  return chip.adc2.includes(gpio)
    ? "it belongs to ADC2, which Wi-Fi needs for itself and DeviceScript does not read"
    : "it is not an analog pin";
}

/**
 * Maps each GPIO that the board's own parts use to the name of the board file's field that assigns it. Like DeviceScript,
 * reads all fields whose name starts with `pin`.
 */
function findOnboardUses(file: BoardFile): Map<number, string> {
  const uses = new Map<number, string>();
  const addUse = (pin: unknown, onboardUse: string) => {
    const gpio = typeof pin === "string" ? file.pins[pin] : pin;
    if (typeof gpio === "number") uses.set(gpio, onboardUse);
  };
  const visitFields = (value: unknown, where: string): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (/^[#$]/.test(key) || key === "pins" || key === "sPin") continue;
      const at = where ? `${where}.${key}` : key;
      if (key.startsWith("pin")) addUse(inner, at);
      else visitFields(inner, at);
    }
  };
  visitFields(file, "");
  for (const label of Object.keys(file.sPin ?? {})) addUse(label, `sPin.${label}`);
  return uses;
}
