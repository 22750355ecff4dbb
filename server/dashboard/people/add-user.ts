/** Form that adds a user. */

import { attempt } from "../controls/attempt.js";
import { findPart, setText } from "../dom.js";
import { postUser, type Role } from "./api.js";

export class AddUserForm {
  private isSending = false;

  /** @param added called after a user was added, with the generated password; null if the user chose one */
  constructor(
    private readonly place: HTMLElement,
    private readonly added: (name: string, password: string | null) => Promise<void>,
  ) {
    findPart(place, "add", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit();
    });
  }

  private async submit(): Promise<void> {
    const problem = findPart(this.place, "add-problem", HTMLElement);
    const name = findPart(findPart(this.place, "add", HTMLFormElement), "name", HTMLInputElement);
    const role = findPart(findPart(this.place, "add", HTMLFormElement), "role", HTMLSelectElement);
    const password = findPart(this.place, "password", HTMLInputElement);
    if (this.isSending) return; // a double click would report that the user exists already
    this.isSending = true;
    await attempt(
      async () => {
        const user = { name: name.value.trim(), role: role.value as Role, password: password.value || undefined };
        const generated = await postUser(user);
        name.value = password.value = "";
        await this.added(user.name, generated);
      },
      (text) => setText(problem, text),
    );
    this.isSending = false;
  }
}
