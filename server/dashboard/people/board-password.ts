/** Shows the new password of a board's account, with the commands that write it to the board. */

import { orderAddresses } from "../add-board/addresses.js";
import type { BoardAccount } from "../add-board/commands.js";
import { showCredentials } from "../add-board/credentials.js";
import { showSecret } from "../add-board/secret.js";
import { findPart } from "../dom.js";
import type { NewBoard } from "./api.js";

/**
 * Shows a new password and, if the board can reach the broker, the commands that write the password to the board.
 * @param device the board's id
 */
export function showBoardPassword(
  place: HTMLElement,
  title: string,
  server: NewBoard,
  device: string,
  account: BoardAccount,
): void {
  showSecret(place, title, account.password);
  const [broker] = orderAddresses(server.addresses, location.hostname);
  if (broker !== undefined && server.embedded)
    showCredentials(findPart(place, "secret", HTMLElement), { broker, id: device, account });
}
