/** The command line of `npm run setup`. */
import { Command } from "commander";

export interface Flags {
  readonly wifiSsid?: string;
  readonly wifiPasswordStdin?: boolean;
  readonly wifiOpen?: boolean;
  readonly broker?: string;
  readonly user?: string;
  readonly passwordStdin?: boolean;
  readonly anonymous?: boolean;
  readonly id?: string;
  readonly yes?: boolean;
  readonly check: boolean;
}

/** Passwords come from here or from standard input: what stands on a command line, every user of a computer can read. */
export const WIFI_PASSWORD_ENV = "NIGHTLIGHT_WIFI_PASSWORD";
export const PASSWORD_ENV = "NIGHTLIGHT_BOARD_PASSWORD";

/**
 * Reads the arguments.
 * @param say gets the help
 * @throws CommanderError with exit code 0 after help, another one after a mistake
 */
export function parseFlags(args: readonly string[], say: (text: string) => void): Flags {
  const command = new Command("npm run setup --")
    .description("Asks what a board needs to know, and writes it into .env.local, which a deploy brings to the board.")
    .option("--wifi-ssid <name>", "the Wi-Fi network; boards know 2.4 GHz only")
    .option("--wifi-password-stdin", `its password is the first line of standard input (or env: ${WIFI_PASSWORD_ENV})`)
    .option("--wifi-open", "it has no password")
    .option("--broker <address>", "mqtt://host[:port], or mqtts:// for TLS")
    .option("--user <name>", "user name of the board at the broker")
    .option("--password-stdin", `its password is the next line of standard input (or env: ${PASSWORD_ENV})`)
    .option("--anonymous", "no user name at the broker")
    .option("--id <id>", 'what stands before /telemetry; "" for nightlight/ and six digits of the board\'s own')
    .option("--yes", "ask nothing: take what .env.local says, or what would be proposed")
    .option("--no-check", "do not try whether the broker lets the board in")
    .addHelpText(
      "after",
      `
Examples:
  npm run setup                                   asks
  npm run setup -- --broker mqtt://192.168.1.20   asks for the rest
  npm run setup -- --yes --wifi-ssid home --wifi-password-stdin --broker mqtt://192.168.1.20 < password.txt`,
    )
    .allowExcessArguments(false)
    .configureOutput({ writeOut: say, outputError: () => {} })
    .exitOverride();
  command.parse(args, { from: "user" });
  const flags = command.opts<Flags>();
  if (flags.wifiOpen && flags.wifiPasswordStdin)
    command.error("error: give either --wifi-open or --wifi-password-stdin, not both");
  if (flags.anonymous && (flags.user !== undefined || flags.passwordStdin))
    command.error("error: give either --anonymous or --user and its password, not both");
  return flags;
}
