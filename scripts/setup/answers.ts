/** Collects a board's settings from flags, the existing .env.local, and answers at the terminal. */
import { UsageError } from "nightlight-server";
import type { Settings } from "../../sim/settings.js";
import { BOARD_PASSWORD_ENV, UPDATE_URL_ENV, WIFI_PASSWORD_ENV, type Flags } from "./flags.js";
import { isLoopback } from "./hosts.js";
import {
  boardIdProblem,
  parseBrokerAddress,
  passwordProblem,
  ssidProblem,
  updateUrlProblem,
  urlOf,
  userNameProblem,
  wifiPasswordProblem,
  type BrokerAddress,
  type BoardSettings,
} from "./settings.js";

/** The settings of a board, and its address for updates over the air; "" for none. */
export type Answers = BoardSettings & { readonly updateUrl: string };

/** The sources of answers that no flag gives: existing settings, environment, standard input and the user. */
export interface AnswerSources {
  /** The existing settings in .env.local. */
  readonly existingSettings: Settings;
  readonly env: NodeJS.ProcessEnv;
  /** IPv4 addresses of this computer, the most likely one first. */
  readonly addresses: readonly string[];
  proposeId(host: string): string;
  /** Reads the lines of standard input, which contain passwords. */
  lines(): Promise<string[]>;
  /** Asks the user a question and resolves with the answer; undefined when there is no terminal. */
  readonly ask?: (question: string, options?: { secret?: boolean }) => Promise<string>;
  print(line: string): void;
}

/** A question about one setting. */
interface Question {
  readonly text: string;
  /** The answer from a flag or the environment, which replaces the question. */
  readonly fromFlag?: string;
  /** The default: used for an empty answer, or without a terminal. */
  readonly fallback?: string;
  readonly secret?: boolean;
  /** Whether the answer "-" means an empty value. */
  readonly optional?: boolean;
  /** Returns what is wrong with an answer, as a sentence; "" when the answer is valid. */
  findProblem(text: string): string;
  /** The error when there is neither an answer nor a default. */
  readonly missing: string;
}

const KEEP_HINT = "Enter keeps the present one";

/**
 * Collects all settings.
 * @throws UsageError when a flag is wrong or missing
 * @throws DialogCanceledError when the user ends the dialog
 */
export async function collectSettings(flags: Flags, sources: AnswerSources): Promise<Answers> {
  const { existingSettings, env } = sources;
  const existingTextOf = (key: string) =>
    existingSettings[key] === undefined ? undefined : String(existingSettings[key]);
  const stdinPasswords = await readPasswords(flags, sources);
  const askForAnswer = (question: Question) => askUntilValid(question, sources);

  const ssid = await askForAnswer({
    text: "Name of the Wi-Fi network (2.4 GHz, not hidden)",
    fromFlag: flags.wifiSsid,
    fallback: existingTextOf("WIFI_SSID"),
    findProblem: ssidProblem,
    missing: "Give the name of the Wi-Fi network with --wifi-ssid.",
  });
  const wifiPassword = await askForAnswer({
    text: "Its password",
    fromFlag: flags.wifiOpen ? "" : (stdinPasswords.wifi ?? env[WIFI_PASSWORD_ENV]),
    // the existing password is the default only for the same network
    fallback: ssid === existingTextOf("WIFI_SSID") ? (existingTextOf("WIFI_PWD") ?? "") : undefined,
    secret: true,
    optional: true,
    findProblem: wifiPasswordProblem,
    missing: `Give the Wi-Fi password with --wifi-password-stdin or ${WIFI_PASSWORD_ENV}, or --wifi-open.`,
  });

  const address = await askBroker(flags, sources, existingTextOf("MQTT_HOST"));
  const broker = { host: address.host, port: address.port, tls: address.tls };
  const isSameBroker = address.host === existingTextOf("MQTT_HOST");
  const user = await askForAnswer({
    text: "User name of the board at the broker",
    fromFlag: flags.anonymous ? "" : (flags.user ?? address.user),
    fallback: (isSameBroker && existingTextOf("MQTT_USER")) || "",
    optional: true,
    findProblem: userNameProblem,
    missing: "Give --user or --anonymous.",
  });
  if (!user && stdinPasswords.broker) throw new UsageError("--password-stdin needs a user: give --user as well.");
  const keptPassword = isSameBroker && user === existingTextOf("MQTT_USER") ? existingTextOf("MQTT_PWD") : undefined;
  const password = user
    ? await askForAnswer({
        text: "Its password there",
        fromFlag: stdinPasswords.broker ?? env[BOARD_PASSWORD_ENV] ?? address.password,
        fallback: keptPassword ?? "",
        secret: true,
        optional: true,
        findProblem: passwordProblem,
        missing: `Give its password with --password-stdin or ${BOARD_PASSWORD_ENV}.`,
      })
    : "";
  const id = await askForAnswer({
    text: "Id of the board",
    fromFlag: flags.id,
    fallback: existingTextOf("NL_ID") ?? sources.proposeId(broker.host),
    optional: true,
    findProblem: boardIdProblem,
    missing: "Give --id.",
  });
  const existingUrl = existingTextOf("UPDATE_URL") ?? "";
  const updateUrl = await askForAnswer({
    text: "Address for updates over the air, as nightlight-server update url prints it",
    fromFlag: stdinPasswords.updateUrl ?? env[UPDATE_URL_ENV],
    // the address contains the key of one board
    fallback: updateUrlProblem(existingUrl, id) ? "" : existingUrl,
    secret: true,
    optional: true,
    findProblem: (text) => updateUrlProblem(text, id),
    missing: `Give the address for updates with --update-url-stdin or ${UPDATE_URL_ENV}.`,
  });
  return { ssid, wifiPassword, broker, user, password, id, updateUrl };
}

