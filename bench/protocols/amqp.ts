/** AMQP 1.0 with the library `rhea` on both ends. The board has a sender for readings and a receiver for commands. */
import { EventEmitter, once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import rhea, { type EventContext, type Sender } from "rhea";
import {
  answerTo,
  COMMANDS,
  CLIENT_ID,
  PASSWORD,
  READINGS,
  USER,
  type ProtocolClient,
  type Protocol,
  type ProtocolServer,
  type ConnectionParameters,
} from "./exchange.js";
import { clientOptions, serverOptions } from "./tls.js";

const { message } = rhea;
const wrap = (text: string) => ({ body: message.data_section(Buffer.from(text)) as unknown });
const unwrap = ({ message }: EventContext): Buffer => (message!.body as { content: Buffer }).content;

async function serve({ keepAlive, tls }: ConnectionParameters): Promise<ProtocolServer> {
  const container = rhea.create_container({ id: "nightlight-server" });
  container.sasl_server_mechanisms.enable_plain(
    (user: string, password: string) => user === USER && password === PASSWORD,
  );
  let commands: Sender | undefined;
  container.on("sender_open", ({ sender }: EventContext) => {
    commands = sender!;
    // accepts the settle mode that the board requests; rhea's types lack these properties
    const { local, remote } = commands as unknown as Record<
      "local" | "remote",
      { attach: { snd_settle_mode: number } }
    >;
    local.attach.snd_settle_mode = remote.attach.snd_settle_mode;
  });
  container.on("message", (context: EventContext) => void commands?.send(wrap(answerTo(unwrap(context)))));
  container.on("disconnected", () => {});
  const server = container.listen({
    port: 0,
    host: "127.0.0.1",
    // each end announces its idle timeout, and the peer sends a keep-alive after half of that time
    idle_time_out: keepAlive * 1000,
    ...(tls ? { transport: "tls", ...serverOptions(tls) } : {}),
  } as Parameters<typeof container.listen>[0]) as unknown as Server;
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    command: (text) => void commands?.send(wrap(text)),
    async close() {
      server.close();
      await once(server, "close");
    },
  };
}

async function connect(
  settled: boolean,
  port: number,
  { keepAlive, tls }: ConnectionParameters,
): Promise<ProtocolClient> {
  const container = rhea.create_container({ id: CLIENT_ID });
  const commands = new EventEmitter();
  const connection = container.connect({
    host: "127.0.0.1",
    hostname: "example.org",
    port,
    username: USER,
    password: PASSWORD,
    reconnect: false,
    idle_time_out: keepAlive * 1000,
    ...(tls ? { transport: "tls", ...clientOptions(tls) } : {}),
  } as Parameters<typeof container.connect>[0]);
  connection.on("message", (context: EventContext) => void commands.emit("command", unwrap(context).toString()));
  const mode = { snd_settle_mode: settled ? (1 as const) : (0 as const) };
  const receiver = connection.open_receiver({ name: "commands", source: { address: COMMANDS }, ...mode });
  const sender = connection.open_sender({ name: "readings", target: { address: READINGS }, ...mode });
  await Promise.all([once(receiver, "receiver_open"), once(sender, "sendable")]);
  const next = async (): Promise<string> => ((await once(commands, "command")) as [string])[0];
  return {
    async send(reading) {
      const answer = next();
      sender.send(wrap(reading));
      return answer;
    },
    command: next,
    async close() {
      connection.close();
      await once(connection, "connection_close");
    },
  };
}

const amqp = (name: string, settled: boolean): Protocol => ({
  name,
  serve,
  connect: (port, parameters) => connect(settled, port, parameters),
});

export const AMQP_SETTLED = amqp("AMQP 1.0, settled by the sender", true);
export const AMQP = amqp("AMQP 1.0, acknowledged", false);
