/** The command-line flags of `npm run setup`. */
import { Command } from "commander";

/** The values of the command-line flags. */
export interface Flags {
  readonly wifiSsid?: string;
  readonly wifiPasswordStdin?: boolean;
  readonly wifiOpen?: boolean;
  readonly broker?: string;
  readonly user?: string;
  readonly passwordStdin?: boolean;
  readonly anonymous?: boolean;
  readonly id?: string;
  readonly updateUrlStdin?: boolean;
  readonly yes?: boolean;
  readonly check: boolean;
}

/**
 * Environment variable with the Wi-Fi password. No flag takes a password, because every user of a computer can read
 * command lines.
 */
export const WIFI_PASSWORD_ENV = "NIGHTLIGHT_WIFI_PASSWORD";
/** Environment variable with the board's password at the broker. */
export const BOARD_PASSWORD_ENV = "NIGHTLIGHT_BOARD_PASSWORD";
/** Environment variable with the address for updates over the air, which contains a key. */
export const UPDATE_URL_ENV = "NIGHTLIGHT_UPDATE_URL";

/**
 * Parses the arguments.
 * @param print receives the help text
 * @throws CommanderError with exit code 0 after printing the help, or with another exit code after a mistake
 */
export function parseFlags(args: readonly string[], print: (text: string) => void): Flags {
  const command = new Command("npm run setup --")
    .description(
      "Ask for a board's settings and write them to .env.local, from where a deploy copies them to the board.",
    )
    .option("--wifi-ssid <name>", "name of the Wi-Fi network (2.4 GHz, not hidden)")
    .option(
      "--wifi-password-stdin",
      `read the Wi-Fi password from the first line of standard input (or env: ${WIFI_PASSWORD_ENV})`,
    )
    .option("--wifi-open", "the Wi-Fi network has no password")
    .option("--broker <address>", "mqtt://host[:port], or mqtts:// for TLS")
    .option("--user <name>", "the board's user name at the broker")
    .option(
      "--password-stdin",
      `read the user's password from the next line of standard input (or env: ${BOARD_PASSWORD_ENV})`,
    )
    .option("--anonymous", "connect to the broker without a user name")
    .option(
      "--id <id>",
      'the board\'s id, the topic prefix before /telemetry; "" for nightlight/ and six digits chosen by the board',
    )
    .option(
      "--update-url-stdin",
      `read the address for updates over the air, which nightlight-server update url prints, from the next line of standard input (or env: ${UPDATE_URL_ENV})`,
    )
    .option("--yes", "ask nothing: use the values of .env.local, or the proposed values")
    .option("--no-check", "do not test whether the broker accepts the board")
    .addHelpText(
      "after",
      `
Examples:
  npm run setup                                   asks
  npm run setup -- --broker mqtt://192.168.1.20   asks for the rest
  npm run setup -- --yes --wifi-ssid home --wifi-password-stdin --broker mqtt://192.168.1.20 < password.txt`,
    )
    .allowExcessArguments(false)
    .configureOutput({ writeOut: print, outputError: () => {} })
    .exitOverride();
  command.parse(args, { from: "user" });
  const flags = command.opts<Flags>();
  if (flags.wifiOpen && flags.wifiPasswordStdin)
    command.error("error: give either --wifi-open or --wifi-password-stdin, not both");
  if (flags.anonymous && (flags.user !== undefined || flags.passwordStdin))
    command.error("error: give either --anonymous or --user and its password, not both");
  return flags;
}
