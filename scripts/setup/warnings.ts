/** What will not work on a board, or is not wise, though every setting by itself is right. */
import { isIP } from "node:net";
import { passwordWeakness } from "nightlight-server";
import { DEFAULT_PREFIX } from "../../contract/index.js";
import { isLoopback, isPublic } from "./hosts.js";
import { urlOf, type BoardSettings } from "./settings.js";

/** A sentence for each, with what to do. */
export function warnings(settings: BoardSettings): string[] {
  return [...failures(settings), ...advice(settings)];
}

/** Why a board will certainly not connect. */
export function failures({ broker: { host, tls } }: BoardSettings): string[] {
  const sentences: string[] = [];
  if (isLoopback(host))
    sentences.push(`A board cannot reach the broker at ${host}: there it looks for it on itself. Give this computer's address in your network.`); // prettier-ignore
  if (/\.local\.?$/i.test(host))
    sentences.push(`A board cannot look up ${host}: DeviceScript has no mDNS. Give the broker's address.`);
  if (tls && isIP(host))
    sentences.push(`A board checks that the broker's certificate is for ${host}, and public authorities sign for names: with TLS, give the broker's name.`); // prettier-ignore
  else if (tls && !isPublic(host))
    sentences.push(`No public authority signs a certificate for ${host}, and a board trusts no other: it will refuse the broker. Use mqtt:// in a network that you trust, or a public name.`); // prettier-ignore
  return sentences;
}

/** What works, but is not wise, or looks like a mistake. */
export function advice({ ssid, broker, user, password, wifiPassword, id }: BoardSettings): string[] {
  const { host, port, tls } = broker;
  const sentences: string[] = [];
  if (!tls && isPublic(host))
    sentences.push(`Without TLS anybody on the way to ${host} can read what the board says${password ? ", its password too," : ""} and answer in the server's place. Use mqtts:// if the broker offers it.`); // prettier-ignore
  if (tls ? port === 1883 : port === 8883)
    sentences.push(
      `Port ${port} is usually the one ${tls ? "without" : "with"} TLS: check ${tls ? "mqtts" : "mqtt"}://.`,
    );
  if (isPublic(host) && !user && (!id || id.startsWith(`${DEFAULT_PREFIX}/`)))
    sentences.push(`${host} is open to all, and ${DEFAULT_PREFIX}/… is what everybody's boards are called: others would see and switch this one. Choose an id with a prefix of your own.`); // prettier-ignore
  if (!wifiPassword) sentences.push("The Wi-Fi network has no password: everybody near can read what the board sends.");
  const spaced = (text: string) => text !== text.trim();
  if (spaced(ssid)) sentences.push("The name of the Wi-Fi network begins or ends with a space: is that so?");
  if (spaced(wifiPassword) || spaced(password)) sentences.push("A password begins or ends with a space: is that so?");
  return sentences;
}

/** That the board's password at the broker is easy to guess, as a sentence; "" when it is not, or there is none. */
export function weakPassword({ user, password, id }: BoardSettings): string {
  const weakness = password && passwordWeakness(password, [user, id]);
  return weakness
    ? `${weakness.replace("The password", "The board's password at the broker")} Give it another one there, such as nightlight-server user password ${user} --generate makes it.`
    : "";
}

/** What the server has to be told to find the board; "" when it finds it by itself. */
export function serverHint({ broker, id }: BoardSettings): string {
  const prefix = id.slice(0, Math.max(0, id.lastIndexOf("/")));
  if (!isPublic(broker.host) || !prefix || prefix === DEFAULT_PREFIX) return "";
  return `The server finds it there with --broker ${urlOf(broker)} --topic-prefix ${prefix}`;
}
