/** A plain MQTT broker for the tutorials: without accounts and without a server that answers. It keeps nothing on disk. */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { styleText } from "node:util";
import { Aedes } from "aedes";
import { Command, CommanderError } from "commander";
import { endAfterOutput } from "../../server/src/app/output-errors.js";
import type { TerminationSignals } from "../../server/src/app/signals.js";
import { createWholeNumberParser } from "../lib/command-line.js";
import { stopCompilers } from "../lib/stop-compilers.js";

/** The only address on which the broker listens. Everybody who reaches it may publish, so it stays on this computer. */
const HOST = "127.0.0.1";

/** Length of a printed payload, in characters. Longer payloads are cut. */
const MAX_PRINTED_LENGTH = 200;

function parsePort(args: readonly string[]): number {
  const command = new Command("npm run broker --")
    .description(
      "Runs an MQTT broker on this computer that only passes messages on. It prints every connection and message, and " +
        "forgets everything when it ends. Nightlight's server has a broker of its own: npm run server.",
    )
    .option("--port <port>", "TCP port; 0: any free port", createWholeNumberParser(0, 65535), 1883)
    .allowExcessArguments(false)
    .showHelpAfterError("See npm run broker -- --help.")
    .exitOverride();
  command.parse(args, { from: "user" });
  return command.opts<{ port: number }>().port;
}

/** Replaces control characters, which could change the terminal, and cuts long texts. */
function toPrintable(text: string): string {
  const printable = text.replaceAll(/\p{Cc}/gu, "�");
  return printable.length > MAX_PRINTED_LENGTH ? `${printable.slice(0, MAX_PRINTED_LENGTH)}…` : printable;
}

/** Prints the connections, subscriptions and messages of a broker, one line for each. */
function printActivity(broker: Aedes): void {
  const printClient = (id: string, text: string) => console.log(styleText("dim", `${toPrintable(id)} ${text}`));
  broker.on("clientReady", ({ id }) => printClient(id, "connected"));
  broker.on("clientDisconnect", ({ id }) => printClient(id, "disconnected"));
  broker.on("subscribe", (subscriptions, { id }) => {
    for (const { topic } of subscriptions) printClient(id, `subscribed to ${toPrintable(topic)}`);
  });
  broker.on("publish", ({ topic, payload }) => {
    // aedes announces connections and subscriptions as messages on topics that begin with $SYS
    if (!topic.startsWith("$SYS/")) console.log(`${toPrintable(topic)} ${toPrintable(payload.toString())}`);
  });
}

/** Starts the broker. @throws Error when the port is not available; the message says what to do */
async function startBroker(port: number, signals: TerminationSignals): Promise<void> {
  const broker = await Aedes.createBroker();
  printActivity(broker);
  const server = createServer((socket) => broker.handle(socket));
  signals.setCloseHandler(() => new Promise<void>((resolve) => broker.close(() => resolve())));
  server.listen(port, HOST);
  await once(server, "listening").catch((error: Error) => {
    throw new Error(
      `Port ${port} is not available (${error.message}). Stop the program that uses it, such as another broker or ` +
        `Nightlight's server, or choose another port with --port.`,
    );
  });
  console.log(`MQTT broker at mqtt://${HOST}:${(server.address() as AddressInfo).port}; Ctrl+C ends.`);
  await stopCompilers();
}

/** Runs `npm run broker` with the arguments of this process. */
export async function runBroker(signals: TerminationSignals): Promise<void> {
  try {
    await startBroker(parsePort(process.argv.slice(2)), signals);
  } catch (error) {
    if (error instanceof CommanderError) return endAfterOutput(error.exitCode === 0 ? 0 : 2);
    console.error((error as Error).message);
    endAfterOutput(1);
  }
}
