/** View that adds a board: its name, the address of the server, its account, and commands to copy. */

import type { Boards } from "../boards.js";
import { askForConfirmation } from "../confirm.js";
import { attempt } from "../controls/attempt.js";
import { cloneTemplate, createElement, findPart, setText } from "../dom.js";
import { message } from "../messages/message.js";
import { deleteUser, getNewBoard, postSimulatedBoard, postUser, type NewBoard } from "../people/api.js";
import { getReadOnlyReason, setEnabled } from "../rights.js";
import { formatBoardHash } from "../route.js";
import { orderAddresses } from "./addresses.js";
import {
  createListenCommand,
  createReadingCommand,
  createSimulatorCommand,
  type BoardAccount,
  type BoardConnection,
} from "./commands.js";
import { showCredentials } from "./credentials.js";
import { FlashAccounts } from "./flash/accounts.js";
import { FlashPanel } from "./flash/panel.js";
import { showCopyableText } from "./secret.js";
import { proposeName } from "./propose-name.js";

/** Opens the view in `place`. Returns a function that closes it. */
export function openView(place: HTMLElement, boards: Boards): () => void {
  place.append(cloneTemplate("add-board-template"));
  findPart(place, "heading", HTMLElement).focus();
  const problem = findPart(place, "problem", HTMLElement);
  const report = (text: string): void => setText(problem, text);
  let view: AddBoardView | undefined;
  void attempt(async () => {
    view = new AddBoardView(place, boards, await getNewBoard(), report);
    await view.show();
  }, report);
  const arrival = new ArrivalNotice(place, boards);
  const unsubscribe = boards.subscribe({ changed: () => arrival.update() });
  return () => {
    view?.close();
    unsubscribe();
  };
}

/** Shows whether the board with the typed name has reported. */
class ArrivalNotice {
  constructor(
    private readonly place: HTMLElement,
    private readonly boards: Boards,
  ) {}

  update(): void {
    const id = findPart(this.place, "id", HTMLElement).textContent ?? "";
    const model = this.boards.get(id);
    // a simulated board is known before it has reported
    const hasReported = model?.device !== undefined;
    findPart(this.place, "waiting", HTMLElement).hidden = hasReported;
    findPart(this.place, "arrived", HTMLElement).hidden = !hasReported;
    const link = findPart(this.place, "board-link", HTMLAnchorElement);
    link.href = formatBoardHash(id);
    setText(link, model?.label ?? id);
  }
}

class AddBoardView {
  private readonly name: HTMLInputElement;
  private readonly address: HTMLSelectElement;
  private readonly arrival: ArrivalNotice;
  private readonly flashing: FlashPanel;
  /** The account that was created for the board; undefined until an account is created. */
  private account?: BoardAccount;

  constructor(
    private readonly place: HTMLElement,
    private readonly boards: Boards,
    private readonly server: NewBoard,
    private readonly report: (problem: string) => void,
  ) {
    this.name = this.part("name", HTMLInputElement);
    this.address = this.part("address", HTMLSelectElement);
    this.arrival = new ArrivalNotice(place, boards);
    // keeps the name that somebody typed before the server answered
    if (this.name.value === "") {
      this.name.value = proposeName(server.topic_prefix, (id) => boards.get(id) !== undefined);
      // Select the proposed name, so that what the user types next replaces it.
      if (document.activeElement === this.name) this.name.select();
    }
    this.flashing = new FlashPanel(place, {
      ownsAccounts: server.embedded,
      id: () => (this.name.checkValidity() ? this.id : undefined),
      broker: () => this.address.value,
      accounts: new FlashAccounts({
        name: () => this.name.value,
        shown: () => this.account,
        create: (name) => (this.server.account_required ? this.postAccount(name) : Promise.resolve(undefined)),
        delete: deleteUser,
      }),
      setLocked: (isLocked) => (this.name.disabled = this.address.disabled = isLocked),
    });
    this.name.addEventListener("input", () => this.render());
    this.address.addEventListener("change", () => this.render());
    this.part("form", HTMLFormElement).addEventListener("submit", (event) => event.preventDefault());
    for (const button of ["create", "virtual-create"])
      this.part(button, HTMLButtonElement).addEventListener("click", () => void this.createAccount());
    this.part("simulate", HTMLButtonElement).addEventListener("click", () => void this.startSimulatedBoard());
  }

