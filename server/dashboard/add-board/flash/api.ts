/** Requests to the server for the runtime and the program of a board. */

import { ApiError, sendRequest } from "../../api.js";
import { message } from "../../messages/message.js";

async function getBytes(path: string): Promise<Uint8Array> {
  const response = await sendRequest("GET", path);
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch {
    // the connection broke in the middle of the answer
    throw new ApiError(message("page.unreachable"), 0);
  }
}

/** Gets DeviceScript's runtime for a chip. The server may have to download it. @throws ApiError */
export const getRuntime = (chip: string): Promise<Uint8Array> => getBytes(`api/flashing/runtimes/${chip}`);

/** Gets the compiled program for a board. @throws ApiError */
export const getProgram = (board: string): Promise<Uint8Array> =>
  getBytes(`api/flashing/programs/${encodeURIComponent(board)}`);

/** Creates the key for updates over the air, and returns the board setting with it. @throws ApiError */
export async function createUpdateUrl(id: string): Promise<string> {
  const page = new URL(".", location.href).href;
  const response = await sendRequest("POST", "api/new-board", { id, page });
  return ((await response.json()) as { update_url: string }).update_url;
}
