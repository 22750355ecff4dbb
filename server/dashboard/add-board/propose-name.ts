/** Proposes a name for a new board. Does not use the DOM. */

/**
 * Returns the first of the names `board-1`, `board-2`, … that no board has.
 * @param isTaken returns whether a board has the given id
 */
export function proposeName(prefix: string, isTaken: (id: string) => boolean): string {
  let number = 1;
  while (isTaken(`${prefix}/board-${number}`)) number++;
  return `board-${number}`;
}
