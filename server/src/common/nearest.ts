import { distance } from "fastest-levenshtein";

/** Normalizes a word, so that `mqttPort` and `mqtt-port` match `mqtt_port`. */
const normalizeWord = (word: string): string => word.toLowerCase().replace(/[-_ ]/g, "");

/**
 * Returns the largest edit distance at which a candidate still counts as similar to a word: one inserted, deleted or
 * replaced letter for every three letters of the word, and at least one.
 */
const maxEditsOf = (word: string): number => Math.max(1, Math.floor(word.length / 3));

/** Suggests what a user meant: the candidate with the smallest edit distance; undefined when none is similar. */
export function findNearest(written: string, candidates: Iterable<string>): string | undefined {
  const word = normalizeWord(written);
  let best: string | undefined;
  let fewest = maxEditsOf(word) + 1;
  for (const candidate of candidates) {
    const edits = distance(word, normalizeWord(candidate));
    if (edits < fewest) [best, fewest] = [candidate, edits];
  }
  return best;
}

/**
 * Lists the candidates that are most similar to what a user wrote, best first. Candidates that contain the written text
 * come before those with a small edit distance.
 */
export function findMostSimilar(written: string, candidates: Iterable<string>, limit: number): string[] {
  const word = normalizeWord(written);
  const most = maxEditsOf(word);
  const ranked: [candidate: string, edits: number][] = [];
  for (const candidate of candidates) {
    const other = normalizeWord(candidate);
    const edits = word !== "" && other.includes(word) ? 0 : distance(word, other);
    if (edits <= most) ranked.push([candidate, edits]);
  }
  return ranked
    .sort(([, a], [, b]) => a - b)
    .slice(0, limit)
    .map(([candidate]) => candidate);
}
