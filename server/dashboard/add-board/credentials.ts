/** Shows how to connect a real board: its account, and the setup commands as text and as a QR code. */

import { cloneTemplate, findPart, setText } from "../dom.js";
import { message } from "../messages/message.js";
import { FLASH_COMMAND, createSetupCommand, type BoardConnection } from "./commands.js";
import { createQrCode } from "./qr-code.js";
import { showCopyable } from "./secret.js";

/** Shows the commands for a board. With an account, also shows its password and a QR code, which nobody can see again. */
export function showCredentials(place: HTMLElement, connection: BoardConnection): void {
  const part = cloneTemplate("credentials-template");
  const { account } = connection;
  const command = createSetupCommand(connection);
  const once = findPart(part, "once", HTMLElement);
  showCopyable(findPart(part, "setup", HTMLElement), command);
  showCopyable(findPart(part, "flash", HTMLElement), FLASH_COMMAND);
  once.hidden = !account;
  if (account) {
    setText(findPart(part, "account", HTMLElement), account.name);
    showCopyable(findPart(part, "password", HTMLElement), account.password);
    findPart(part, "code", HTMLElement).append(createQrCode(command, message("addBoard.qrCode")));
  }
  place.replaceChildren(part);
}
