/** Proposes a name for a new board. Does not use the DOM. */

/** Returns `board-1`, or the next such name that no board has. @param isTaken whether a board has an id */
export function proposeName(prefix: string, isTaken: (id: string) => boolean): string {
  let number = 1;
  while (isTaken(`${prefix}/board-${number}`)) number++;
  return `board-${number}`;
}
