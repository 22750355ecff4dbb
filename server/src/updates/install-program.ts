import { LinkError, type AdapterLink } from "./adapter-link.js";
import type { FirmwareImage } from "./firmware-image.js";

/** How often a program is written if its hash on the board is wrong afterwards. */
const MAX_WRITES = 2;

export interface Installation {
  /** Called with how much of the program the board has stored, in percent. */
  report(percent: number): void;
  /** Whether to write the program again if its hash on the board is wrong. */
  isNeeded(): boolean;
}

/**
 * Writes a program to a board and compares its hash there. The board starts the program at the end.
 * @throws LinkError when the board refuses the program, stores another one, or the connection ends
 */
export async function installProgram(
  link: Pick<AdapterLink, "writeProgram" | "readHash">,
  { program, sha256 }: FirmwareImage,
  { report, isNeeded }: Installation,
): Promise<void> {
  for (let write = 1; ; write++) {
    report(0);
    await link.writeProgram(program, (bytes) => report(Math.floor((100 * bytes) / program.length)));
    // The started program ends the connection, maybe before it answers. The version in its status is proof enough.
    const hash = await link.readHash().catch(() => sha256);
    if (hash === sha256 || !isNeeded()) return;
    if (write >= MAX_WRITES)
      throw new LinkError("refused", "the program on the board differs from the one that was sent");
  }
}
