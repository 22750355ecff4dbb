/** A person at the terminal of a test, and brokers that say what they are told to. */
import { once } from "node:events";
import net from "node:net";
import tls, { type TlsOptions } from "node:tls";
import { onTestFinished } from "vitest";
import { Stopped, type Terminal } from "../../scripts/setup/terminal.js";

export interface FakeTerminal extends Terminal {
  /** Everything that was said and asked, a line each. */
  readonly shown: string[];
  /** The questions whose answers are not shown. */
  readonly secrets: string[];
}

/** @param answers by a word in the question; "" to those that none is for. Undefined: nobody is there. */
export function fakeTerminal(answers?: Record<string, string | string[]>, piped: string[] = []): FakeTerminal {
  const shown: string[] = [];
  const secrets: string[] = [];
  return {
    interactive: answers !== undefined,
    shown,
    secrets,
    say: (line) => void shown.push(line),
    lines: () => Promise.resolve(piped),
    ask(question, { secret = false } = {}) {
      shown.push(question);
      if (secret) secrets.push(question);
      if (shown.length > 100) return Promise.reject(new Stopped("asked without end"));
      const [, answer = ""] = Object.entries(answers ?? {}).find(([word]) => question.includes(word)) ?? [];
      return Promise.resolve(typeof answer === "string" ? answer : (answer.shift() ?? ""));
    },
  };
}

export interface FakeBroker {
  readonly port: number;
  /** All that clients sent. */
  received(): string;
}

/**
 * A broker that answers whatever comes first with these bytes; with none, it never answers.
 * @param secure its certificate and more, for one with TLS
 */
export async function fakeBroker(answer: number[] | "close" | undefined, secure?: TlsOptions): Promise<FakeBroker> {
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
  return { port: (server.address() as net.AddressInfo).port, received: () => received };
}

/** CONNACK with a return code, MQTT 3.1.1 section 3.2. */
export const connack = (code: number): number[] => [0x20, 2, 0, code];
