/** A form of the login page that sends its fields to the server. */

import { findPart, setText } from "../dom.js";
import { message } from "../messages/message.js";

export class LoginForm {
  private readonly problem: HTMLElement;
  private readonly button: HTMLButtonElement;
  private readonly secret: HTMLInputElement;

  /**
   * @param form its action is the route of the API
   * @param problem name of the part that shows errors
   * @param button name of the button that submits the form
   * @param secret name of the field that is wrong most often, which gets the focus after an error
   * @param succeeded called when the server has accepted the form
   */
  constructor(
    private readonly form: HTMLFormElement,
    problem: string,
    button: string,
    secret: string,
    private readonly succeeded: () => void,
  ) {
    this.problem = findPart(form, problem, HTMLElement);
    this.button = findPart(form, button, HTMLButtonElement);
    this.secret = findPart(form, secret, HTMLInputElement);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      // Use aria-disabled, because `disabled` would remove the focus.
      if (this.button.getAttribute("aria-disabled") !== "true") void this.submit();
    });
  }

  private async submit(): Promise<void> {
    this.button.setAttribute("aria-disabled", "true");
    setText(this.problem, "");
    setText(this.problem, await this.sendFields());
    this.button.removeAttribute("aria-disabled");
    if (this.problem.textContent === "") return;
    this.secret.focus();
    this.secret.select();
  }

  /** Sends the fields. Returns "", or a sentence with the reason if the server refused them. */
  private async sendFields(): Promise<string> {
    try {
      const response = await fetch(this.form.getAttribute("action")!, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(Object.fromEntries(new FormData(this.form))),
      });
      if (response.ok) {
        this.succeeded();
        return "";
      }
      const { error } = (await response.json()) as { error: string };
      return error;
    } catch {
      return message("page.unreachable");
    }
  }
}
