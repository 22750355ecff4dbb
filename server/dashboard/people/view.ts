/** View of people: users, the accounts of boards, tokens and login sessions. */

import { getSession } from "../api.js";
import { showSecret } from "../add-board/secret.js";
import { attempt } from "../controls/attempt.js";
import { cloneTemplate, findPart, setText } from "../dom.js";
import { message } from "../messages/message.js";
import { AddUserForm } from "./add-user.js";
import { getLoginSessions, getNewBoard, getUsers, type NewBoard, type User } from "./api.js";
import { AskDialog } from "./ask.js";
import { showBoardPassword } from "./board-password.js";
import { createSessionEntry } from "./session-entry.js";
import { createUserEntry, type UserActions } from "./user-entry.js";

/** Interval in ms at which the users and the login sessions are reloaded. */
const REFRESH_INTERVAL = 30_000;

/** Opens the view in `place`. Returns a function that closes it. */
export function openView(place: HTMLElement): () => void {
  place.append(cloneTemplate("people-template"));
  findPart(place, "heading", HTMLElement).focus();
  const view = new PeopleView(place);
  void view.load();
  const timer = setInterval(() => void view.refresh(), REFRESH_INTERVAL);
  return () => clearInterval(timer);
}

class PeopleView implements UserActions {
  readonly ask: AskDialog;
  private readonly secretPlace: HTMLElement;
  private server?: NewBoard;

  constructor(private readonly place: HTMLElement) {
    this.ask = new AskDialog(place);
    this.secretPlace = this.findPart("secret-place");
    new AddUserForm(place, async (name, password) => {
      if (password !== null) this.showPassword(name, password);
      await this.load();
    });
  }

  /** Loads the users and login sessions again, unless the user is in one of the lists: new entries would take the focus. */
  async refresh(): Promise<void> {
    const lists = ["users", "devices", "sessions"].map((name) => this.findPart(name));
    if (!lists.some((list) => list.contains(document.activeElement))) await this.load();
  }

  /** Loads the users and login sessions from the server and shows them. */
  async load(): Promise<void> {
    await attempt(async () => {
      const { first_administrator_missing: isOpen = false } = await getSession();
      const users = await getUsers();
      this.findPart("nobody").hidden = !isOpen;
      this.findPart("managed").hidden = isOpen;
      if (isOpen) return;
      this.server ??= await getNewBoard();
      const ownName = (await getSession()).name;
      this.showUsers(users, ownName);
      const sessions = await getLoginSessions();
      this.findPart("no-sessions").hidden = sessions.length > 0;
      this.findPart("sessions").replaceChildren(...sessions.map((session) => createSessionEntry(session, this)));
    }, this.report);
  }

  readonly report = (problem: string): void => setText(this.findPart("problem"), problem);

  showPassword(name: string, password: string, device?: string | null): void {
    const title = message("people.passwordOf", { name });
    if (device && this.server) showBoardPassword(this.secretPlace, title, this.server, device, { name, password });
    else showSecret(this.secretPlace, title, password);
  }

  showToken(name: string, token: string): void {
    showSecret(this.secretPlace, message("people.tokenOf", { name }), token);
  }

  private showUsers(users: readonly User[], own: string | null): void {
    const createEntry = (user: User): Element => createUserEntry(user, user.name === own, this);
    const boards = users.filter(({ role }) => role === "device");
    const others = users.filter(({ role }) => role !== "device");
    this.findPart("users").replaceChildren(...others.map(createEntry));
    this.findPart("devices").replaceChildren(...boards.map(createEntry));
    this.findPart("no-devices").hidden = boards.length > 0;
  }

  private findPart(name: string): HTMLElement {
    return findPart(this.place, name, HTMLElement);
  }
}
