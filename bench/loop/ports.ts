/** Finds free ports on loopback and waits for servers to listen. */
import { once } from "node:events";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Returns a port that was free just now. Another process may still take the port first. */
export async function findFreePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/**
 * Waits until a program listens on `port`.
 * @param ended returns why the program exited; undefined while it runs
 * @throws Error when the program exits or does not listen within 60 s
 */
export async function waitForPort(port: number, what: string, ended: () => string | undefined): Promise<void> {
  for (const deadline = performance.now() + 60_000; ; await sleep(20)) {
    const why = ended() ?? (performance.now() > deadline ? "it did not listen within 60 s" : undefined);
    if (why !== undefined) throw new Error(`${what} did not start: ${why}`);
    const socket = net.connect(port, "127.0.0.1");
    const open = await once(socket, "connect").then(() => true, () => false); // prettier-ignore
    socket.destroy();
    if (open) return;
  }
}
