/** Entry of a login session in the list of sessions. */

import { formatTime } from "../clock.js";
import { askForConfirmation } from "../confirm.js";
import { attempt } from "../controls/attempt.js";
import { cloneTemplate, findPart, setText } from "../dom.js";
import { message } from "../messages/message.js";
import { deleteLoginSession, type LoginSession } from "./api.js";
import { browserNameOf } from "./browser-name.js";
import type { UserActions } from "./user-entry.js";

/** Creates the entry of a session. */
export function createSessionEntry(session: LoginSession, view: Pick<UserActions, "load" | "report">): Element {
  const { id, name, address, browser, started, last_used: used, current } = session;
  const part = cloneTemplate("entry-template");
  const element = part.firstElementChild!;
  const details = [
    ...(current ? [message("people.thisBrowser")] : [browserNameOf(browser)].filter(Boolean)),
    ...(address ? [message("people.sessionFrom", { address })] : []),
    message("people.sessionStarted", { time: formatTime(Date.parse(started)) }),
    message("people.sessionUsed", { time: formatTime(Date.parse(used)) }),
  ];
  setText(findPart(part, "title", HTMLElement), name);
  setText(findPart(part, "detail", HTMLElement), details.join(" · "));
  const button = findPart(part, "end", HTMLButtonElement);
  setText(button, message("people.endSession"));
  button.addEventListener("click", () => {
    const question = message("people.endQuestion", { name });
    void askForConfirmation(question, message("people.endConsequence"), message("people.endConfirmed")).then(
      async (yes) => {
        if (!yes) return;
        let problem = "";
        await attempt(
          () => deleteLoginSession(id),
          (text) => (problem = text),
        );
        await view.load();
        if (problem) view.report(problem);
      },
    );
  });
  return element;
}
