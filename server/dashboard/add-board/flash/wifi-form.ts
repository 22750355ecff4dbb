/** The form in which a person chooses one of the Wi-Fi networks that the board sees. Nothing of it is stored. */

import type { WifiNetwork } from "../../../../flashing/wifi-scan.js";
import { findPart, setText } from "../../dom.js";
import { message } from "../../messages/message.js";
import { explainFailure } from "./remedies.js";
import type { WifiChoice } from "./session.js";

/** Creates an option whose value keeps spaces at the ends of the name, which its text would lose. */
const createOption = (name: string): HTMLOptionElement => new Option(name, name);

export class WifiForm {
  private readonly form: HTMLFormElement;
  private readonly select: HTMLSelectElement;
  private readonly password: HTMLInputElement;
  private networks: readonly WifiNetwork[] = [];
  /** The network that was chosen before a failed attempt. */
  private lastName = "";

  constructor(place: HTMLElement) {
    this.form = findPart(place, "flash-wifi", HTMLFormElement);
    this.select = findPart(place, "flash-network", HTMLSelectElement);
    this.password = findPart(place, "flash-password", HTMLInputElement);
    this.select.addEventListener("change", () => this.showPassword());
  }

  /** Shows the networks, and resolves with the choice. */
  choose(networks: readonly WifiNetwork[], scan: () => Promise<WifiNetwork[]>): Promise<WifiChoice> {
    this.show(networks);
    this.form.hidden = false;
    this.select.focus();
    const again = findPart(this.form, "flash-scan", HTMLButtonElement);
    again.onclick = () => {
      again.disabled = true;
      void scan()
        .then((found) => this.show(found))
        .catch((error: unknown) => this.showHint(explainFailure(error).problem))
        .finally(() => (again.disabled = false));
    };
    return new Promise((resolve) => {
      this.form.onsubmit = (event) => {
        event.preventDefault();
        const choice = { name: this.select.value, password: this.password.value };
        if (!choice.name) return;
        this.lastName = choice.name;
        this.hide();
        resolve(choice);
      };
    });
  }

  /** Hides the form and forgets the password. */
  hide(): void {
    this.form.hidden = true;
    this.password.value = "";
  }

  private show(networks: readonly WifiNetwork[]): void {
    this.networks = networks;
    const selected = this.select.value || this.lastName;
    this.select.replaceChildren(...networks.map(({ name }) => createOption(name)));
    if (networks.some(({ name }) => name === selected)) this.select.value = selected;
    const hint = networks.length === 0 ? message("flashing.noNetworks") : message("flashing.networkHint");
    this.showHint(hint);
    this.showPassword();
  }

  private showHint(text: string): void {
    setText(findPart(this.form, "flash-network-hint", HTMLElement), text);
  }

  private showPassword(): void {
    const network = this.networks.find(({ name }) => name === this.select.value);
    this.password.required = network?.needsPassword ?? false;
    findPart(this.form, "flash-password-label", HTMLElement).hidden = network !== undefined && !network.needsPassword;
  }
}
