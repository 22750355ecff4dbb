/** Shows administrators which messages, subscriptions and logins the server has refused. */

import { ApiError } from "../api.js";
import { formatTime } from "../clock.js";
import { attempt } from "../controls/attempt.js";
import { cloneTemplate, findPart, setText } from "../dom.js";
import { message } from "../messages/message.js";
import { getReadOnlyReason } from "../rights.js";
import { getRefusals, type Refusal } from "./api.js";

/** Largest number of refusals that the page lists. */
const MAX_LISTED_REFUSALS = 20;

export class RefusalList {
  constructor(private readonly place: HTMLElement) {}

  /** Loads the refusals and shows them. The list stays hidden from readers, who may not see it. */
  async load(): Promise<void> {
    if (getReadOnlyReason()) return;
    await attempt(
      async () => this.show(await getRefusals().catch(ignoreForbidden)),
      (problem) => {
        setText(this.getPart("refusals-problem"), problem);
        // without a list yet, the panel is hidden
        if (problem !== "") this.getPart("refusals-panel").hidden = false;
      },
    );
  }

  private show(refusals: readonly Refusal[] | undefined): void {
    this.getPart("refusals-panel").hidden = refusals === undefined;
    if (!refusals) return;
    this.getPart("refusals").replaceChildren(...refusals.slice(0, MAX_LISTED_REFUSALS).map(createRefusal));
    this.getPart("no-refusals").hidden = refusals.length > 0;
  }

  private getPart(name: string): HTMLElement {
    return findPart(this.place, name, HTMLElement);
  }
}

/** Ignores that the user may not see the refusals: the page may not know yet that the user is a reader. */
function ignoreForbidden(error: unknown): undefined {
  if (!(error instanceof ApiError) || error.status !== 403) throw error;
}

function createRefusal(refusal: Refusal): Element {
  const { account, client_id: clientId, from, topic, problem, count, last_at: last } = refusal;
  const part = cloneTemplate("refusal-template");
  const sender = account !== null && clientId !== null ? `${account} (${clientId})` : (account ?? clientId ?? from);
  const title = topic === null || topic === sender ? sender : message("alerts.refusedOn", { sender, topic });
  setText(findPart(part, "title", HTMLElement), title);
  setText(findPart(part, "detail", HTMLElement), problem);
  setText(findPart(part, "advice", HTMLElement), adviceFor(refusal));
  setText(
    findPart(part, "time", HTMLElement),
    message("alerts.refusedTimes", { count, time: formatTime(Date.parse(last)) }),
  );
  return part.firstElementChild!;
}

/** Returns what an administrator can do about a refusal; "" if the problem says that already. */
function adviceFor({ reason, account }: Refusal): string {
  switch (reason) {
    case "not-allowed":
      return account === null ? "" : message("alerts.notAllowedAdvice", { account });
    case "bad-login":
      return message("alerts.badLoginAdvice");
    case "empty":
    case "not-json":
    case "wrong-fields":
      return message("alerts.badMessageAdvice");
    case "unknown-device":
      return message("alerts.unknownDeviceAdvice");
    case "too-large":
    case "over-limit":
    case "queue-full":
    case "too-many-devices":
      return message("alerts.limitAdvice");
    default:
      return "";
  }
}
