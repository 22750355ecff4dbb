/** Ports on loopback. */
import { once } from "node:events";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/**
 * Waits until somebody listens.
 * @param ended tells why that will not be any more
 * @throws Error when it is not to be, or takes longer than 60 s
 */
export async function listening(port: number, what: string, ended: () => string | undefined): Promise<void> {
  for (const deadline = performance.now() + 60_000; ; await sleep(20)) {
    const why = ended() ?? (performance.now() > deadline ? "nobody listened within 60 s" : undefined);
    if (why !== undefined) throw new Error(`${what} did not start: ${why}`);
    const socket = net.connect(port, "127.0.0.1");
    const open = await once(socket, "connect").then(() => true, () => false); // prettier-ignore
    socket.destroy();
    if (open) return;
  }
}
