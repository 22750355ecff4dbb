/** Puts a board's settings together from flags, from what .env.local says already, and from the answers of a person. */
import { UsageError } from "nightlight-server";
import type { Settings } from "../../sim/settings.js";
import { PASSWORD_ENV, WIFI_PASSWORD_ENV, type Flags } from "./flags.js";
import { isLoopback } from "./hosts.js";
import {
  idSentence,
  parseBroker,
  passwordProblem,
  ssidProblem,
  urlOf,
  userProblem,
  wifiPasswordProblem,
  type Address,
  type BoardSettings,
} from "./settings.js";

/** What the answers depend on besides the flags. */
export interface Sources {
  /** What .env.local says at present. */
  readonly present: Settings;
  readonly env: NodeJS.ProcessEnv;
  /** Addresses of this computer, the likeliest first. */
  readonly addresses: readonly string[];
  proposeId(host: string): string;
  /** Reads the passwords that come on standard input. */
  lines(): Promise<string[]>;
  /** Undefined: nobody is there to be asked. */
  readonly ask?: (question: string, options?: { secret?: boolean }) => Promise<string>;
  say(line: string): void;
}

interface Question {
  readonly text: string;
  /** From a flag or the environment: then nobody is asked. */
  readonly given?: string;
  /** Taken when the answer is empty, or nobody is there. */
  readonly fallback?: string;
  readonly secret?: boolean;
  /** "-" answers that there is none. */
  readonly optional?: boolean;
  problem(text: string): string;
  /** What to do when nobody is there to ask and there is no fallback. */
  readonly missing: string;
}

const PRESENT = "Enter keeps the present one";

/** @throws UsageError with what is wrong in the flags, or missing; Stopped when the person ends it */
export async function gather(flags: Flags, sources: Sources): Promise<BoardSettings> {
  const { present, env } = sources;
  const had = (key: string) => (present[key] === undefined ? undefined : String(present[key]));
  const piped = await passwords(flags, sources);
  const ask = (question: Question) => answer(question, sources);

  const ssid = await ask({
    text: "Name of the Wi-Fi network (2.4 GHz)",
    given: flags.wifiSsid,
    fallback: had("WIFI_SSID"),
    problem: ssidProblem,
    missing: "Give the name of the Wi-Fi network with --wifi-ssid.",
  });
  const wifiPassword = await ask({
    text: "Its password",
    given: flags.wifiOpen ? "" : (piped.wifi ?? env[WIFI_PASSWORD_ENV]),
    // a password belongs to its network; none is a choice only where somebody could have made another
    fallback: ssid === had("WIFI_SSID") ? (had("WIFI_PWD") ?? "") : undefined,
    secret: true,
    optional: true,
    problem: wifiPasswordProblem,
    missing: `Give the Wi-Fi password with --wifi-password-stdin or ${WIFI_PASSWORD_ENV}, or --wifi-open.`,
  });

  const address = await askBroker(flags, sources, had("MQTT_HOST"));
  const broker = { host: address.host, port: address.port, tls: address.tls };
  const same = address.host === had("MQTT_HOST");
  const user = await ask({
    text: "User name of the board at the broker",
    given: flags.anonymous ? "" : (flags.user ?? address.user),
    fallback: (same && had("MQTT_USER")) || "",
    optional: true,
    problem: userProblem,
    missing: "Give --user or --anonymous.",
  });
  if (!user && piped.broker) throw new UsageError("--password-stdin is for a user: give --user too.");
  const keptPassword = same && user === had("MQTT_USER") ? had("MQTT_PWD") : undefined;
  const password = user
    ? await ask({
        text: "Its password there",
        given: piped.broker ?? env[PASSWORD_ENV] ?? address.password,
        fallback: keptPassword ?? "",
        secret: true,
        optional: true,
        problem: passwordProblem,
        missing: `Give its password with --password-stdin or ${PASSWORD_ENV}.`,
      })
    : "";
  const id = await ask({
    text: "Id of the board",
    given: flags.id,
    fallback: had("NL_ID") ?? sources.proposeId(broker.host),
    optional: true,
    problem: idSentence,
    missing: "Give --id.",
  });
  return { ssid, wifiPassword, broker, user, password, id };
}

async function passwords(flags: Flags, { lines }: Sources): Promise<{ wifi?: string; broker?: string }> {
  if (!flags.wifiPasswordStdin && !flags.passwordStdin) return {};
  const piped = await lines();
  const next = (flag: string) => {
    const line = piped.shift();
    if (!line) throw new UsageError(`${flag}: there is no line for it on standard input.`);
    return line;
  };
  return {
    ...(flags.wifiPasswordStdin && { wifi: next("--wifi-password-stdin") }),
    ...(flags.passwordStdin && { broker: next("--password-stdin") }),
  };
}

async function askBroker(flags: Flags, sources: Sources, host: string | undefined): Promise<Address> {
  const { present, addresses } = sources;
  const own = addresses.length > 0 ? `mqtt://${addresses[0]}:1883` : undefined;
  const port = Number(present.MQTT_PORT ?? (present.MQTT_TLS === true ? 8883 : 1883));
  // what every board starts with is no choice of anybody's
  const kept = host && !isLoopback(host) ? urlOf({ host, port, tls: present.MQTT_TLS === true }) : undefined;
  const problem = (text: string) => {
    try {
      parseBroker(text);
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };
  // a person is asked anew; a script is not to find its board at another broker than the file seems to name
  if (kept && problem(kept) && !flags.broker && !sources.ask)
    throw new UsageError(`MQTT_HOST and MQTT_PORT in .env.local (${host}, ${String(present.MQTT_PORT ?? "none")}) are not a broker's: give --broker.`); // prettier-ignore
  const text = await answer(
    {
      text: own && !kept ? "Broker (proposed: this computer)" : "Broker",
      given: flags.broker,
      fallback: kept ?? own,
      problem,
      missing: "Give the broker's address with --broker.",
    },
    sources,
  );
  return parseBroker(text);
}

/** One answer that is in order: given, typed, or the fallback. */
async function answer(question: Question, { ask, say }: Sources): Promise<string> {
  const { given, fallback, problem, secret, optional, missing } = question;
  if (given !== undefined) {
    const wrong = problem(given);
    if (wrong) throw new UsageError(wrong);
    return given;
  }
  if (!ask) {
    if (fallback === undefined) throw new UsageError(missing);
    const wrong = problem(fallback);
    if (wrong) throw new UsageError(wrong);
    return fallback;
  }
  const proposal = fallback === undefined || problem(fallback) ? undefined : fallback;
  for (;;) {
    const typed = await ask(promptOf(question, proposal), { secret });
    const text = typed === "" ? (proposal ?? "") : optional && typed === "-" ? "" : typed;
    const wrong = problem(text);
    if (!wrong) return text;
    say(wrong);
  }
}

function promptOf({ text, secret, optional }: Question, proposal: string | undefined): string {
  const hints = secret
    ? ["not shown", ...(proposal ? [PRESENT, "- for none"] : ["Enter for none"])]
    : optional
      ? [proposal ? "- for none" : "Enter for none"]
      : [];
  const shown = proposal && !secret ? ` [${proposal}]` : "";
  return `${text}${hints.length > 0 ? ` (${hints.join("; ")})` : ""}${shown}: `;
}