  close(): void {
    this.flashing.close();
  }

  async show(): Promise<void> {
    const { addresses, embedded, start_command: command, account_required: required } = this.server;
    const own = orderAddresses(addresses, location.hostname);
    this.part("only-here", HTMLElement).hidden = own.length > 0;
    this.part("reachable", HTMLElement).hidden = own.length === 0;
    this.part("other-broker", HTMLElement).hidden = embedded;
    this.part("listen-wide", HTMLElement).hidden = command === null || !embedded;
    this.part("listen-setting", HTMLElement).hidden = command !== null || !embedded;
    this.part("needs-administrator", HTMLElement).hidden = required || !embedded;
    if (command !== null && embedded)
      showCopyableText(this.part("listen-command", HTMLElement), createListenCommand(command));
    for (const url of own) this.address.append(createElement("option", url));
    this.part("simulator", HTMLElement).hidden = !this.server.simulator;
    this.part("command", HTMLElement).hidden = this.server.simulator;
    this.part("simulate-here", HTMLElement).hidden = !this.isCheckout;
    this.part("any-client", HTMLElement).hidden = this.isCheckout;
    setEnabled(this.part("simulate", HTMLButtonElement));
    this.render();
    await this.flashing.show();
  }

  /** Whether the server runs from a checkout of the repository, which contains the simulator. */
  private get isCheckout(): boolean {
    return this.server.start_command?.startsWith("npm ") ?? false;
  }

  private get id(): string {
    return `${this.server.topic_prefix}/${this.name.value}`;
  }

  private render(): void {
    setText(this.part("id", HTMLElement), this.id);
    this.arrival.update();
    this.flashing.update();
    const account = this.account?.name === this.name.value ? this.account : undefined;
    const isMissing = this.server.account_required && !account;
    const isReader = getReadOnlyReason() !== "";
    this.part("needs-account", HTMLElement).hidden = !isMissing || isReader;
    this.part("virtual-account", HTMLElement).hidden = !isMissing || isReader;
    this.part("ask-administrator", HTMLElement).hidden = !isMissing || !isReader;
    const credentials = this.part("credentials", HTMLElement);
    const command = this.part("virtual-command", HTMLElement);
    if (isMissing || !this.name.checkValidity()) {
      credentials.replaceChildren();
      command.replaceChildren();
      return;
    }
    const connection: BoardConnection = {
      broker: this.address.value,
      id: this.id,
      account: this.server.embedded ? account : null,
    };
    if (connection.broker) showCredentials(credentials, connection);
    const local = { ...connection, broker: this.server.local };
    showCopyableText(command, this.isCheckout ? createSimulatorCommand(local) : createReadingCommand(local));
  }

  private async createAccount(): Promise<void> {
    if (!this.name.reportValidity()) return;
    await attempt(async () => {
      this.account = await this.postAccount(this.name.value);
      this.render();
      if (this.address.value) this.part("once", HTMLElement).focus();
    }, this.report);
  }

  private async postAccount(name: string): Promise<BoardAccount> {
    const device = `${this.server.topic_prefix}/${name}`;
    // the server generates a password, because the request contains none
    return { name, password: (await postUser({ name, role: "device", device }))! };
  }

  private async startSimulatedBoard(): Promise<void> {
    if (!this.name.reportValidity() || !(await this.confirmReplacement())) return;
    const button = this.part("simulate", HTMLButtonElement);
    button.disabled = true;
    await attempt(() => postSimulatedBoard(this.id), this.report);
    button.disabled = false;
  }

  /** Asks before a simulated board takes the place of another board. Returns whether to go on. */
  private confirmReplacement(): Promise<boolean> {
    const model = this.boards.get(this.id);
    // A second simulated board with the same id is refused by the server.
    if (model?.device === undefined || model.board !== undefined) return Promise.resolve(true);
    const question = message("addBoard.simulateQuestion", { board: model.label });
    return askForConfirmation(question, message("addBoard.simulateConsequence"), message("addBoard.simulateConfirmed"));
  }

  private part<T extends Element>(name: string, kind: new () => T): T {
    return findPart(this.place, name, kind);
  }
}
