import { codeOf, textOf } from "../../common/errors.js";
import { redactUrlPath } from "../../security/redact.js";
import type { ChannelName } from "./channel-view.js";
import type { AlertMessage } from "./message.js";

/** A service that receives messages about alerts. */
export interface Channel {
  readonly name: ChannelName;
  /** The address of the service, to show to people. Its path is masked, because it works like a password. */
  readonly target: string;
  /** Sends a message. @throws DeliveryError unless the service confirms that it has received the message */
  send(message: AlertMessage): Promise<void>;
}

/** Error for a failed delivery. Its text explains why the delivery failed and what to do. It contains no secrets. */
export class DeliveryError extends Error {
  override readonly name = "DeliveryError";
}

/** How long a service may take to answer, in ms. */
const REQUEST_TIMEOUT = 10_000;

/**
 * Sends JSON by POST.
 * @param setting the setting with the URL, for errors
 * @param authorization value of the header Authorization
 * @throws DeliveryError if the service cannot be reached, or does not answer with a 2xx status
 */
export async function postJson(
  setting: string,
  url: string,
  body: object,
  authorization: string | undefined,
): Promise<void> {
  const shown = redactUrlPath(url);
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...(authorization && { authorization }) },
      body: JSON.stringify(body),
      // Refuse redirects: a redirected POST becomes a GET without its body, and the message would be lost.
      redirect: "manual",
      signal: AbortSignal.timeout(REQUEST_TIMEOUT),
    });
    await response.body?.cancel();
  } catch (error) {
    throw new DeliveryError(unreachableText(setting, shown, reasonOf(error)));
  }
  const { status } = response;
  if (response.ok) return;
  throw new DeliveryError(`${shown} answered with status ${status}. ${remedyFor(status, setting)}`);
}

/** Matches the error codes of OpenSSL and Node for certificates that cannot be verified. */
const CERTIFICATE_ERROR = /CERT|^UNABLE_TO_|^HOSTNAME_MISMATCH$/;

function unreachableText(setting: string, shown: string, reason: string): string {
  if (!CERTIFICATE_ERROR.test(reason))
    return `${shown} cannot be reached (${reason}). Check ${setting} and the network.`;
  return `${shown} has a certificate that this machine does not trust (${reason}). Give that service a valid certificate for its name, or start Nightlight with its authority in NODE_EXTRA_CA_CERTS.`;
}

function reasonOf(error: unknown): string {
  if ((error as Error | undefined)?.name === "TimeoutError") return `no answer within ${REQUEST_TIMEOUT / 1000} s`;
  const cause = (error as { cause?: unknown } | undefined)?.cause;
  // An error without a cause means that the request itself is invalid. Its text may contain the secret.
  return cause === undefined ? "the request is not valid" : codeOf(cause) || textOf(cause);
}

function remedyFor(status: number, setting: string): string {
  const secret = setting.endsWith("ntfy") ? "alerts > ntfy_token" : "alerts > webhook_authorization";
  if (status >= 300 && status < 400) return `This is a redirect: set ${setting} to the address that it leads to.`;
  if (status === 401 || status === 403) return `Check ${secret}.`;
  if (status === 404 || status === 405 || status === 410) return `Check ${setting}.`;
  if (status === 429) return "It receives too many messages; the next ones wait longer.";
  return "See the log of that service.";
}
