/**
 * A small update server for tests, with the parts of the real one that talk to the update adapter of boards. It writes
 * what a test offers, and can vanish at any byte.
 */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import { AdapterLink } from "../../server/src/updates/adapter-link.js";
import { createHello, PROOF, seedOf, Session } from "../../server/src/updates/session.js";

export interface UpdateServer {
  /** The key of the board. A test may overwrite it. */
  readonly key: Buffer;
  /** The value of `UPDATE_URL` for a board. */
  readonly url: string;
  /** Image that boards get when they connect; undefined leaves their program as it is. */
  image: Uint8Array | undefined;
  /** The server vanishes after this number of bytes of the image, once. */
  vanishAfter: number | undefined;
  /** What happened, in order: `connected`, `wrong key`, `writing`, `written`. */
  readonly events: string[];
  /** Called with the number of bytes that a board has received of the image. */
  onprogress: ((bytes: number) => void) | undefined;
  /** Ends the connections of boards, so that they connect again. */
  reconnect(): void;
  close(): Promise<void>;
}

/** Starts an update server on a free port. */
export async function startUpdateServer(): Promise<UpdateServer> {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, handleProtocols: ([protocol]) => protocol });
  sockets.on("connection", (socket, { headers }) => {
    socket.on("error", () => {});
    const nonce = Buffer.from(headers["sec-websocket-protocol"]!.slice("devs-key-".length), "hex");
    // a board that loses power or a server that vanishes ends the connection
    serve(socket, nonce, server).catch(() => socket.terminate());
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const key = randomBytes(32);
  const server: UpdateServer = {
    key,
    url: `ws://wssk:${key.toString("hex")}@127.0.0.1:${port}/updates/board`,
    image: undefined,
    vanishAfter: undefined,
    events: [],
    onprogress: undefined,
    reconnect() {
      for (const client of sockets.clients) client.terminate();
    },
    async close() {
      if (!http.listening) return;
      server.reconnect();
      http.close();
      await once(http, "close");
    },
  };
  return server;
}

async function serve(socket: WebSocket, nonce: Buffer, server: UpdateServer): Promise<void> {
  const hello = createHello();
  const session = new Session("server", server.key, nonce, seedOf(hello)!);
  socket.send(hello);
  const [proof] = (await once(socket, "message")) as [Buffer];
  const hasKey = session.decrypt(proof)?.equals(PROOF);
  server.events.push(hasKey ? "connected" : "wrong key");
  // answers even to a wrong key, because the board must notice it by itself
  socket.send(session.encrypt(PROOF));
  if (!hasKey) return;
  const link = new AdapterLink(socket, session);
  const { image } = server;
  const hash = await link.readHash();
  if (!image || hash === createHash("sha256").update(image).digest("hex")) return;
  server.events.push("writing");
  await link.writeProgram(Buffer.from(image), (bytes) => {
    server.onprogress?.(bytes);
    if (server.vanishAfter === undefined || bytes < server.vanishAfter) return;
    server.vanishAfter = undefined;
    socket.terminate();
  });
  server.events.push("written");
}
