/** Levenshtein's distance: how many letters to insert, delete or replace. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length];
}

/** `mqttPort` and `mqtt-port` are meant for `mqtt_port`. */
const bare = (word: string): string => word.toLowerCase().replace(/[-_ ]/g, "");

/** How many letters of a word may be wrong: a third. */
const tolerance = (word: string): number => Math.max(1, Math.floor(word.length / 3));

/** The candidate that was probably meant; undefined when none is near: a third of the letters may be wrong. */
export function nearest(written: string, candidates: Iterable<string>): string | undefined {
  const word = bare(written);
  let best: string | undefined;
  let least = tolerance(word) + 1;
  for (const candidate of candidates) {
    const far = distance(word, bare(candidate));
    if (far < least) [best, least] = [candidate, far];
  }
  return best;
}

/** The candidates that are most similar, the best first: those that contain what was written, then those near it. */
export function mostAlike(written: string, candidates: Iterable<string>, most: number): string[] {
  const word = bare(written);
  const limit = tolerance(word);
  const ranked: [candidate: string, distance: number][] = [];
  for (const candidate of candidates) {
    const other = bare(candidate);
    const far = word !== "" && other.includes(word) ? 0 : distance(word, other);
    if (far <= limit) ranked.push([candidate, far]);
  }
  return ranked
    .sort(([, a], [, b]) => a - b)
    .slice(0, most)
    .map(([candidate]) => candidate);
}