async function readPasswords(
  flags: Flags,
  { lines }: AnswerSources,
): Promise<{ wifi?: string; broker?: string; updateUrl?: string }> {
  if (!flags.wifiPasswordStdin && !flags.passwordStdin && !flags.updateUrlStdin) return {};
  const stdinPasswords = await lines();
  const takeNextPassword = (flag: string) => {
    const line = stdinPasswords.shift();
    if (!line) throw new UsageError(`${flag}: standard input has no line for this value.`);
    return line;
  };
  return {
    ...(flags.wifiPasswordStdin && { wifi: takeNextPassword("--wifi-password-stdin") }),
    ...(flags.passwordStdin && { broker: takeNextPassword("--password-stdin") }),
    ...(flags.updateUrlStdin && { updateUrl: takeNextPassword("--update-url-stdin") }),
  };
}

async function askBroker(flags: Flags, sources: AnswerSources, host: string | undefined): Promise<BrokerAddress> {
  const { existingSettings, addresses } = sources;
  const own = addresses.length > 0 ? `mqtt://${addresses[0]}:1883` : undefined;
  const port = Number(existingSettings.MQTT_PORT ?? (existingSettings.MQTT_TLS === true ? 8883 : 1883));
  // a loopback address is not kept, because it is the default in .env.defaults and not the user's choice
  const kept = host && !isLoopback(host) ? urlOf({ host, port, tls: existingSettings.MQTT_TLS === true }) : undefined;
  const findProblem = (text: string) => {
    try {
      parseBrokerAddress(text);
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };
  // without a terminal, an invalid address in .env.local is an error; at a terminal, the user is asked for an address
  if (kept && findProblem(kept) && !flags.broker && !sources.ask)
    throw new UsageError(`MQTT_HOST and MQTT_PORT in .env.local (${host}, ${String(existingSettings.MQTT_PORT ?? "none")}) are not a valid address: give --broker.`); // prettier-ignore
  const text = await askUntilValid(
    {
      text: own && !kept ? "Broker (proposed: this computer)" : "Broker",
      fromFlag: flags.broker,
      fallback: kept ?? own,
      findProblem,
      missing: "Give the broker's address with --broker.",
    },
    sources,
  );
  return parseBrokerAddress(text);
}

/** Returns a valid answer: from a flag, from the terminal, or the default. */
async function askUntilValid(question: Question, { ask, print }: AnswerSources): Promise<string> {
  const { fromFlag, fallback, findProblem, secret, optional, missing } = question;
  if (fromFlag !== undefined) {
    const wrong = findProblem(fromFlag);
    if (wrong) throw new UsageError(wrong);
    return fromFlag;
  }
  if (!ask) {
    if (fallback === undefined) throw new UsageError(missing);
    const wrong = findProblem(fallback);
    if (wrong) throw new UsageError(wrong);
    return fallback;
  }
  const proposal = fallback === undefined || findProblem(fallback) ? undefined : fallback;
  for (;;) {
    const typed = await ask(formatPrompt(question, proposal), { secret });
    const text = typed === "" ? (proposal ?? "") : optional && typed === "-" ? "" : typed;
    const wrong = findProblem(text);
    if (!wrong) return text;
    print(wrong);
  }
}

function formatPrompt({ text, secret, optional }: Question, proposal: string | undefined): string {
  const hints = secret
    ? ["not shown", ...(proposal ? [KEEP_HINT, "- for none"] : ["Enter for none"])]
    : optional
      ? [proposal ? "- for none" : "Enter for none"]
      : [];
  const shown = proposal && !secret ? ` [${proposal}]` : "";
  return `${text}${hints.length > 0 ? ` (${hints.join("; ")})` : ""}${shown}: `;
}
