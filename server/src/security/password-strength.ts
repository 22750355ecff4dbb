import { COMMON_WORDS } from "./common-words.js";

/** Minimum length of a password that a person chooses, in characters (NIST SP 800-63B, revision 3, section 5.1.1.2). */
export const MIN_PASSWORD_LENGTH = 8;

/** A common word in a password counts as this many characters. */
const WORD_GUESS_LENGTH = 3;
/** Any other predictable part counts as this many characters: fewer than a word, because attackers try patterns first. */
const PATTERN_GUESS_LENGTH = 1;

/** A predictable part of a password, which counts as `guessLength` characters. */
interface PredictablePart {
  readonly start: number;
  readonly end: number;
  readonly guessLength: number;
  readonly kind: string;
}

const WORD_KIND = "a common word or password";
const SEQUENCE_KIND = "a sequence such as 1234 or qwerty";
const REPETITION_KIND = "a repetition";
const DATE_KIND = "a year or a date";
const NAME_KIND = "the user name";

/** Key sequences on keyboards: rows, columns and zigzags. */
const KEYBOARD_SEQUENCES = [
  "qwertyuiop",
  "qwertzuiop",
  "azertyuiop",
  "asdfghjkl",
  "qsdfghjklm",
  "zxcvbnm",
  "yxcvbnm",
  "1qaz2wsx3edc4rfv5tgb6yhn",
  "zaq1xsw2cde3vfr4",
  "!qaz@wsx#edc",
  "1q2w3e4r5t6y7u8i9o0p",
  "q1w2e3r4t5y6",
  "!@#$%^&*()",
  "1qazxsw23edc",
  "147258369",
  "789456123",
];
/** Minimum length of a sequence such as `1234`, in characters. Shorter ones occur by chance. */
const MIN_RUN_LENGTH = 3;
/** Minimum length of a sequence of neighboring keys, in characters. Shorter ones occur by chance. */
const MIN_KEYBOARD_RUN_LENGTH = 4;

/** The letter for each character that people write instead of a letter, as in `p4ssw0rd`. */
const LEET_LETTERS: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "i",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "8": "b",
  "@": "a",
  $: "s",
  "!": "i",
  "€": "e",
};

/**
 * Explains in a sentence why a password is easy to guess; returns "" for a strong password. Predictable parts (common words,
 * sequences, repetitions, years, names) count as few characters, and the sum must be at least eight characters. This
 * implements the comparison that NIST SP 800-63B requires, without a list of millions of passwords.
 * @param names names that belong to the account, such as user name and device id
 */
export function passwordWeakness(password: string, names: readonly string[] = []): string {
  const text = [...password.toLowerCase()].join("").normalize("NFC");
  const parts = removeOverlaps(findPredictableParts(text, names));
  let left = text.length;
  for (const { start, end, guessLength } of parts) left -= end - start - guessLength;
  if (parts.length === 0 || left >= MIN_PASSWORD_LENGTH) return "";
  const kinds = [...new Set(parts.map(({ kind }) => kind))];
  return `The password is easy to guess: there is little in it but ${new Intl.ListFormat("en").format(kinds)}.`;
}

/**
 * Selects parts that do not overlap, and prefers those that shorten the counted length most. Returns them in text
 * order.
 */
function removeOverlaps(parts: readonly PredictablePart[]): PredictablePart[] {
  const chosen: PredictablePart[] = [];
  const savedLengthOf = ({ start, end, guessLength }: PredictablePart): number => end - start - guessLength;
  for (const part of parts.toSorted((a, b) => savedLengthOf(b) - savedLengthOf(a)))
    if (savedLengthOf(part) > 0 && chosen.every(({ start, end }) => part.end <= start || part.start >= end))
      chosen.push(part);
  return chosen.sort((a, b) => a.start - b.start);
}

function findPredictableParts(text: string, names: readonly string[]): PredictablePart[] {
  const own = names.flatMap((name) => [name, ...name.split(/[^\p{L}\p{N}]+/u)]).map((name) => name.toLowerCase());
  const letters = [...text].map((character) => LEET_LETTERS[character] ?? character).join("");
  // `1` can stand for i, as in `letters`, or for l.
  const others = [...text]
    .map((character) => (character === "1" ? "l" : (LEET_LETTERS[character] ?? character)))
    .join("");
  return [
    ...[text, letters, others].flatMap((variant) => [
      ...findOccurrences(variant, COMMON_WORDS, WORD_GUESS_LENGTH, WORD_KIND),
      ...findOccurrences(variant, own.filter((name) => name.length >= 3), PATTERN_GUESS_LENGTH, NAME_KIND), // prettier-ignore
    ]),
    ...findKeyboardRuns(text),
    ...findRuns(text),
    ...findMatches(text, /(.)\1{2,}|(.{2,}?)\2+/gsu, REPETITION_KIND),
    ...findMatches(
      text,
      /(?:19|20)\d\d(?:[-./]?[01]?\d[-./]?[0-3]?\d)?|[0-3]?\d[-./]?[01]?\d[-./]?(?:19|20)\d\d/g,
      DATE_KIND,
    ),
  ];
}

function findOccurrences(text: string, words: readonly string[], guessLength: number, kind: string): PredictablePart[] {
  const found: PredictablePart[] = [];
  for (const word of words)
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1))
      found.push({ start: at, end: at + word.length, guessLength, kind });
  return found;
}

function findMatches(text: string, pattern: RegExp, kind: string): PredictablePart[] {
  return [...text.matchAll(pattern)].map(({ index, 0: { length } }) => ({
    start: index,
    end: index + length,
    guessLength: PATTERN_GUESS_LENGTH,
    kind,
  }));
}

/** Finds ascending or descending sequences of Unicode characters, such as `1234` or `dcba`. */
function findRuns(text: string): PredictablePart[] {
  const found: PredictablePart[] = [];
  for (let start = 0; start < text.length - 1;) {
    const step = text.charCodeAt(start + 1) - text.charCodeAt(start);
    let end = start + 1;
    if (Math.abs(step) === 1)
      while (end < text.length && text.charCodeAt(end) - text.charCodeAt(end - 1) === step) end++;
    if (end - start >= MIN_RUN_LENGTH)
      found.push({ start, end, guessLength: PATTERN_GUESS_LENGTH, kind: SEQUENCE_KIND });
    start = Math.max(start + 1, end - 1);
  }
  return found;
}

function findKeyboardRuns(text: string): PredictablePart[] {
  const found: PredictablePart[] = [];
  const rows = KEYBOARD_SEQUENCES.flatMap((row) => [row, [...row].reverse().join("")]);
  for (let start = 0; start < text.length; start++)
    for (const row of rows) {
      let end = start;
      while (end < text.length && row.includes(text.slice(start, end + 1))) end++;
      if (end - start >= MIN_KEYBOARD_RUN_LENGTH)
        found.push({ start, end, guessLength: PATTERN_GUESS_LENGTH, kind: SEQUENCE_KIND });
    }
  return found;
}
