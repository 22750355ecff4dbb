/** The first segment of the path of the update endpoint; the device id follows. */
export const UPDATES_PATH = "/updates/";

/** Returns the path of the update endpoint for a board, which ends the board's setting `UPDATE_URL`. */
export function updatePathOf(id: string): string {
  return UPDATES_PATH + id.split("/").map(encodeURIComponent).join("/");
}

/** Returns the device id in the path of the update endpoint; undefined for another path. */
export function idOfUpdatePath(path: string): string | undefined {
  if (!path.startsWith(UPDATES_PATH)) return undefined;
  try {
    return path.slice(UPDATES_PATH.length).split("/").map(decodeURIComponent).join("/");
  } catch {
    return undefined;
  }
}
