/** Dialog that asks for a new password, or for the expiry of a token. */

import { attempt } from "../controls/attempt.js";
import { findPart, setText } from "../dom.js";

export interface AskQuestion {
  readonly title: string;
  readonly consequence: string;
  readonly verb: string;
  readonly asks: "password" | "expires";
}

export class AskDialog {
  private readonly dialog: HTMLDialogElement;
  private submit = (): Promise<void> => Promise.resolve();

  constructor(place: HTMLElement) {
    this.dialog = findPart(place, "ask", HTMLDialogElement);
    findPart(place, "ask-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.sendAnswer();
    });
    findPart(place, "ask-cancel", HTMLButtonElement).addEventListener("click", () => this.dialog.close());
  }

  /**
   * Asks a question. Stays open while `answered` fails, and shows why.
   * @param answered called with the password or the expiry; undefined for an empty answer
   */
  open({ title, consequence, verb, asks }: AskQuestion, answered: (value: string | undefined) => Promise<void>): void {
    const [password, expires] = [this.input("ask-password-value"), this.select("ask-expires-value")];
    setText(this.part("ask-title"), title);
    setText(this.part("ask-consequence"), consequence);
    setText(this.part("ask-submit"), verb);
    setText(this.part("ask-problem"), "");
    this.part("ask-password").hidden = asks !== "password";
    this.part("ask-expires").hidden = asks !== "expires";
    password.value = "";
    this.submit = () => answered((asks === "password" ? password : expires).value || undefined);
    this.dialog.showModal();
  }

  private async sendAnswer(): Promise<void> {
    const succeeded = await attempt(this.submit, (text) => setText(this.part("ask-problem"), text));
    if (succeeded) this.dialog.close();
  }

  private part(name: string): HTMLElement {
    return findPart(this.dialog, name, HTMLElement);
  }

  private input(name: string): HTMLInputElement {
    return findPart(this.dialog, name, HTMLInputElement);
  }

  private select(name: string): HTMLSelectElement {
    return findPart(this.dialog, name, HTMLSelectElement);
  }
}
