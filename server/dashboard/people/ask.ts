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
   * Opens the dialog with a question. If `answered` fails, the dialog stays open and shows why.
   * @param answered called with the password or the expiry; undefined for an empty answer
   */
  open({ title, consequence, verb, asks }: AskQuestion, answered: (value: string | undefined) => Promise<void>): void {
    const [password, expires] = [this.findInput("ask-password-value"), this.findSelect("ask-expires-value")];
    setText(this.findPart("ask-title"), title);
    setText(this.findPart("ask-consequence"), consequence);
    setText(this.findPart("ask-submit"), verb);
    setText(this.findPart("ask-problem"), "");
    this.findPart("ask-password").hidden = asks !== "password";
    this.findPart("ask-expires").hidden = asks !== "expires";
    password.value = "";
    this.submit = () => answered((asks === "password" ? password : expires).value || undefined);
    this.dialog.showModal();
  }

  private async sendAnswer(): Promise<void> {
    const succeeded = await attempt(this.submit, (text) => setText(this.findPart("ask-problem"), text));
    if (succeeded) this.dialog.close();
  }

  private findPart(name: string): HTMLElement {
    return findPart(this.dialog, name, HTMLElement);
  }

  private findInput(name: string): HTMLInputElement {
    return findPart(this.dialog, name, HTMLInputElement);
  }

  private findSelect(name: string): HTMLSelectElement {
    return findPart(this.dialog, name, HTMLSelectElement);
  }
}
