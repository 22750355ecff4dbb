/** Commands that connect a new board, to copy into a shell. Pure. */

/** The account of a board. */
export interface BoardAccount {
  readonly name: string;
  readonly password: string;
}

/** How a new board connects. */
export interface Connection {
  /** URL of the broker. */
  readonly broker: string;
  /** Device id of the board. */
  readonly id: string;
  /** Account at the broker; undefined if the broker needs none, and null if the server does not know. */
  readonly account: BoardAccount | undefined | null;
}

/** The command that brings program and settings to a board. */
export const FLASH_COMMAND = "npm run flash";

/** Returns the command that starts a server so that the network can reach it. @param start the command that starts it */
export function listenCommand(start: string): string {
  return `${start} --host 0.0.0.0`;
}

/** Returns the command that writes a board's settings. It asks for the Wi-Fi network. */
export function setupCommand({ broker, id, account }: Connection): string {
  const flags = `--broker ${quote(broker)}`;
  const board = `--id ${quote(id)}`;
  if (account === null) return `npm run setup -- ${flags} ${board}`;
  if (account === undefined) return `npm run setup -- ${flags} --anonymous ${board}`;
  // the password is no flag, because every user of a computer can read command lines
  return (
    `NIGHTLIGHT_BOARD_PASSWORD=${quote(account.password)} \\\n` +
    `  npm run setup -- ${flags} --user ${quote(account.name)} ${board}`
  );
}

/** Returns the command that starts a simulated board. It needs a checkout of the repository. */
export function simulatorCommand({ broker, id, account }: Connection): string {
  const url = new URL(broker);
  const user = account ? `${encodeURIComponent(account.name)}:${encodeURIComponent(account.password)}@` : "";
  return `npm run sim -- --broker ${quote(`${url.protocol}//${user}${url.host}`)} --id ${quote(id)}`;
}

/** Returns the command by which an MQTT client sends a reading, like a board. */
export function readingCommand({ broker, id, account }: Connection): string {
  const { hostname, port, protocol } = new URL(broker);
  const words = ["mosquitto_pub", "-h", hostname.replace(/^\[|\]$/g, ""), "-p", port || defaultPort(protocol)];
  if (account) words.push("-u", account.name, "-P", account.password);
  words.push("-q", "1", "-t", `${id}/telemetry`, "-m", '{"light": 200}');
  return words.map(quote).join(" ");
}

function defaultPort(protocol: string): string {
  return protocol === "mqtts:" ? "8883" : "1883";
}

/** Quotes a word for a POSIX shell, unless it needs no quotes. */
function quote(word: string): string {
  return /^[\w./:@%=+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
