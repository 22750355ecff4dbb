/** The boards that can be flashed. */

import type { BoardFile } from "../../../../flashing/board-image.js";
import { sendRequest } from "../../api.js";

export interface FlashableBoard {
  /** The name of the board's file, such as `nightlight_xiao_esp32c3`. */
  readonly name: string;
  readonly title: string;
  readonly file: BoardFile;
  /** The pins of light sensor and lamp, such as `A1_D1 (GPIO3)`. */
  readonly light: string;
  readonly lamp: string;
}

/** The board that the page proposes. */
const DEFAULT_BOARD = "nightlight_xiao_esp32c3";

/** Gets the boards, the default board first, the others sorted by title. @throws ApiError */
export async function getBoards(): Promise<FlashableBoard[]> {
  const files = (await (await sendRequest("GET", "boards.json")).json()) as Record<string, BoardFile>;
  return Object.entries(files)
    .map(([name, file]) => ({
      name,
      file,
      title: file.devName.replace(/^Nightlight on /, ""),
      light: describePin(file, "light"),
      lamp: describePin(file, "lamp"),
    }))
    .sort(
      (a, b) => Number(b.name === DEFAULT_BOARD) - Number(a.name === DEFAULT_BOARD) || a.title.localeCompare(b.title),
    );
}

function describePin({ $services, pins }: BoardFile, role: string): string {
  const pin = String(($services as { name: string; pin: unknown }[]).find(({ name }) => name === role)?.pin);
  return `${pin} (GPIO${(pins as Record<string, number>)[pin]})`;
}
