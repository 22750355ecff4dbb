/** AMQP 1.0 with the library `rhea` on both ends. The board has a sender for readings and a receiver for commands. */
import { EventEmitter, once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import rhea, { type EventContext, type Sender } from "rhea";
import {
  answerTo,
  COMMANDS_ADDRESS,
  CLIENT_ID,
  PASSWORD,
  READINGS_ADDRESS,
  USER_NAME,
  type ProtocolClient,
  type Protocol,
  type ProtocolServer,
  type ConnectionParameters,
} from "./exchange.js";
import { createTlsClientOptions, createTlsServerOptions } from "./tls.js";

const { message } = rhea;
const wrapBody = (text: string) => ({ body: message.data_section(Buffer.from(text)) as unknown });
const unwrapBody = ({ message }: EventContext): Buffer => (message!.body as { content: Buffer }).content;

async function startAmqpServer({ keepAlive, tls }: ConnectionParameters): Promise<ProtocolServer> {
  const container = rhea.create_container({ id: "nightlight-server" });
  container.sasl_server_mechanisms.enable_plain(
    (user: string, password: string) => user === USER_NAME && password === PASSWORD,
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
  container.on("message", (context: EventContext) => void commands?.send(wrapBody(answerTo(unwrapBody(context)))));
  container.on("disconnected", () => {});
  const server = container.listen({
    port: 0,
    host: "127.0.0.1",
    // each end announces its idle timeout, and the peer sends a keep-alive after half of that time
    idle_time_out: keepAlive * 1000,
    ...(tls ? { transport: "tls", ...createTlsServerOptions(tls) } : {}),
  } as Parameters<typeof container.listen>[0]) as unknown as Server;
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    sendCommand: (text) => void commands?.send(wrapBody(text)),
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
    username: USER_NAME,
    password: PASSWORD,
    reconnect: false,
    idle_time_out: keepAlive * 1000,
    ...(tls ? { transport: "tls", ...createTlsClientOptions(tls) } : {}),
  } as Parameters<typeof container.connect>[0]);
  connection.on("message", (context: EventContext) => void commands.emit("command", unwrapBody(context).toString()));
  const mode = { snd_settle_mode: settled ? (1 as const) : (0 as const) };
  const receiver = connection.open_receiver({ name: "commands", source: { address: COMMANDS_ADDRESS }, ...mode });
  const sender = connection.open_sender({ name: "readings", target: { address: READINGS_ADDRESS }, ...mode });
  await Promise.all([once(receiver, "receiver_open"), once(sender, "sendable")]);
  const receiveCommand = async (): Promise<string> => ((await once(commands, "command")) as [string])[0];
  return {
    async send(reading) {
      const answer = receiveCommand();
      sender.send(wrapBody(reading));
      return answer;
    },
    receiveCommand: receiveCommand,
    async close() {
      connection.close();
      await once(connection, "connection_close");
    },
  };
}

const createAmqpProtocol = (name: string, settled: boolean): Protocol => ({
  name,
  startServer: startAmqpServer,
  connect: (port, parameters) => connect(settled, port, parameters),
});

export const AMQP_SETTLED_PROTOCOL = createAmqpProtocol("AMQP 1.0, settled by the sender", true);
export const AMQP_ACKNOWLEDGED_PROTOCOL = createAmqpProtocol("AMQP 1.0, acknowledged", false);
