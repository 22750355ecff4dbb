import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Certificates } from "../security/certificates.js";
import { StartError, textOf, codeOf } from "../common/errors.js";

/** Explains why a port cannot be opened, and what to do. */
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
        `The address ${host} does not belong to this machine; choose another one with --host, or omit --host.`,
      );
    default:
      return new StartError(`The ${where} cannot be opened: ${textOf(error)}; choose another with ${flag}.`);
  }
}

/** A listening TCP server. `close` also disconnects its clients. */
export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Length of the queue of connections that wait for `accept`. The queue is long, because all boards connect at once
 * after a restart, and a board that meets a full queue wrongly believes that it is connected. The operating system may
 * enforce a lower limit.
 */
const ACCEPT_QUEUE_LENGTH = 4096;

/**
 * Maximum number of concurrent TLS handshakes. Above this limit, the server closes the connection with the oldest
 * handshake.
 */
const MAX_HANDSHAKES = 1000;

/**
 * Listens for TCP connections with TCP_NODELAY. Port 0 means any free port.
 * @param connected called with each new connection; with TLS, called after the handshake
 * @param certificates enables TLS
 */
export async function listen(
  host: string,
  port: number,
  connected: (socket: Socket) => void,
  certificates?: Certificates,
): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = certificates
    ? createSecureServer(certificates, connected)
    : createServer({ noDelay: true }, connected);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: ACCEPT_QUEUE_LENGTH }, () => {
      server.off("error", reject);
      // Ignore errors such as too many open files: existing connections continue to work.
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

function createSecureServer(certificates: Certificates, connected: (socket: Socket) => void): Server {
  /**
   * Sockets that are in a TLS handshake, by remote address and port. A TLS socket of Node does not reveal its TCP
   * socket, but it has the same address and port.
   */
  const handshakes = new Map<string, Socket>();
  const remoteEndpointOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
  const server = createTlsServer({ ...certificates.createTlsOptions(), noDelay: true }, connected);
  server.on("connection", (socket: Socket) => {
    const end = remoteEndpointOf(socket);
    handshakes.set(end, socket);
    socket.once("close", () => handshakes.delete(end));
    if (handshakes.size <= MAX_HANDSHAKES) return;
    const [oldest] = handshakes.values();
    oldest.destroy();
  });
  server.on("secureConnection", (socket) => handshakes.delete(remoteEndpointOf(socket)));
  certificates.onChange((context) => server.setSecureContext(context));
  return server;
}
