/** Shows how to connect a real board: its account, and the setup commands as text and as a QR code. */

import { cloneTemplate, findPart, setText } from "../dom.js";
import { message } from "../messages/message.js";
import { FLASH_COMMAND, createSetupCommand, type BoardConnection } from "./commands.js";
import { createQrCode } from "./qr-code.js";
import { showCopyableText } from "./secret.js";

/**
 * Shows the commands for a board. If the board has an account, also shows the account's password and a QR code.
 * Nobody can see the password again later.
 */
export function showCredentials(place: HTMLElement, connection: BoardConnection): void {
  const part = cloneTemplate("credentials-template");
  const { account } = connection;
  const command = createSetupCommand(connection);
  const once = findPart(part, "once", HTMLElement);
  showCopyableText(findPart(part, "setup", HTMLElement), command);
  showCopyableText(findPart(part, "flash", HTMLElement), FLASH_COMMAND);
  once.hidden = !account;
  if (account) {
    setText(findPart(part, "account", HTMLElement), account.name);
    showCopyableText(findPart(part, "password", HTMLElement), account.password);
    findPart(part, "code", HTMLElement).append(createQrCode(command, message("addBoard.qrCode")));
  }
  place.replaceChildren(part);
}
