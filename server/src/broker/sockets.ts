import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Certificates } from "../security/certificates.js";
import { StartError, textOf, codeOf } from "../common/errors.js";

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

/**
 * How many connections may wait to be taken: after a restart all boards come at once, and one that finds no room believes
 * that it is connected. The system may allow fewer.
 */
const BACKLOG = 4096;

/** How many TLS handshakes may be under way at once: beyond them the oldest ends, which had the most time. */
const HANDSHAKES = 1000;

/**
 * Listens for TCP connections; port 0 means any free one. Small packets leave at once (TCP_NODELAY).
 * @param connected gets each connection, with TLS when its handshake is done
 * @param certificates for TLS
 */
export async function listen(
  host: string,
  port: number,
  connected: (socket: Socket) => void,
  certificates?: Certificates,
): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = certificates ? secureServer(certificates, connected) : createServer({ noDelay: true }, connected);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off("error", reject);
      // no descriptor left, for instance: those who are connected stay
      server.on("error", () => {});
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

function secureServer(certificates: Certificates, connected: (socket: Socket) => void): Server {
  /** Connections whose handshake is under way, by their other end: a TLS socket does not tell which one it is on. */
  const handshakes = new Map<string, Socket>();
  const otherEnd = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
  const server = createTlsServer({ ...certificates.serverOptions(), noDelay: true }, connected);
  server.on("connection", (socket: Socket) => {
    const end = otherEnd(socket);
    handshakes.set(end, socket);
    socket.once("close", () => handshakes.delete(end));
    if (handshakes.size <= HANDSHAKES) return;
    const [oldest] = handshakes.values();
    oldest.destroy();
  });
  server.on("secureConnection", (socket) => handshakes.delete(otherEnd(socket)));
  certificates.onChange((context) => server.setSecureContext(context));
  return server;
}
