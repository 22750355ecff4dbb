import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";
import { StartError, textOf, codeOf } from "../errors.js";

/** Why a server does not listen, and what to do about it. */
export function listenProblem(what: string, flag: string, host: string, port: number, error: unknown): StartError {
  const where = `${what} port ${port} on ${host}`;
  switch (codeOf(error)) {
    case "EADDRINUSE":
      return new StartError(
        `The ${where} is taken by another program; stop that one, or choose another port with ${flag} ${port === 65535 ? 1883 : port + 1}, or any free one with ${flag} 0.`,
      );
    case "EACCES":
      return new StartError(
        `The ${where} may not be used by this account; choose one above 1023 with ${flag}, for example ${flag} ${port + 8000}.`,
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new StartError(
        `The address ${host} is not one of this machine's; choose one with --host, or leave it out.`,
      );
    default:
      return new StartError(`The ${where} cannot be opened: ${textOf(error)}; choose another with ${flag}.`);
  }
}

/** A TCP server that listens, and that can be closed with clients connected. */
export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens for TCP connections; port 0 means any free one. Small packets leave at once (TCP_NODELAY). */
export async function listen(host: string, port: number, connected: (socket: Socket) => void): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    connected(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
