/** Commands that connect a new board, to copy into a shell. Does not use the DOM. */

/** The account of a board. */
export interface BoardAccount {
  readonly name: string;
  readonly password: string;
}

/** The data that a new board needs to connect: the broker, its id and its account. */
export interface BoardConnection {
  /** URL of the broker. */
  readonly broker: string;
  /** Device id of the board. */
  readonly id: string;
  /** Account at the broker; undefined if the broker needs none, null if the server does not know if it needs one. */
  readonly account: BoardAccount | undefined | null;
}

/** The shell command that writes the program and the settings to a board. */
export const FLASH_COMMAND = "npm run flash";

/** Returns a command that starts the server on all network interfaces. @param start command without `--host` */
export function createListenCommand(start: string): string {
  return `${start} --host 0.0.0.0`;
}

/** Returns the command that writes a board's settings. The command asks for the Wi-Fi network. */
export function createSetupCommand({ broker, id, account }: BoardConnection): string {
  const flags = `--broker ${quoteForShell(broker)}`;
  const board = `--id ${quoteForShell(id)}`;
  if (account === null) return `npm run setup -- ${flags} ${board}`;
  if (account === undefined) return `npm run setup -- ${flags} --anonymous ${board}`;
  // the password is not a flag, because every user of a computer can read command lines
  return (
    `NIGHTLIGHT_BOARD_PASSWORD=${quoteForShell(account.password)} \\\n` +
    `  npm run setup -- ${flags} --user ${quoteForShell(account.name)} ${board}`
  );
}

/** Returns the command that starts a simulated board. The command needs a checkout of the repository. */
export function createSimulatorCommand({ broker, id, account }: BoardConnection): string {
  const url = new URL(broker);
  const user = account ? `${encodeURIComponent(account.name)}:${encodeURIComponent(account.password)}@` : "";
  return `npm run sim -- --broker ${quoteForShell(`${url.protocol}//${user}${url.host}`)} --id ${quoteForShell(id)}`;
}

/** Returns a command that publishes one reading with the MQTT client of the package `mqtt`, as a board would. */
export function createReadingCommand({ broker, id, account }: BoardConnection): string {
  const { hostname, port, protocol } = new URL(broker);
  const words = ["npx", "mqtt", "pub", "-h", hostname.replace(/^\[|\]$/g, ""), "-p", port || defaultPortOf(protocol)];
  if (protocol !== "mqtt:") words.push("-C", protocol.slice(0, -1));
  if (account) words.push("-u", account.name, "-P", account.password);
  words.push("-q", "1", "-t", `${id}/telemetry`, "-m", '{"light": 200}');
  return words.map(quoteForShell).join(" ");
}

function defaultPortOf(protocol: string): string {
  return protocol === "mqtts:" ? "8883" : "1883";
}

/** Quotes a word for a POSIX shell, unless it needs no quotes. */
function quoteForShell(word: string): string {
  return /^[\w./:@%=+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
