/** Fills in the commands of the notice that the overview shows until the first board appears. */

import { createReadingCommand, createSimulatorCommand } from "../add-board/commands.js";
import { showCopyableText } from "../add-board/secret.js";
import { findPart, setText } from "../dom.js";
import { loadLazyParts } from "../lazy-parts.js";
import { getNewBoard } from "../people/api.js";

/** Shows the commands that fit the running server. Without them, if they cannot be loaded, the notice still explains. */
export async function showNextSteps(): Promise<void> {
  const [server] = await Promise.all([getNewBoard(), loadLazyParts()]);
  const { local, embedded, account_required: isClosed, topic_prefix: prefix, start_command: command } = server;
  const part = (name: string): HTMLElement => findPart(document, `next-${name}`, HTMLElement);
  const account = embedded ? undefined : null;
  const isCheckout = command?.startsWith("npm ") ?? false;
  setText(part("topic"), `${prefix}/porch/telemetry`);
  part("account").hidden = !isClosed;
  part("simulate").hidden = isClosed || !isCheckout;
  if (isClosed) return;
  showCopyableText(part("simulate-command"), createSimulatorCommand({ broker: local, id: `${prefix}/sim-1`, account }));
  showCopyableText(part("publish-command"), createReadingCommand({ broker: local, id: `${prefix}/porch`, account }));
}
