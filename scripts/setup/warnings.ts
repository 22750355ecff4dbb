/** Warnings about settings that are valid one by one, but fail on a board or are unwise together. */
import { isIP } from "node:net";
import { passwordWeakness } from "nightlight-server";
import { DEFAULT_PREFIX } from "../../contract/index.js";
import { isLoopback, isPublic } from "./hosts.js";
import { urlOf, type BoardSettings } from "./settings.js";

/** Returns all warnings as sentences, with advice. */
export function findWarnings(settings: BoardSettings): string[] {
  return [...findConnectionProblems(settings), ...findAdvice(settings)];
}

/** Returns the reasons why a board cannot connect with these settings, as sentences. */
export function findConnectionProblems({ broker: { host, tls } }: BoardSettings): string[] {
  const sentences: string[] = [];
  if (isLoopback(host))
    sentences.push(`A board cannot reach the broker at ${host}: on the board, that address is the board itself. Give this computer's address in your network.`); // prettier-ignore
  if (/\.local\.?$/i.test(host))
    sentences.push(`A board cannot look up ${host}: DeviceScript has no mDNS. Give the broker's address.`);
  if (tls && isIP(host))
    sentences.push(`A board expects a certificate for ${host}, but public authorities certify names, not addresses: with TLS, give the broker's name.`); // prettier-ignore
  else if (tls && !isPublic(host))
    sentences.push(`A board trusts only public authorities, and none of them certifies ${host}: the board will refuse the broker. Use mqtt:// in a network that you trust, or a public name.`); // prettier-ignore
  return sentences;
}

/** Returns warnings about settings that work but are unwise or look like mistakes. */
export function findAdvice({ ssid, broker, user, password, wifiPassword, id }: BoardSettings): string[] {
  const { host, port, tls } = broker;
  const sentences: string[] = [];
  if (!tls && isPublic(host))
    sentences.push(`Without TLS, everyone on the network path to ${host} can read the board's messages${password ? " and its password" : ""}, and can send false commands. Use mqtts:// if the broker offers it.`); // prettier-ignore
  if (tls ? port === 1883 : port === 8883)
    sentences.push(
      `Port ${port} is usually the port ${tls ? "without" : "with"} TLS: check ${tls ? "mqtts" : "mqtt"}://.`,
    );
  if (isPublic(host) && !user && (!id || id.startsWith(`${DEFAULT_PREFIX}/`)))
    sentences.push(`${host} is open to everyone, and all boards begin with ${DEFAULT_PREFIX}/ by default: others could see and switch this board. Choose an id with your own prefix.`); // prettier-ignore
  if (!wifiPassword)
    sentences.push("The Wi-Fi network has no password: everyone nearby can read the board's messages.");
  const hasOuterSpaces = (text: string) => text !== text.trim();
  if (hasOuterSpaces(ssid))
    sentences.push("The name of the Wi-Fi network begins or ends with a space: check that this is right.");
  if (hasOuterSpaces(wifiPassword) || hasOuterSpaces(password))
    sentences.push("A password begins or ends with a space: check that this is right.");
  return sentences;
}

/** Returns a warning when the board's password at the broker is easy to guess; "" otherwise. */
export function createWeakPasswordWarning({ user, password, id }: BoardSettings): string {
  const weakness = password && passwordWeakness(password, [user, id]);
  return weakness
    ? `${weakness.replace("The password", "The board's password at the broker")} Change it there, for example with nightlight-server user password ${user} --generate.`
    : "";
}

/** Returns a hint with the server flags for a board whose topics are not under the default prefix; "" when no flag is needed. */
export function createServerHint({ broker, id }: BoardSettings): string {
  const prefix = id.slice(0, Math.max(0, id.lastIndexOf("/")));
  if (!isPublic(broker.host) || !prefix || prefix === DEFAULT_PREFIX) return "";
  return `To find the board, start the server with --broker ${urlOf(broker)} --topic-prefix ${prefix}`;
}
