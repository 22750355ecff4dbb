/** Entry of a user in the list of users, with its tokens. */

import { formatDate, formatTime } from "../clock.js";
import { askForConfirmation } from "../confirm.js";
import { attempt } from "../controls/attempt.js";
import { cloneTemplate, findPart, setText } from "../dom.js";
import { message } from "../messages/message.js";
import { deleteToken, deleteUser, postToken, putPassword, putRole, type Role, type Token, type User } from "./api.js";
import type { AskDialog } from "./ask.js";

/** Functions of the view that its entries call. */
export interface UserActions {
  readonly ask: AskDialog;
  load(): Promise<void>;
  report(problem: string): void;
  showPassword(name: string, password: string, device?: string | null): void;
  showToken(name: string, token: string): void;
}

/** Creates the entry of a user. @param isOwn whether this is the user who is logged in */
export function createUserEntry(user: User, isOwn: boolean, view: UserActions): Element {
  const { name, role, device } = user;
  const part = cloneTemplate("user-template");
  const element = part.firstElementChild!;
  const roleSelect = findPart(part, "role", HTMLSelectElement);
  setText(findPart(part, "name", HTMLElement), name);
  setText(findPart(part, "detail", HTMLElement), device ?? (isOwn ? message("people.you") : ""));
  roleSelect.hidden = role === "device";
  if (role !== "device") roleSelect.value = role;
  roleSelect.setAttribute("aria-label", message("people.roleOf", { name }));
  findPart(part, "new-token", HTMLElement).hidden = role !== "admin" && role !== "reader";
  findPart(part, "tokens", HTMLElement).append(...user.tokens.map((token) => createTokenEntry(name, token, view)));

  roleSelect.addEventListener("change", () => {
    void applyChange(view, () => putRole(name, roleSelect.value as Role));
  });
  findPart(part, "remove", HTMLButtonElement).addEventListener("click", () => void askToRemove(name, view));
  findPart(part, "new-password", HTMLButtonElement).addEventListener("click", () => {
    const question = {
      title: message("people.newPasswordOf", { name }),
      consequence: message("people.newPasswordConsequence"),
      verb: message("people.change"),
    };
    view.ask.open({ ...question, asks: "password" }, async (password) => {
      const generated = await putPassword(name, password);
      if (generated !== null) view.showPassword(name, generated, device);
      await view.load();
    });
  });
  findPart(part, "new-token", HTMLButtonElement).addEventListener("click", () => {
    const question = {
      title: message("people.newTokenOf", { name }),
      consequence: message("people.newTokenConsequence"),
      verb: message("people.makeToken"),
    };
    view.ask.open({ ...question, asks: "expires" }, async (expires) => {
      view.showToken(name, await postToken(name, expires));
      await view.load();
    });
  });
  return element;
}

async function askToRemove(name: string, view: UserActions): Promise<void> {
  const consequence = message("people.removeConsequence");
  if (
    await askForConfirmation(message("people.removeQuestion", { name }), consequence, message("people.removeConfirmed"))
  )
    await applyChange(view, () => deleteUser(name));
}

/** Runs a change and shows the result, or why the server refused the change. */
async function applyChange(view: UserActions, action: () => Promise<void>): Promise<void> {
  let problem = "";
  await attempt(action, (text) => (problem = text));
  await view.load();
  if (problem) view.report(problem);
}

function createTokenEntry(name: string, { id, expires, expired, last_used: used }: Token, view: UserActions): Element {
  const part = cloneTemplate("entry-template");
  const element = part.firstElementChild!;
  const time = expires === null ? "" : formatDate(Date.parse(expires));
  const end =
    expires === null
      ? message("people.tokenNeverExpires")
      : expired
        ? message("people.tokenExpired", { time })
        : message("people.tokenExpires", { time });
  const use =
    used === null ? message("people.tokenUnused") : message("people.tokenUsed", { time: formatTime(Date.parse(used)) });
  setText(findPart(part, "title", HTMLElement), message("people.token", { id }));
  setText(findPart(part, "detail", HTMLElement), `${end} · ${use}`);
  const button = findPart(part, "end", HTMLButtonElement);
  setText(button, message("people.revoke"));
  button.addEventListener("click", () => {
    const question = message("people.revokeQuestion", { id });
    void askForConfirmation(question, message("people.revokeConsequence"), message("people.revokeConfirmed")).then(
      (yes) => (yes ? applyChange(view, () => deleteToken(name, id)) : undefined),
    );
  });
  return element;
}
