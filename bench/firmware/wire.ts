/** A TCP proxy that counts the forwarded MQTT bytes in both directions. */
import { once } from "node:events";
import net from "node:net";

export class Wire {
  bytes = 0;
  #server: net.Server;
  readonly #sockets = new Set<net.Socket>();

  private constructor(to: number) {
    this.#server = net.createServer({ noDelay: true }, (near) => {
      const far = net.connect({ port: to, host: "127.0.0.1", noDelay: true });
      this.#join(near, far);
      this.#join(far, near);
    });
  }

  /** Starts a proxy on a free port of 127.0.0.1 that forwards to `port`. */
  static async to(port: number): Promise<Wire> {
    const wire = new Wire(port);
    wire.#server.listen(0, "127.0.0.1");
    await once(wire.#server, "listening");
    return wire;
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #join(from: net.Socket, to: net.Socket): void {
    this.#sockets.add(from);
    from.on("data", (data) => {
      this.bytes += data.length;
      to.write(data);
    });
    from.on("error", () => {});
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
