/** Applies the diffs of tutorials, which have no line numbers. */

/**
 * Applies a diff to a text. Lines that begin with `-` and ` ` must occur in the text, in one place; lines that begin with `+`
 * are new. A line `@@` separates two places.
 * @throws Error that says which lines do not occur, or occur more than once
 */
export function applyDiff(text: string, diff: string): string {
  let result = text;
  for (const hunk of diff.split(/^@@.*\n/m)) {
    const lines = hunk.split("\n").filter((line, index, all) => line || index < all.length - 1);
    if (lines.length === 0) continue;
    const linesOf = (sign: string): string =>
      lines
        .filter((line) => line === "" || line[0] === " " || line[0] === sign)
        .map((line) => `${line.slice(1)}\n`)
        .join("");
    const invalid = lines.find((line) => line && !" +-".includes(line[0]));
    if (invalid) throw new Error(`the line "${invalid}" of the diff begins with neither "+", "-" nor a space`);
    const before = linesOf("-");
    if (!before) throw new Error("the diff must contain a line of the file, to show where its new lines belong");
    const places = findLines(result, before);
    if (places.length !== 1)
      throw new Error(`these lines of the diff occur ${places.length} times in the file instead of once:\n${before}`);
    result = result.slice(0, places[0]) + linesOf("+") + result.slice(places[0] + before.length);
  }
  return result;
}

/** Returns the positions in a text at which these whole lines occur. */
function findLines(text: string, lines: string): number[] {
  const places: number[] = [];
  for (let at = text.indexOf(lines); at >= 0; at = text.indexOf(lines, at + 1))
    if (at === 0 || text[at - 1] === "\n") places.push(at);
  return places;
}
