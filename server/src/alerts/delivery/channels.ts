import type { AlertView } from "../alert.js";
import type { AlertSettings } from "../settings.js";
import { redactUrlPath } from "../../security/redact.js";
import { postJson, type Channel } from "./channel.js";
import { alertLink, type AlertMessage } from "./message.js";

/** An alert in the JSON body of a request to a webhook. */
type WebhookAlert = AlertView & { readonly state: "open" | "resolved"; readonly link: string | null };

/** Creates the channels that the settings contain. */
export function createChannels({ webhook, ntfy, page }: AlertSettings): Channel[] {
  return [...(webhook ? [createWebhookChannel(webhook, page)] : []), ...(ntfy ? [createNtfyChannel(ntfy)] : [])];
}

/** Creates a channel that sends each message as JSON by POST. `docs/how-to/alerts.md` describes the body. */
function createWebhookChannel(
  { url, authorization }: NonNullable<AlertSettings["webhook"]>,
  page: string | undefined,
): Channel {
  const toWebhookAlert = (alert: AlertView): WebhookAlert => ({
    ...alert,
    state: alert.resolved === null ? "open" : "resolved",
    link: page === undefined ? null : alertLink(page, alert),
  });
  return {
    name: "webhook",
    target: redactUrlPath(url),
    send({ event, title, text, raised, resolved, open, link = null, alerts }) {
      const body = { event, title, text, raised, resolved, open, link, alerts: alerts.map(toWebhookAlert) };
      return postJson("alerts > webhook", url, body, authorization);
    },
  };
}

/** Creates a channel that publishes each message to a topic of ntfy (https://docs.ntfy.sh/publish/#publish-as-json). */
function createNtfyChannel({ url, token }: NonNullable<AlertSettings["ntfy"]>): Channel {
  const { origin, pathname } = new URL(url);
  const topic = decodeURIComponent(pathname.slice(1));
  return {
    name: "ntfy",
    target: redactUrlPath(url),
    send(message) {
      const { title, text, link } = message;
      const body = {
        topic,
        title,
        message: text,
        tags: [tagOf(message)],
        priority: priorityOf(message),
        ...(link !== undefined && { click: link }),
      };
      return postJson("alerts > ntfy", `${origin}/`, body, token === undefined ? undefined : `Bearer ${token}`);
    },
  };
}

/** Returns the tag of a message, which ntfy shows as an emoji. */
function tagOf({ event, raised }: AlertMessage): string {
  if (event === "test") return "bell";
  return raised > 0 ? "warning" : "white_check_mark";
}

/** Returns the priority of a message, from 2 (no sound) to 4 (high). */
function priorityOf({ event, raised, alerts }: AlertMessage): number {
  if (event === "test") return 3;
  if (raised === 0) return 2;
  const [{ kind }] = alerts;
  return kind === "storage-failing" || kind === "broker-disconnected" || kind === "readings-lost" ? 4 : 3;
}
