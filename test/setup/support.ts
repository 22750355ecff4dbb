/** A simulated terminal, and brokers with scripted answers. */
import { once } from "node:events";
import net from "node:net";
import tls, { type TlsOptions } from "node:tls";
import { onTestFinished } from "vitest";
import { DialogCanceledError, type Terminal } from "../../scripts/setup/terminal.js";

/** A simulated terminal that answers questions by itself and records the output. */
export interface FakeTerminal extends Terminal {
  /** All printed lines and questions. */
  readonly output: string[];
  /** The questions with hidden answers. */
  readonly hiddenQuestions: string[];
}

/**
 * Creates a simulated terminal.
 * @param answers the answer to each question that contains the key, and "" to other questions; undefined if standard
 * input is not a terminal
 * @param piped the lines of standard input
 */
export function createFakeTerminal(answers?: Record<string, string | string[]>, piped: string[] = []): FakeTerminal {
  const output: string[] = [];
  const hiddenQuestions: string[] = [];
  return {
    interactive: answers !== undefined,
    output,
    hiddenQuestions,
    print: (line) => void output.push(line),
    lines: () => Promise.resolve(piped),
    ask(question, { secret = false } = {}) {
      output.push(question);
      if (secret) hiddenQuestions.push(question);
      if (output.length > 100) return Promise.reject(new DialogCanceledError("more than 100 questions"));
      const [, answer = ""] = Object.entries(answers ?? {}).find(([word]) => question.includes(word)) ?? [];
      return Promise.resolve(typeof answer === "string" ? answer : (answer.shift() ?? ""));
    },
  };
}

/** A broker with a scripted answer. */
export interface FakeBroker {
  readonly port: number;
  /** Returns all bytes from clients, as Latin-1 text. */
  readReceivedText(): string;
}

/**
 * Starts a broker that answers every packet with the same bytes, closes the connection, or never answers.
 * @param secure certificate and other options for TLS
 */
export async function startFakeBroker(
  answer: number[] | "close" | undefined,
  secure?: TlsOptions,
): Promise<FakeBroker> {
  let received = "";
  const sockets = new Set<net.Socket>();
  const onConnection = (socket: net.Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
    socket.on("data", (data: Buffer) => {
      received += data.toString("latin1");
      if (answer === "close") socket.destroy();
      else if (answer) socket.write(Buffer.from(answer));
    });
  };
  const server = secure ? tls.createServer(secure, onConnection) : net.createServer(onConnection);
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
  return { port: (server.address() as net.AddressInfo).port, readReceivedText: () => received };
}

/** Returns a CONNACK packet with a return code, MQTT 3.1.1 section 3.2. */
export const createConnackPacket = (code: number): number[] => [0x20, 2, 0, code];
