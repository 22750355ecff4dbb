/** Chooses ports for programs that tests start, stop and start again. */
import { randomInt } from "node:crypto";
import { once } from "node:events";
import net from "node:net";

/**
 * The ports to choose from. They lie below those that Linux, macOS and Windows give to connections and to programs that
 * ask for any port, so that nobody gets the port of a program that restarts.
 */
const [FIRST_PORT, END_OF_PORTS] = [15_000, 32_000];

/** Returns a port of the loopback interface that is free. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST_PORT, END_OF_PORTS);
    const server = net.createServer().listen(port, "127.0.0.1");
    const isFree = await once(server, "listening").then(() => true, () => false); // prettier-ignore
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}
