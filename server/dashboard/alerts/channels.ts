/** Shows the services to which the server sends alerts, and sends them a test message. */

import { attempt } from "../controls/attempt.js";
import { cloneTemplate, findPart, setText } from "../dom.js";
import { message } from "../messages/message.js";
import { setEnabled } from "../rights.js";
import { getChannels, postTestMessage, type Channel } from "./api.js";

export class ChannelList {
  private readonly button: HTMLButtonElement;

  constructor(private readonly place: HTMLElement) {
    this.button = findPart(place, "test", HTMLButtonElement);
    this.button.addEventListener("click", () => void this.sendTestMessage());
  }

  async load(): Promise<void> {
    await attempt(
      async () => this.show(await getChannels()),
      (problem) => setText(this.getPart("problem"), problem),
    );
  }

  private show(channels: readonly Channel[]): void {
    this.getPart("no-channels").hidden = channels.length > 0;
    this.getPart("with-channels").hidden = channels.length === 0;
    this.getPart("channels").replaceChildren(...channels.map(createChannel));
    setEnabled(this.button);
  }

  private async sendTestMessage(): Promise<void> {
    const outcome = this.getPart("outcome");
    this.button.disabled = true;
    setText(outcome, message("alerts.testing"));
    await attempt(
      async () => {
        const problems = (await postTestMessage()).flatMap(({ problem }) => problem ?? []);
        setText(outcome, problems.length === 0 ? message("alerts.tested") : problems.join(" "));
      },
      (problem) => problem && setText(outcome, problem),
    );
    await this.load();
  }

  private getPart(name: string): HTMLElement {
    return findPart(this.place, name, HTMLElement);
  }
}

function createChannel({ channel, target, problem, waiting, delivered }: Channel): Element {
  const part = cloneTemplate("channel-template");
  setText(findPart(part, "title", HTMLElement), message(channel === "ntfy" ? "alerts.ntfy" : "alerts.webhook"));
  setText(findPart(part, "target", HTMLElement), target);
  const details = [
    message("alerts.delivered", { count: delivered }),
    ...(waiting > 0 ? [message("alerts.waiting", { count: waiting })] : []),
  ];
  setText(findPart(part, "detail", HTMLElement), details.join(" · "));
  setText(findPart(part, "problem", HTMLElement), problem ?? "");
  return part.firstElementChild!;
}
